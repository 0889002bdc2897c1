// The mounts, said once more in the words of landlock(7): a wall that holds even where a mount can be got around. Pure.
import { NsboxError } from "#src/error.ts";
import type { HostFacts } from "./facts.ts";
import type { RunOptions } from "./options.ts";
import { isWithin } from "./path.ts";
import { rulesWithoutNamespaces } from "./without-namespaces.ts";
import type { Landlock, LandlockRule, Mount, Namespaces, PassedFileRule, Root } from "./spec.ts";

/** KERNEL: before ABI 2 (5.19) no file could be moved between folders, which breaks too much. */
const ABI_MIN = 2;
/** Signals and sockets' names can be confined since ABI 6 (6.12), in a box whose files are not looked at, too. */
const SCOPE_ABI = 6;

export interface LandlockInput {
  readonly options: RunOptions;
  readonly facts: HostFacts;
  readonly root: Root;
  readonly mounts: readonly Mount[];
  readonly namespaces: Namespaces;
  readonly bounding: readonly string[];
  readonly terminal: boolean;
}

/** The rules; undefined where Landlock is not used. Throws NsboxError EHOST if it is insisted on and missing. */
export function buildLandlock(input: LandlockInput): Landlock | undefined {
  const { options, facts } = input;
  if (options.landlock === false) return undefined;
  // Its check has seen that Landlock is there. A network namespace can't keep it from the network: its rules do.
  if (options.noNamespaces)
    return { files: rulesWithoutNamespaces(options, facts), tcp: options.namespaces.net !== undefined };
  const files = facts.landlockAbi >= ABI_MIN && looksAtFiles(input) ? fileRules(input) : undefined;
  // KERNEL: a ruleset that restricts nothing is refused (ENOMSG), see landlock_create_ruleset(2).
  if (files !== undefined || facts.landlockAbi >= SCOPE_ABI) return { files, tcp: true };
  if (options.landlock === undefined) return undefined;
  if (facts.landlockAbi >= ABI_MIN)
    throw new NsboxError(
      "EHOST",
      "Cannot use --landlock: before Linux 6.12 it is about files, and this box may mount",
      {
        hint: "leave out --landlock, or what makes the box's root writable or lets it mount",
      },
    );
  const state = facts.landlockAbi === 0 ? "this kernel has not got it" : "this kernel's is older than Linux 5.19";
  throw new NsboxError("EHOST", `Cannot use --landlock: ${state}`, {
    hint: "boot with lsm=landlock,… on the kernel's command line, or leave out --landlock",
  });
}

/** Mounting is refused to whom files are restricted; and a root that can be written leaves nothing to restrict. */
function looksAtFiles({ options, root, namespaces, bounding }: LandlockInput): boolean {
  if (options.nested || bounding.includes("CAP_SYS_ADMIN")) return false;
  return namespaces.mnt.kind === "new" && (root.writes.kind === "none" || root.source.kind === "empty");
}

function fileRules({ options, facts, root, mounts, namespaces, terminal }: LandlockInput): readonly LandlockRule[] {
  const rule = (path: string, writable: boolean, isFile = false): LandlockRule => ({ path, isFile, writable });
  const hasDev = root.source.kind === "host" || (options.dev ?? "minimal") !== "none";
  const hasProc = root.source.kind === "host" || options.proc !== "none";
  const fixed = [...(hasDev ? ["/dev"] : []), ...(hasProc ? ["/proc"] : [])];
  const rules = [rule("/", root.source.kind === "empty")];
  for (const path of fixed) rules.push(rule(path, true));
  // KERNEL: mq_open(3) goes by a mount of the kernel's own with the same root folder, which does not lie below /dev.
  const queues = hasDev && (options.dev ?? "minimal") === "minimal" && namespaces.ipc.kind === "new";
  if (queues) rules.push(rule("/dev/mqueue", true));
  for (const [destination, mount] of seenMounts(mounts)) {
    if (!isWritable(mount) || liesInOneOf(fixed, destination)) continue;
    const kind = mount.type === "bind" ? facts.paths[mount.source] : "dir";
    rules.push(rule(destination, true, kind === "file" || kind === "device"));
  }
  // What the caller passes lies outside of the box's mounts, and is opened again through /dev/stdout and its like.
  if (terminal) return rules;
  if (!options.detach) return [...rules, ...facts.passedFiles];
  const passed = facts.passedFiles.filter((file) => options.passFds.includes(file.fd));
  return [...rules, ...DETACHED_STREAMS, ...passed];
}

/** By their places, those that no later one is mounted on or above. */
function seenMounts(mounts: readonly Mount[]): ReadonlyMap<string, Mount> {
  const seen = new Map<string, Mount>();
  for (const mount of mounts) {
    const { destination } = mount;
    // A mount on the root is seen by nobody whose root it lies on.
    if (destination === "/") continue;
    for (const path of seen.keys()) if (isWithin(path, destination)) seen.delete(path);
    seen.set(destination, mount);
  }
  return seen;
}

function liesInOneOf(folders: readonly string[], path: string): boolean {
  for (const folder of folders) if (isWithin(path, folder)) return true;
  return false;
}

/** Nothing to read, and the log. */
const DETACHED_STREAMS: readonly PassedFileRule[] = [
  { fd: 0, access: "read" },
  { fd: 1, access: "write" },
  { fd: 2, access: "write" },
];

function isWritable(mount: Mount): boolean {
  if (mount.type === "bind" || mount.type === "tmpfs") return !mount.readOnly;
  return mount.type === "devpts" || mount.type === "mqueue" || mount.type === "proc";
}
