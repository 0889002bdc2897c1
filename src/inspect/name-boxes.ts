// Which processes belong to a box of nsbox: all whose PID namespace is, or descends from, that of a box's init.
import type { NamespaceNode } from "./namespace-graph.ts";
import type { ScannedProcess } from "./scan-processes.ts";

/** What a box's init is called. */
export const BOX_INIT = "nsbox-init";

/** What a box is called where nothing but its init is known. */
export function boxLabel(init: number): string {
  return `box ${init}`;
}

/** "box web", or "box 4711" where its label says that already. */
export function boxTitle(box: string): string {
  return box.startsWith("box ") ? box : `box ${box}`;
}

/** Labels of boxes by PID. `isInit` tells whether a process is PID 1 of its PID namespace: any can take the init's name. */
export function nameBoxes(
  processes: readonly ScannedProcess[],
  namespaces: readonly NamespaceNode[],
  isInit: (pid: number) => boolean,
): ReadonlyMap<number, string> {
  const boxes = new Map<number, string>();
  for (const { pid, name, namespaces: its } of processes)
    if (name === BOX_INIT && its.pid !== undefined && isInit(pid)) boxes.set(its.pid, boxLabel(pid));
  if (boxes.size === 0) return new Map();
  const parents = new Map(namespaces.flatMap(({ type, inode, parent }) => (type === "pid" ? [[inode, parent]] : [])));
  const boxOf = (inode: number | undefined): string | undefined =>
    inode === undefined ? undefined : (boxes.get(inode) ?? boxOf(parents.get(inode)));
  return new Map(
    processes.flatMap(({ pid, namespaces: its }) => {
      const box = boxOf(its.pid);
      return box === undefined ? [] : [[pid, box]];
    }),
  );
}
