// An overlay over the host's root, where writes go elsewhere.
// KERNEL: in a user namespace "/" can't be a lower layer, as what is mounted below it is locked to it
// (clone_private_mount() refuses); so each folder at the top gets an overlay of its own, in a root made for them.
import type { HostFacts, RootEntry } from "#src/spec/facts.ts";
import type { Step } from "./steps.ts";

/** Layers of an overlay; `at` is where the folders "upper" and "work" are, "" for the current folder. */
export interface OverlayLayers {
  readonly at: string;
  readonly userxattr: boolean;
}

/** Folders that get a file system of their own in every box. */
const OWN_MOUNTS: readonly string[] = ["dev", "proc", "sys", "tmp", "run"];

const OPTIONS = { readOnly: false, dev: false, noexec: false };

/** The file system itself, as the tree of that name. */
export function overlayStep(tree: string, lower: string, layer: string, layers: OverlayLayers): Step {
  const config: (readonly [string, string | null])[] = [
    ["lowerdir", lower.replace(/[\\:,]/g, "\\$&")],
    ["upperdir", `${layers.at}upper${layer}`],
    ["workdir", `${layers.at}work${layer}`],
  ];
  // KERNEL: in a user namespace an overlay keeps its marks in user.* attributes, since 5.11.
  if (layers.userxattr) config.push(["userxattr", null]);
  return { kind: "new-filesystem", type: "overlay", tree, config, options: OPTIONS };
}

/** Entries that get an overlay; the others are made anew, linked, or shown read-only. */
export function overlaidEntries(facts: HostFacts): readonly string[] {
  return facts.rootEntries.filter((entry) => isOverlaid(entry)).map((entry) => entry.name);
}

function isOverlaid(entry: RootEntry): boolean {
  return entry.kind === "dir" && !entry.hasMounts && !OWN_MOUNTS.includes(entry.name);
}

/** Steps before and after the change of root. */
export function planHostOverlay(
  facts: HostFacts,
  layers: OverlayLayers,
): { sources: readonly Step[]; mounts: readonly Step[] } {
  const sources: Step[] = [
    { kind: "new-filesystem", type: "tmpfs", tree: "root", config: [["mode", "0755"]], options: OPTIONS },
  ];
  const mounts: Step[] = [];
  for (const entry of facts.rootEntries) {
    const path = `/${entry.name}`;
    if (entry.kind === "symlink") {
      mounts.push({ kind: "symlink", path, target: entry.target });
      continue;
    }
    mounts.push(entry.kind === "dir" ? { kind: "mkdir", path, mode: 0o755 } : { kind: "touch", path });
    if (entry.kind === "dir" && OWN_MOUNTS.includes(entry.name)) continue;
    const tree = `${path} below`;
    if (isOverlaid(entry)) sources.push(overlayStep(tree, path, path, layers));
    else sources.push({ kind: "open-tree", source: path, tree, options: { ...OPTIONS, readOnly: true } });
    mounts.push({ kind: "attach", tree, destination: path, ifPresent: false });
  }
  return { sources, mounts };
}
