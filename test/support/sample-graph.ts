// A graph of namespaces for tests of its views: the machine's own, and boxes below them.
import type { NamespaceGraph, NamespaceNode, ProcessNode } from "#src/inspect/namespace-graph.ts";
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";

const FIRST_INODE = 4026531832;

export interface SampleOptions {
  /** Processes on the machine that are in no box. */
  readonly plain: number;
  readonly boxes: number;
  /** Processes in each box. */
  readonly each: number;
  readonly command?: string;
}

/** Boxes have all namespaces of their own but time, and every second one shares the machine's network. */
export function sampleGraph({ plain, boxes, each, command = "sleep 1000" }: SampleOptions): NamespaceGraph {
  const namespaces: NamespaceNode[] = [];
  const processes: ProcessNode[] = [];
  const inodes = (group: number): Record<NamespaceType, number> =>
    Object.fromEntries(
      NAMESPACE_TYPES.map((type, at) => {
        const own = group === 0 || !(type === "time" || (type === "net" && group % 2 === 0));
        return [type, FIRST_INODE + at + (own ? group * NAMESPACE_TYPES.length : 0)];
      }),
    ) as Record<NamespaceType, number>; // an inode for each type
  const first = inodes(0);
  for (let group = 0; group <= boxes; group++) {
    const its = inodes(group);
    const size = group === 0 ? plain : each;
    const box = group === 0 ? undefined : `box ${processes.length + 1}`;
    for (let at = 0; at < size; at++) {
      const pid = processes.length + 1;
      const name = group > 0 && at === 0 ? "nsbox-init" : (command.split(" ")[0] ?? "");
      const line = name === "nsbox-init" ? name : command;
      const parent = at > 0 ? pid - 1 : group > 0 ? 1 : 0;
      const init = at > 0 ? undefined : { command: group > 0 && each > 1 ? pid + 1 : undefined };
      processes.push({ pid, parent, startTicks: pid, uid: group, name, command: line, namespaces: its, box, init });
    }
  }
  for (let group = 0; group <= boxes; group++) {
    const its = inodes(group);
    for (const type of NAMESPACE_TYPES) {
      if (group > 0 && its[type] === first[type]) continue;
      const descends = group > 0 && (type === "user" || type === "pid");
      namespaces.push({
        inode: its[type],
        type,
        processes: processes.filter((process) => process.namespaces[type] === its[type]).map(({ pid }) => pid),
        heldBy: [],
        owner: type === "user" ? (group === 0 ? undefined : first.user) : its.user,
        parent: descends ? first[type] : undefined,
        creatorUid: type === "user" ? group : undefined,
      });
    }
  }
  const rank = (type: NamespaceType): number => NAMESPACE_TYPES.indexOf(type);
  namespaces.sort((a, b) => rank(a.type) - rank(b.type) || a.inode - b.inode);
  return { namespaces, processes, yours: first, notes: [] };
}

/** The same with other PIDs for some, as processes may have them where PIDs have begun anew. */
export function renumber(graph: NamespaceGraph, pids: Readonly<Record<number, number>>): NamespaceGraph {
  const renamed = (pid: number): number => pids[pid] ?? pid;
  const ascending = (a: number, b: number): number => a - b;
  return {
    ...graph,
    namespaces: graph.namespaces.map((node) => ({ ...node, processes: node.processes.map(renamed).sort(ascending) })),
    processes: graph.processes
      .map(({ pid, parent, init, ...rest }) => ({
        ...rest,
        pid: renamed(pid),
        parent: renamed(parent),
        init: init?.command === undefined ? init : { command: renamed(init.command) },
      }))
      .sort((a, b) => ascending(a.pid, b.pid)),
  };
}
