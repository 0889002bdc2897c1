// --audit: where refusals are written down. Pure.
import { NsboxError } from "#src/error.ts";
import type { HostFacts } from "./facts.ts";
import type { RunOptions } from "./options.ts";
import { isWithin, normalPath } from "./path.ts";

/** Where refusals are written down. Throws NsboxError EUSAGE where there would be none to write, or nobody to. */
export function buildAudit(options: RunOptions, { cwd }: HostFacts): string | undefined {
  const { audit, detach, mounts } = options;
  if (audit === undefined) return undefined;
  const fail = (what: string, hint: string): NsboxError =>
    new NsboxError("EUSAGE", `Cannot use --audit ${what}`, { hint });
  if (detach) throw fail("with -d: nsbox itself writes it, and ends before the box does", "leave out one of the two");
  if (options.allowNewPrivs)
    throw fail("with --allow-new-privs: the filter would ask before anybody can answer", "leave out one of the two");
  if (options.seccomp === "none" && options.allowHosts.length === 0)
    throw fail("with --seccomp none: no call is refused", "leave out --seccomp none, or --audit");
  if (audit === "-") return audit;
  const path = normalPath(audit, cwd);
  // SECURITY: what a box may write to says nothing against it.
  const shown = mounts.find(
    (mount) => mount.kind === "bind" && !mount.readOnly && isWithin(path, normalPath(mount.source, cwd)),
  );
  if (shown?.kind !== "bind") return path;
  throw fail(
    `${JSON.stringify(audit)}: ${shown.flag} ${shown.source} lets the box change it`,
    "give a file outside of what the box may write to",
  );
}
