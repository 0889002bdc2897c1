// The page's data with what is looked up often. Pure.
import type { PageData, PageGroup, PageNamespace, PageProcess } from "../page-data.ts";

/** How a group stands to one of its namespaces. */
export type Sharing = "unknown" | "machine" | "own" | "shared";

export interface Model {
  readonly data: PageData;
  readonly processes: ReadonlyMap<number, PageProcess>;
  readonly namespaces: ReadonlyMap<number, PageNamespace>;
  /** Groups that are in a namespace, by its inode. */
  readonly members: ReadonlyMap<number, readonly number[]>;
  /** A letter for each namespace that some groups share, and that is not the machine's; the same for the same groups. */
  readonly letters: ReadonlyMap<number, string>;
  /** PID, user, command and box of each process in lower case, as search sees it; by index. */
  readonly texts: readonly string[];
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** A, B, …, Z, A1, B1, … */
function letterOf(index: number): string {
  const round = Math.floor(index / ALPHABET.length);
  return `${ALPHABET[index % ALPHABET.length]}${round === 0 ? "" : round}`;
}

export function buildModel(data: PageData): Model {
  const members = new Map<number, number[]>();
  for (const [index, { namespaces }] of data.groups.entries())
    for (const inode of Object.values(namespaces)) members.set(inode, [...(members.get(inode) ?? []), index]);
  const base = new Set(Object.values(data.base));
  const shared = [...members].filter(([inode, groups]) => groups.length > 1 && !base.has(inode));
  const circles = new Set(shared.map(([, groups]) => groups.join()));
  const letters = new Map([...circles].map((circle, index) => [circle, letterOf(index)]));
  return {
    data,
    processes: new Map(data.processes.map((process) => [process.pid, process])),
    namespaces: new Map(data.namespaces.map((namespace) => [namespace.inode, namespace])),
    members,
    letters: new Map(shared.map(([inode, groups]) => [inode, letters.get(groups.join()) ?? ""])),
    texts: data.processes.map(({ pid, user, command, box }) =>
      `${pid} ${user} ${command}${box === null ? "" : ` ${box}`}`.toLowerCase(),
    ),
  };
}

export function sharingOf({ data, letters }: Model, group: PageGroup, type: PageNamespace["type"]): Sharing {
  const inode = group.namespaces[type];
  if (inode === undefined) return "unknown";
  if (data.base[type] === inode) return "machine";
  return letters.has(inode) ? "shared" : "own";
}

/** "nothing isolated", "own mnt, pid; shares net", "own everything but time". */
export function explainGroup(model: Model, group: PageGroup): string {
  const names = model.data.types.map(({ name }) => name);
  const by = Map.groupBy(names, (name) => sharingOf(model, group, name));
  const [machine, own, shared] = [by.get("machine") ?? [], by.get("own") ?? [], by.get("shared") ?? []];
  // KERNEL: a process that has ended keeps its user namespace until its parent has asked for its exit status.
  if (by.has("unknown")) return by.size > 1 ? "ended, not yet reaped" : "not readable by you";
  if (machine.length === names.length) return "nothing isolated";
  const owns =
    own.length > MANY && shared.length === 0 ? `own everything but ${machine.join(", ")}` : `own ${own.join(", ")}`;
  return [...(own.length === 0 ? [] : [owns]), ...(shared.length === 0 ? [] : [`shares ${shared.join(", ")}`])].join(
    "; ",
  );
}

/** So many are shorter told by those that are missing. */
const MANY = 4;

/** What a search leaves of each group: its PIDs that match, in the order in which they are shown. */
export function searchGroups({ data, texts }: Model, query: string): readonly (readonly number[])[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return data.groups.map(({ pids }) => pids);
  const inodes = data.groups.map(({ namespaces }) => Object.values(namespaces).map(String));
  const found = new Set<number>();
  for (const [index, { pid, group }] of data.processes.entries()) {
    const matches = words.every(
      (word) => texts[index]?.includes(word) === true || inodes[group]?.includes(word) === true,
    );
    if (matches) found.add(pid);
  }
  return data.groups.map(({ pids }) => pids.filter((pid) => found.has(pid)));
}
