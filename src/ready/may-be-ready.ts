// Which flags a ready box may have. Pure. A list of what may be, for what is forgotten must not be taken up unseen: whatever
// it doesn't name has to be as it is by default.
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";

/** These decide nothing but what the plan says, or what the observations ask about. */
const ANY: ReadonlySet<keyof RunOptions> = new Set<keyof RunOptions>([
  ...(["args", "env", "envAll", "hostname", "domainname", "workdir", "umask", "rlimits", "oomScoreAdj"] as const),
  ...(["capAdd", "capDrop", "landlock", "seccomp", "timeoutMs", "name", "namespaces", "hide", "tty"] as const),
  ...(["boottimeSeconds", "monotonicSeconds", "mounts", "home", "proc", "dev", "root", "writableRoot"] as const),
]);

/** On the way to every box, where nearly all are texts, flags or nothing. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

const STREAMS = 3;

/** Whether a box with these options, which differ by this from the default, can be made ready. */
export function mayBeReady(options: RunOptions, byDefault: RunOptions, facts: HostFacts): boolean {
  for (const name in options) {
    const key = name as keyof RunOptions; // the keys of options are exactly those
    if (!ANY.has(key) && !isSame(options[key], byDefault[key])) return false;
  }
  const { namespaces, tty, root, seccomp = "default" } = options;
  for (const type in namespaces) if (namespaces[type as keyof typeof namespaces]?.kind !== "new") return false; // the keys are exactly the types
  // What belongs to others may have to be mounted with mapped ids, which only nsbox does.
  if (root?.kind === "dir" && facts.uid === 0) return false;
  const streams = facts.passedFiles.length === STREAMS && facts.openFolders.length === 0;
  return streams && tty !== true && !facts.terminal && (seccomp === "default" || seccomp === "none");
}
