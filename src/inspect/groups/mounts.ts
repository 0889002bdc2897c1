// Mounts as a tree, and what hides what: see mount_namespaces(7).
import type { MountInfo, Propagation } from "../parse-mountinfo.ts";
import { type Group, type Readable, rows, shown, shownBlocks, table } from "./group.ts";
import { groupBy, keep, mapList } from "./lists.ts";

/** A mount, and the mount over it that keeps paths from leading to it. */
export interface MountView extends MountInfo {
  readonly hiddenBy: number | undefined;
}

export interface Places {
  readonly root: Readable<string>;
  readonly cwd: Readable<string>;
  readonly exe: Readable<string>;
}

/**
 * Which mounts can't be reached by any path. A mount is covered by one that lies on its very root, and by a later one
 * of the same parent on a folder above it; with it goes all that lies on it.
 */
export function findHidden(mounts: readonly MountInfo[]): readonly MountView[] {
  const byId = mountsById(mounts);
  const byParent = groupBy(mounts, ({ parent }) => parent);
  const known = new Map<number, number | undefined>();
  const visit = (mount: MountInfo, above: number | undefined): void => {
    const todo: (readonly [MountInfo, number | undefined])[] = [[mount, above]];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const [at, hidden] = next;
      if (known.has(at.id)) continue;
      const children = childrenOf(at, byParent);
      const cover = lastOn(at.mountPoint, children);
      const hiddenBy = hidden ?? cover?.id;
      known.set(at.id, hiddenBy);
      for (const child of children)
        todo.push([child, child === cover ? hidden : (hiddenBy ?? coverOf(child, children))]);
    }
  };
  for (const mount of mounts) if (!byId.has(mount.parent) || mount.parent === mount.id) visit(mount, undefined);
  return mapList(mounts, (mount) => ({ ...mount, hiddenBy: known.get(mount.id) }));
}

function mountsById<T extends MountInfo>(mounts: readonly T[]): ReadonlyMap<number, T> {
  const byId = new Map<number, T>();
  for (const mount of mounts) byId.set(mount.id, mount);
  return byId;
}

/** Those that lie on it; the first of all may say that it lies on itself. */
function childrenOf<T extends MountInfo>({ id }: T, byParent: ReadonlyMap<number, readonly T[]>): readonly T[] {
  const children = byParent.get(id);
  return children === undefined ? [] : keep(children, (child) => child.id !== id);
}

function lastOn(path: string, mounts: readonly MountInfo[]): MountInfo | undefined {
  let last: MountInfo | undefined;
  for (const mount of mounts) if (mount.mountPoint === path) last = mount;
  return last;
}

/** The sibling on a folder above the child's, or a later one on the same folder. */
function coverOf(child: MountInfo, siblings: readonly MountInfo[]): number | undefined {
  let isLater = false;
  for (const other of siblings) {
    if (other === child) isLater = true;
    else if (other.mountPoint === child.mountPoint ? isLater : isBelow(child.mountPoint, other.mountPoint))
      return other.id;
  }
  return undefined;
}

function isBelow(path: string, folder: string): boolean {
  if (path.length <= folder.length || !path.startsWith(folder)) return false;
  return folder === "/" || path[folder.length] === "/";
}

/** A line of the tree: its branches drawn, and the mount. */
export interface TreeLine {
  readonly branches: string;
  readonly mount: MountView;
}

/** Every mount below the one that it lies on, in the order of the kernel. */
export function drawTree(mounts: readonly MountView[]): readonly TreeLine[] {
  const byId = mountsById(mounts);
  const byParent = groupBy(mounts, ({ parent }) => parent);
  const drawn = new Map<number, MountView>();
  const lines: TreeLine[] = [];
  const draw = (mount: MountView, own: string, below: string): void => {
    lines.push({ branches: own, mount });
    // What lies on each is drawn once, even if the kernel were to give a number twice.
    const children = drawn.has(mount.id) ? [] : childrenOf(mount, byParent);
    drawn.set(mount.id, mount);
    for (let n = 0; n < children.length; n++) {
      const [child, last] = [children[n], n === children.length - 1];
      if (child !== undefined) draw(child, `${below}${last ? "└ " : "├ "}`, `${below}${last ? "  " : "│ "}`);
    }
  };
  for (const mount of mounts) if (!byId.has(mount.parent) || mount.parent === mount.id) draw(mount, "", "");
  return lines;
}

