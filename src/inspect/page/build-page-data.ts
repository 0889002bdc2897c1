// NamespaceGraph → what the page is drawn from. Pure.
import { escapeText } from "#src/inspect/escape-text.ts";
import { explainHolder } from "#src/inspect/ls-columns.ts";
import type { NamespaceGraph, ProcessNode } from "#src/inspect/namespace-graph.ts";
import { NAMESPACE_TYPES } from "#src/spec/spec.ts";
import { nestAreas } from "./nest-areas.ts";
import type { PageData, PageGroup, PageType } from "./page-data.ts";

const TYPES: readonly PageType[] = [
  { name: "user", meaning: "who is who: its uids, gids and capabilities" },
  { name: "pid", meaning: "which processes it sees, and by which numbers" },
  { name: "mnt", meaning: "which files are mounted where" },
  { name: "net", meaning: "network devices, addresses, routes, ports" },
  { name: "ipc", meaning: "System V and POSIX queues, semaphores, shared memory" },
  { name: "uts", meaning: "host name and domain name" },
  { name: "cgroup", meaning: "which cgroup it sees as the root" },
  { name: "time", meaning: "offsets of its clocks" },
];

/** What the graph does not know. */
export interface PageFacts {
  readonly host: string;
  readonly takenAt: string;
  /** Names by uid. */
  readonly users: ReadonlyMap<number, string>;
  /** What `inspect` knows, by PID. */
  readonly details: Readonly<Record<number, unknown>>;
}

/** Everything that the page shows. Names of others are made harmless. */
export function buildPageData(graph: NamespaceGraph, { host, takenAt, users, details }: PageFacts): PageData {
  const keys = new Map(graph.processes.map((process) => [process, groupKey(process)] as const));
  const grouped = Map.groupBy(graph.processes, (process) => keys.get(process) ?? "");
  const indexes = new Map([...grouped.keys()].map((key, index) => [key, index]));
  const groups = [...grouped.values()].map(buildGroup);
  return {
    host: escapeText(host),
    takenAt,
    types: TYPES,
    namespaces: graph.namespaces.map(({ inode, type, owner, parent, creatorUid, heldBy }) => ({
      inode,
      type,
      owner: owner ?? null,
      parent: parent ?? null,
      creatorUid: creatorUid ?? null,
      heldBy: heldBy.map((holder) => escapeText(explainHolder(holder))),
    })),
    processes: graph.processes.map((process) => ({
      pid: process.pid,
      parent: process.parent,
      user: escapeText(users.get(process.uid) ?? String(process.uid)),
      command: escapeText(process.command),
      box: process.box === undefined ? null : escapeText(process.box),
      group: indexes.get(keys.get(process) ?? "") ?? 0,
    })),
    groups,
    areas: nestAreas(graph, groups),
    base: graph.processes.find(({ namespaces }) => namespaces.mnt !== undefined)?.namespaces ?? {},
    yours: graph.yours,
    notes: graph.notes,
    details,
  };
}

function groupKey({ namespaces }: ProcessNode): string {
  return NAMESPACE_TYPES.map((type) => namespaces[type] ?? "").join(" ");
}

/** Those with arguments first: threads of the kernel are many, and say little. */
function buildGroup(processes: readonly ProcessNode[]): PageGroup {
  const rank = ({ command }: ProcessNode): number => (command.startsWith("[") ? 1 : 0);
  return {
    namespaces: processes[0]?.namespaces ?? {},
    pids: processes.toSorted((a, b) => rank(a) - rank(b) || a.pid - b.pid).map(({ pid }) => pid),
  };
}

/** PIDs in the order in which details are worth reading: the first of each group, then the second of each, and so on. */
export function detailOrder(graph: NamespaceGraph): readonly number[] {
  const groups = [...Map.groupBy(graph.processes, groupKey).values()].map((group) => buildGroup(group).pids);
  const longest = Math.max(0, ...groups.map((pids) => pids.length));
  return Array.from({ length: longest }, (_, at) => groups.flatMap((pids) => pids[at] ?? [])).flat();
}
