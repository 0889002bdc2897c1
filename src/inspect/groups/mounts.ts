// Mounts as a tree, and what hides what: see mount_namespaces(7).
import type { MountInfo, Propagation } from "../parse-mountinfo.ts";
import { type Group, groupBy, type Readable, rows, shown, shownBlocks, table } from "./group.ts";

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
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const byParent = new Map(groupBy(mounts, ({ parent }) => parent));
  const known = new Map<number, number | undefined>();
  const visit = (mount: MountInfo, above: number | undefined): void => {
    const todo: (readonly [MountInfo, number | undefined])[] = [[mount, above]];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const [at, hidden] = next;
      if (known.has(at.id)) continue;
      const children = (byParent.get(at.id) ?? []).filter(({ id }) => id !== at.id);
      const cover = children.findLast(({ mountPoint }) => mountPoint === at.mountPoint);
      const hiddenBy = hidden ?? cover?.id;
      known.set(at.id, hiddenBy);
      for (const child of children)
        todo.push([child, child === cover ? hidden : (hiddenBy ?? coverOf(child, children))]);
    }
  };
  for (const mount of mounts) if (!byId.has(mount.parent) || mount.parent === mount.id) visit(mount, undefined);
  return mounts.map((mount) => ({ ...mount, hiddenBy: known.get(mount.id) }));
}

/** The sibling on a folder above the child's, or a later one on the same folder. */
function coverOf(child: MountInfo, siblings: readonly MountInfo[]): number | undefined {
  const index = siblings.indexOf(child);
  return siblings.find((other, at) =>
    other.mountPoint === child.mountPoint ? at > index : isBelow(child.mountPoint, other.mountPoint),
  )?.id;
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder === "/" ? "/" : `${folder}/`) && path !== folder;
}

/** A line of the tree: its branches drawn, and the mount. */
export interface TreeLine {
  readonly branches: string;
  readonly mount: MountView;
}

/** Every mount below the one that it lies on, in the order of the kernel. */
export function drawTree(mounts: readonly MountView[]): readonly TreeLine[] {
  const ids = new Set(mounts.map(({ id }) => id));
  const byParent = new Map(groupBy(mounts, ({ parent }) => parent));
  const roots = mounts.filter(({ id, parent }) => !ids.has(parent) || parent === id);
  const lines: TreeLine[] = [];
  const draw = (mount: MountView, own: string, below: string): void => {
    lines.push({ branches: own, mount });
    const children = (byParent.get(mount.id) ?? []).filter(({ id }) => id !== mount.id);
    // Each is drawn once, even if the kernel were to give a number twice.
    byParent.delete(mount.id);
    for (const [n, child] of children.entries()) {
      const last = n === children.length - 1;
      draw(child, `${below}${last ? "└ " : "├ "}`, `${below}${last ? "  " : "│ "}`);
    }
  };
  for (const root of roots) draw(root, "", "");
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
const PLAIN: ReadonlySet<string> = new Set(["relatime", "nr_inodes", "inode64", "mode", "gid", "ptmxmode", "discard"]);

/** The mount's options, then those of its file system that say more, if the whole of it is mounted. */
export function explainOptions({ options, superOptions, root }: MountInfo): string {
  const own = options.filter((option) => !PLAIN.has(option));
  const more = root === "/" ? superOptions.filter((option) => !options.includes(option) && option !== "rw") : [];
  const telling = more.filter((option) => !PLAIN.has(option.split("=")[0] ?? ""));
  const short = (option: string): string =>
    option.length > OPTION_MAX ? `${option.slice(0, OPTION_MAX - 1)}…` : option;
  return [...own, ...telling.map((option) => (option === "ro" ? "(file system ro)" : option))].map(short).join(",");
}

/** "tmpfs", or with the part of it that is mounted: "/dev/vda1[/home]". */
function explainSource({ source, root }: MountInfo): string {
  return root === "/" ? source : `${source}[${root}]`;
}

export function explainPlaces({ root, cwd, exe }: Places): Group {
  const path = (text: string): string => text;
  const all = [root, cwd, exe].map((one) => shown(one, () => ""));
  const refusal = all[0] !== "" && all.every((text) => text === all[0]) ? all[0] : undefined;
  return {
    title: "Places",
    meaning: "where it stands, as you see those paths",
    blocks: [
      rows(
        ...(refusal !== undefined
          ? [{ label: "all", value: refusal }]
          : [
              { label: "root", value: shown(root, path), note: "what it has as /" },
              { label: "folder", value: shown(cwd, path), note: "what it has as ." },
              { label: "program", value: shown(exe, path) },
            ]),
      ),
    ],
  };
}

export function explainMounts(mounts: Readable<readonly MountView[]>): Group {
  return {
    title: "Mounts",
    meaning: "its file tree: each lies on the one that it is drawn under",
    blocks: shownBlocks(mounts, "mounts", (list) => {
      const byId = new Map(list.map((mount) => [mount.id, mount]));
      const lines = drawTree(list).map(({ branches, mount }) => {
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