/** "private", "shared:5", "slave:5", "unbindable": with the numbers of the peer groups. */
export function explainPropagation({ shared, master, propagateFrom, unbindable }: Propagation): string {
  const words = [
    ...(shared === undefined ? [] : [`shared:${shared}`]),
    ...(master === undefined ? [] : [`slave:${master}`]),
    ...(propagateFrom === undefined ? [] : [`from:${propagateFrom}`]),
    ...(unbindable ? ["unbindable"] : []),
  ];
  return words.join(" ") || "private";
}

const OPTION_MAX = 40;

/** What nearly every mount has and says little: the JSON has them all. */
const PLAIN: readonly string[] = ["relatime", "nr_inodes", "inode64", "mode", "gid", "ptmxmode", "discard"];

/** The mount's options, then those of its file system that say more, if the whole of it is mounted. */
export function explainOptions({ options, superOptions, root }: MountInfo): string {
  const telling: string[] = [];
  for (const option of options) if (!PLAIN.includes(option)) telling.push(shorten(option));
  if (root !== "/") return telling.join(",");
  for (const option of superOptions) {
    if (option === "rw" || options.includes(option) || PLAIN.includes(option.split("=", 1)[0] ?? "")) continue;
    telling.push(option === "ro" ? "(file system ro)" : shorten(option));
  }
  return telling.join(",");
}

function shorten(option: string): string {
  return option.length > OPTION_MAX ? `${option.slice(0, OPTION_MAX - 1)}…` : option;
}

/** "tmpfs", or with the part of it that is mounted: "/dev/vda1[/home]". */
function explainSource({ source, root }: MountInfo): string {
  return root === "/" ? source : `${source}[${root}]`;
}

export function explainPlaces({ root, cwd, exe }: Places): Group {
  const [atRoot, atFolder, program] = [shown(root, path), shown(cwd, path), shown(exe, path)];
  const refusal = !("value" in root) && atFolder === atRoot && program === atRoot ? atRoot : undefined;
  return {
    title: "Places",
    meaning: "where it stands, as you see those paths",
    blocks: [
      rows(
        ...(refusal !== undefined
          ? [{ label: "all", value: refusal }]
          : [
              { label: "root", value: atRoot, note: "what it has as /" },
              { label: "folder", value: atFolder, note: "what it has as ." },
              { label: "program", value: program },
            ]),
      ),
    ],
  };
}

function path(text: string): string {
  return text;
}

export function explainMounts(mounts: Readable<readonly MountView[]>): Group {
  return {
    title: "Mounts",
    meaning: "its file tree: each lies on the one that it is drawn under",
    blocks: shownBlocks(mounts, "mounts", (list) => {
      const byId = mountsById(list);
      const lines = mapList(drawTree(list), ({ branches, mount }) => {
        const { type, propagation, hiddenBy } = mount;
        const cover = hiddenBy === undefined ? undefined : byId.get(hiddenBy);
        const options = cover === undefined ? explainOptions(mount) : `HIDDEN by ${cover.mountPoint} (${cover.type})`;
        const place = branches + nameBelow(mount, byId.get(mount.parent));
        return [place, type, explainSource(mount), explainPropagation(propagation), options];
      });
      return table(["where", "type", "source", "spreads", "options"], lines);
    }),
  };
}

/** The path from the mount that it lies on; on its very root, the whole path. */
function nameBelow({ mountPoint }: MountInfo, parent: MountInfo | undefined): string {
  if (parent === undefined || !isBelow(mountPoint, parent.mountPoint)) return mountPoint;
  return mountPoint.slice(parent.mountPoint === "/" ? 1 : parent.mountPoint.length + 1);
}
