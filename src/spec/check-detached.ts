// What goes with -d, and what does not. Pure.
import { NsboxError } from "#src/error.ts";
import { LOG_SIZE_DEFAULT } from "./log-layout.ts";
import type { RunOptions } from "./options.ts";
import type { Detached, Namespaces } from "./spec.ts";

/** What makes a box one that lives on. */
export function buildDetached({ restart, log, logSize }: RunOptions): Detached {
  const limitBytes = logSize === "unlimited" ? undefined : (logSize ?? LOG_SIZE_DEFAULT);
  return { restart: restart ?? { kind: "no" }, log: log === undefined ? { limitBytes } : undefined };
}

/** Throws NsboxError EUSAGE. */
export function checkDetached(options: RunOptions, namespaces: Namespaces): void {
  if (!options.detach) return checkAttached(options);
  if (options.tty === true && options.log === "none")
    throw conflict("-t and --log none", "what is printed is shown from the log", "leave out --log none");
  if (options.logSize !== undefined && options.log !== undefined) {
    const hint = "leave out one of them; a file of yours may be truncated at any time (logrotate's copytruncate)";
    throw new NsboxError(
      "EUSAGE",
      `Cannot use --log-size with --log ${options.log}: it bounds the log that nsbox keeps`,
      {
        hint,
      },
    );
  }
  if (!options.init) throw conflict("--no-init", "the init alone knows how the command ends", "leave out --no-init");
  if (options.noNamespaces)
    throw conflict("--no-namespaces", "a box that lives on needs a PID namespace", "leave out one of them");
  if (namespaces.pid.kind === "new") return;
  const why = "in a PID namespace of others nothing would end all of the box";
  throw conflict("--pid", why, "leave out --pid: a box that lives on needs one of its own");
}

function checkAttached({ labels, restart, log, logSize, pidsLimit }: RunOptions): void {
  const said: readonly (readonly [flag: string, isSaid: boolean])[] = [
    ["--restart", restart !== undefined],
    ["--log", log !== undefined],
    ["--log-size", logSize !== undefined],
    ["--pids", pidsLimit !== undefined],
    ["--label", labels.length > 0],
  ];
  for (const [flag, isSaid] of said) {
    if (!isSaid) continue;
    throw new NsboxError("EUSAGE", `Cannot use ${flag} without -d: this box ends with nsbox`, {
      hint: `add -d, or leave out ${flag}`,
    });
  }
}

function conflict(flag: string, why: string, hint: string): NsboxError {
  return new NsboxError("EUSAGE", `Cannot use ${flag} with -d: ${why}`, { hint });
}
