// Two lists of mounts → where they differ. Pure.
import type { DiffItem } from "./diff-view.ts";
import type { MountInfo, Propagation } from "./parse-mountinfo.ts";

/** One item for each mount point of either. Of mounts that lie on one another the topmost is seen, so it is compared. */
export function diffMounts(first: readonly MountInfo[], second: readonly MountInfo[]): readonly DiffItem[] {
  const [a, b] = [byPoint(first), byPoint(second)];
  const points = [...new Set([...a.keys(), ...b.keys()])].sort();
  return points.map((point) => {
    const [one, other] = [a.get(point) ?? null, b.get(point) ?? null];
    const state = one !== null && other !== null && one.join("\n") === other.join("\n") ? "same" : "different";
    return { group: "mounts", name: point, meaning: "", state, first: one, second: other };
  });
}

function byPoint(mounts: readonly MountInfo[]): ReadonlyMap<string, readonly string[]> {
  const points = Map.groupBy(mounts, ({ mountPoint }) => mountPoint);
  return new Map(
    [...points].map(([point, stack]) => {
      const top = stack.at(-1);
      const words = top === undefined ? [] : mountWords(top);
      return [point, stack.length > 1 ? [...words, `over:${stack.length - 1}`] : words];
    }),
  );
}

/** All that makes a mount what it is, wherever it lies; "fs:" is what holds for its file system everywhere. */
export function mountWords(mount: MountInfo): readonly string[] {
  const { type, source, device, root, options, superOptions, propagation } = mount;
  return [
    type,
    source,
    `device:${device}`,
    ...(root === "/" ? [] : [`root:${root}`]),
    ...options,
    ...superOptions.map((option) => `fs:${option}`),
    propagationWord(propagation),
  ];
}

/** Peer groups have numbers, but it is the kind that says who sees what is mounted later. */
function propagationWord({ shared, master, unbindable }: Propagation): string {
  if (unbindable) return "unbindable";
  if (shared !== undefined) return master === undefined ? "shared" : "shared-slave";
  return master === undefined ? "private" : "slave";
}
