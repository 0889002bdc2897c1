// The box's own empty folders in the host's root: folders of one file system instead of one each. D-65.
import type { HostFacts } from "#src/spec/facts.ts";
import { isWithin } from "#src/spec/path.ts";
import type { Mount, Spec } from "#src/spec/spec.ts";
import type { FreshFolder, FreshFoldersStep } from "./steps/plain-mounts.ts";

type Tmpfs = Mount & { readonly type: "tmpfs" };

export interface Fresh {
  readonly step: FreshFoldersStep;
  /** The mounts that it makes, and the index of the first of them: the step's place. */
  readonly mounts: readonly Mount[];
  readonly at: number | undefined;
  /** Whether it makes what is mounted there. */
  readonly has: (destination: string) => boolean;
}

/** Everything but what is shown is the box's own there. */
export function isHostRoot({ root }: Spec): boolean {
  return root.source.kind === "host" && root.writes.kind === "none";
}

/** What can be a folder of one file system; nothing, where that is no more than one. Loops: every cold run passes (D-57). */
export function planFresh(spec: Spec, facts: HostFacts): Fresh {
  const mounts: Tmpfs[] = [];
  const before: string[] = [];
  let at: number | undefined;
  // What lies in /dev is made later.
  const isFree = (path: string): boolean => isApart(path, before) && !isWithin(path, "/dev");
  for (const mount of isHostRoot(spec) ? spec.mounts : []) {
    const { destination } = mount;
    // What is shown may lie over others: it comes in turn, and so does what comes after.
    if (mount.type === "bind" || mount.type === "file") break;
    if (mount.type === "tmpfs" && isUsual(mount) && isFree(destination) && facts.paths[destination] === "dir") {
      mounts.push(mount);
      at ??= before.length;
    }
    before.push(destination);
  }
  const folders: FreshFolder[] = mounts.length < 2 ? [] : [...othersFor(spec, facts, before.slice(0, at)), ...mounts];
  return {
    step: { kind: "fresh-folders", folders },
    mounts: folders.length === 0 ? [] : mounts,
    at: folders.length === 0 ? undefined : at,
    has: (destination) => {
      for (const folder of folders) if (folder.destination === destination) return true;
      return false;
    },
  };
}

function isUsual({ destination, readOnly, noexec, sizeBytes }: Tmpfs): boolean {
  // A folder's name has "-" for "/".
  return !readOnly && !noexec && sizeBytes === undefined && !destination.includes("-");
}

function isApart(destination: string, others: readonly string[]): boolean {
  for (const other of others) if (isWithin(other, destination) || isWithin(destination, other)) return false;
  return true;
}

/** Those that are no mounts of the Spec: /dev, and the folder that all masked ones show, if it is in a fresh /proc. */
function othersFor(spec: Spec, facts: HostFacts, before: readonly string[]): readonly FreshFolder[] {
  const folders: FreshFolder[] = [];
  if (spec.box.dev === "minimal" && isApart("/dev", before))
    folders.push({ destination: "/dev", mode: 0o755, readOnly: false, noexec: true });
  const masked = firstMasked(spec, facts);
  if (masked !== undefined && before.includes("/proc") && isInOneMount(masked, "/proc", spec.mounts))
    folders.push({ destination: masked, mode: 0o555, readOnly: true, noexec: true });
  return folders;
}

/** Whether nothing else is mounted over a path or in it: masks lie over what flags mount there, and come after it. */
function isInOneMount(path: string, mountPoint: string, mounts: readonly Mount[]): boolean {
  const others: string[] = [];
  for (const { destination } of mounts) if (!isApart(path, [destination])) others.push(destination);
  return others.length === 1 && others[0] === mountPoint;
}

/** What covers masked folders first, and then all others. */
export function firstMasked({ linux }: Spec, facts: HostFacts): string | undefined {
  for (const path of linux.maskedPaths) if (facts.paths[path] === "dir") return path;
  return undefined;
}
