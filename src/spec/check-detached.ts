// What goes with -d, and what does not. Pure.
import { NsboxError } from "#src/error.ts";
import type { RunOptions } from "./options.ts";
import type { Namespaces } from "./spec.ts";

/** Throws NsboxError EUSAGE. */
export function checkDetached(options: RunOptions, namespaces: Namespaces): void {
  if (!options.detach) return checkAttached(options);
  if (options.tty === true && options.log === "none")
    throw conflict("-t and --log none", "what is printed is shown from the log", "leave out --log none");
  if (!options.init) throw conflict("--no-init", "the init alone knows how the command ends", "leave out --no-init");
  if (options.allowHosts.length > 0)
    throw conflict(
      "--allow-host",
      "its proxy ends with nsbox",
      "leave out -d, and let nsbox itself run in the background",
    );
  if (options.noNamespaces)
    throw conflict("--no-namespaces", "a box that lives on needs a PID namespace", "leave out one of them");
  if (namespaces.pid.kind === "new") return;
  const why = "in a PID namespace of others nothing would end all of the box";
  throw conflict("--pid", why, "leave out --pid: a box that lives on needs one of its own");
}

function checkAttached({ labels, restart, log }: RunOptions): void {
  const flag =
    restart !== undefined ? "--restart" : log !== undefined ? "--log" : labels.length > 0 ? "--label" : undefined;
  if (flag === undefined) return;
  throw new NsboxError("EUSAGE", `Cannot use ${flag} without -d: this box ends with nsbox`, {
    hint: `add -d, or leave out ${flag}`,
  });
}

function conflict(flag: string, why: string, hint: string): NsboxError {
  return new NsboxError("EUSAGE", `Cannot use ${flag} with -d: ${why}`, { hint });
}
