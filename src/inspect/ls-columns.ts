// The columns of `ls`, a row each: those of lsns(8) under their names there, and what lsns does not know.
// Names in JSON are the columns' in lower case. Pure.
import { commandOf, type Family, familyOf, findHead } from "./descent.ts";
import type { Holder, NamespaceGraph, NamespaceNode, ProcessNode } from "./namespace-graph.ts";

export type Cell = string | number | boolean | null | readonly string[] | readonly number[];

/** The process in a namespace that the others there descend from. */
export interface Head {
  readonly process: ProcessNode;
  readonly user: string;
  /** Where that is a box's init: what the box runs, if it is in the namespace too. */
  readonly runs: ProcessNode | undefined;
}

/** One namespace with what its columns need. */
export interface NamespaceRow {
  readonly node: NamespaceNode;
  /** The process with the lowest PID in it, which is what lsns shows, and its user. */
  readonly first: ProcessNode | undefined;
  readonly user: string | undefined;
  readonly head: Head | undefined;
  readonly yours: boolean;
  /** What other network namespaces call it, see ip-netns(8); undefined where it wasn't asked for. */
  readonly netnsid: number | undefined;
}

export interface Column {
  readonly name: string;
  readonly doc: string;
  readonly align: "left" | "right";
  /** null where there is no such thing. */
  value(row: NamespaceRow): Cell;
  /** Where the text is not just the value. */
  text?(row: NamespaceRow): string;
}

/** "the mount /run/netns/blue", in the words that follow "held by". */
export function explainHolder(holder: Holder): string {
  switch (holder.kind) {
    case "mount":
      return `the mount ${holder.path}`;
    case "open file":
      return `file ${holder.fd} of process ${holder.pid}`;
    case "children":
      return `process ${holder.pid}, for its children`;
    case "namespace":
      return `namespace ${holder.inode}`;
  }
}

const mountsOf = ({ heldBy }: NamespaceNode): readonly string[] =>
  heldBy.flatMap((holder) => (holder.kind === "mount" ? [holder.path] : []));

export const COLUMNS: readonly Column[] = [
  { name: "NS", doc: "inode, its number", align: "right", value: ({ node }) => node.inode },
  { name: "TYPE", doc: "user, mnt, pid, ipc, uts, net, cgroup or time", align: "left", value: ({ node }) => node.type },
  { name: "NPROCS", doc: "how many processes are in it", align: "right", value: ({ node }) => node.processes.length },
  { name: "PID", doc: "the lowest PID in it", align: "right", value: ({ first }) => first?.pid ?? null },
  { name: "USER", doc: "whose process that is", align: "left", value: ({ user }) => user ?? null },
  {
    name: "COMMAND",
    doc: "its command; without a process, what holds the namespace",
    align: "left",
    value: ({ first }) => first?.command ?? null,
    text: ({ first, node }) => first?.command ?? `(held by ${node.heldBy.map(explainHolder).join(", ")})`,
  },
  { name: "PPID", doc: "parent of that process", align: "right", value: ({ first }) => first?.parent ?? null },
  { name: "UID", doc: "uid of that process", align: "right", value: ({ first }) => first?.uid ?? null },
  {
    name: "PATH",
    doc: "a file that setns(2) takes",
    align: "left",
    value: ({ node, first }) => (first === undefined ? null : `/proc/${first.pid}/ns/${node.type}`),
  },
  {
    name: "PNS",
    doc: "the namespace it descends from (PID and user)",
    align: "right",
    value: ({ node }) => node.parent ?? null,
  },
  { name: "ONS", doc: "the user namespace that owns it", align: "right", value: ({ node }) => node.owner ?? null },
  {
    name: "NETNSID",
    doc: "number by which your network namespace knows it",
    align: "right",
    value: ({ node, netnsid }) => (node.type === "net" ? (netnsid ?? null) : null),
    text: ({ node, netnsid }) => (node.type === "net" ? String(netnsid ?? "unassigned") : ""),
  },
  { name: "NSFS", doc: "where it is mounted", align: "left", value: ({ node }) => mountsOf(node) },
  { name: "YOURS", doc: "whether you are in it", align: "left", value: ({ yours }) => yours },
  {
    name: "BOX",
    doc: "the box of nsbox that its first process, by descent, is in",
    align: "left",
    value: ({ head }) => head?.process.box ?? null,
  },
  {
    name: "CREATOR",
    doc: "uid of who made it (user)",
    align: "right",
    value: ({ node }) => node.creatorUid ?? null,
  },
  {
    name: "HELDBY",
    doc: "what else keeps it: mounts; without a process also open files and namespaces",
    align: "left",
    value: ({ node }) => node.heldBy.map(explainHolder),
  },
  { name: "PIDS", doc: "every process in it", align: "left", value: ({ node }) => node.processes },
];

/** As lsns has it. */
export const DEFAULT_COLUMNS: readonly string[] = ["NS", "TYPE", "NPROCS", "PID", "USER", "COMMAND"];

/** A column by its name in any case. */
export function findColumn(name: string): Column | undefined {
  return COLUMNS.find((column) => column.name === name.toUpperCase());
}

/** What rows need besides the graph. */
export interface RowFacts {
  /** Names by uid. */
  readonly users: ReadonlyMap<number, string>;
  /** By inode. */
  readonly netnsids: ReadonlyMap<number, number>;
}

/** A row for each namespace, by inode as lsns has them. */
export function buildRows(graph: NamespaceGraph, { users, netnsids }: RowFacts): readonly NamespaceRow[] {
  const byPid = new Map(graph.processes.map((process) => [process.pid, process]));
  let family: Family | undefined;
  return graph.namespaces
    .map((node): NamespaceRow => {
      const first = byPid.get(node.processes[0] ?? -1);
      return {
        node,
        first,
        user: first === undefined ? undefined : userOf(first, users),
        // Looked for where it is shown, as what lsns has too does without.
        get head() {
          family ??= familyOf(graph.processes);
          return headOf(node, family, users);
        },
        yours: graph.yours[node.type] === node.inode,
        netnsid: netnsids.get(node.inode),
      };
    })
    .toSorted((a, b) => a.node.inode - b.node.inode);
}

function userOf({ uid }: ProcessNode, users: RowFacts["users"]): string {
  return users.get(uid) ?? String(uid);
}

function headOf({ type, inode, processes }: NamespaceNode, family: Family, users: RowFacts["users"]): Head | undefined {
  const isIn = ({ namespaces }: ProcessNode): boolean => namespaces[type] === inode;
  const process = findHead(processes, family, isIn);
  if (process === undefined) return undefined;
  const command = commandOf(process, family);
  return { process, user: userOf(process, users), runs: command !== undefined && isIn(command) ? command : undefined };
}

/** By a column: numbers by size, texts by letter, what is missing last. */
export function sortRows(rows: readonly NamespaceRow[], column: Column, descending: boolean): readonly NamespaceRow[] {
  const compare = (a: Cell, b: Cell): number => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
  };
  return rows.toSorted((left, right) => {
    const [a, b] = [column.value(left), column.value(right)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return descending ? compare(b, a) : compare(a, b);
  });
}
