// --allow-host, --deny-host, --net-log → what the proxy lets through. Pure.
import { NsboxError } from "#src/error.ts";
import type { Egress } from "./egress.ts";
import type { RunOptions } from "./options.ts";
import { normalPath } from "./path.ts";
import type { Namespaces } from "./spec.ts";

/** undefined where no host is allowed. Throws NsboxError EUSAGE. */
export function buildEgress(options: RunOptions, cwd: string, namespaces: Namespaces): Egress | undefined {
  const { allowHosts: allow, denyHosts: deny, netLog } = options;
  if (allow.length === 0) {
    const flag = deny.length > 0 ? "--deny-host" : netLog === undefined ? undefined : "--net-log";
    if (flag === undefined) return undefined;
    throw new NsboxError("EUSAGE", `Cannot use ${flag} without --allow-host: no host is reached at all`, {
      hint: "name the hosts that may be reached: --allow-host packages.example.com, or '*' for all",
    });
  }
  if (namespaces.net.kind !== "new") {
    throw new NsboxError("EUSAGE", "Cannot use --allow-host: the box has not got a network namespace of its own", {
      hint: "leave out --net and --no-namespaces: a list holds only where it is the one way out",
    });
  }
  return { allow, deny, log: netLog === undefined ? undefined : normalPath(netLog, cwd) };
}
