// Two processes → what they share and what isolates them from one another. Pure.
import { diffMounts } from "./diff-mounts.ts";
import {
  type ComparedProcess,
  type ComparedView,
  DIFF_GROUPS,
  type DiffGroup,
  type DiffItem,
  type DiffSide,
  type DiffValue,
  type FilePlace,
  type ProcessDiff,
} from "./diff-view.ts";
import type { IdRange } from "./proc-text.ts";
import type { Readable } from "./groups/group.ts";

/** A thing that every process has: where to find it, and what it means. */
interface Facet {
  readonly group: DiffGroup;
  readonly name: string;
  readonly meaning: string;
  read(process: ComparedProcess): Readable<DiffValue>;
}

const NAMESPACE_MEANING: Readonly<Record<string, string>> = {
  cgroup: "which cgroup is seen as the root",
  ipc: "System V and POSIX queues, semaphores, shared memory",
  mnt: "what is mounted where",
  net: "devices, addresses, routes, ports",
  pid: "which processes are seen, and by which numbers",
  time: "offsets of the clocks",
  user: "ids and capabilities",
  uts: "host and domain name",
};

function known(value: DiffValue): Readable<DiffValue> {
  return { value };
}

function map<T>(readable: Readable<T>, change: (value: T) => DiffValue): Readable<DiffValue> {
  return "value" in readable ? { value: change(readable.value) } : readable;
}

function namespaceFacet([name, meaning]: readonly [string, string]): Facet {
  const read = ({ view }: ComparedProcess): Readable<DiffValue> =>
    map(view.namespaces, (list) => list.find(({ type }) => type === name)?.inode.toString() ?? null);
  return { group: "namespaces", name, meaning, read };
}

function placeFacet(name: "root" | "cwd" | "exe", meaning: string): Facet {
  const text = ({ path, device, inode }: FilePlace): string => `${path} (device ${device}, inode ${inode})`;
  return { group: "files", name, meaning, read: (process) => map(process[name], text) };
}

function idsText({ real, effective, saved, filesystem }: ComparedView["uids"]): string {
  const all = [real, effective, saved, filesystem];
  return new Set(all).size === 1
    ? String(real)
    : `real ${real}, effective ${effective}, saved ${saved}, file system ${filesystem}`;
}

/** Lines of an id map as the kernel has them: inside, outside, how many. */
function mapLines(ranges: readonly IdRange[]): readonly string[] {
  return ranges.map(({ inside, outside, size }) => `${inside} ${outside} ${size}`);
}

function capabilityFacet(name: keyof ComparedView["capabilities"], meaning: string): Facet {
  return { group: "capabilities", name, meaning, read: ({ view }) => known(view.capabilities[name]) };
}

const FACETS: readonly Facet[] = [
  ...Object.entries(NAMESPACE_MEANING).map(namespaceFacet),
  placeFacet("root", "what is seen as /"),
  placeFacet("cwd", "the current folder"),
  placeFacet("exe", "the program"),
  { group: "ids", name: "uid", meaning: "as you see it", read: ({ view }) => known(idsText(view.uids)) },
  { group: "ids", name: "gid", meaning: "as you see it", read: ({ view }) => known(idsText(view.gids)) },
  { group: "ids", name: "groups", meaning: "further ones", read: ({ view }) => known(view.groups.map(String)) },
  { group: "ids", name: "uid_map", meaning: "inside, outside, count", read: ({ view }) => map(view.uidMap, mapLines) },
  { group: "ids", name: "gid_map", meaning: "inside, outside, count", read: ({ view }) => map(view.gidMap, mapLines) },
  capabilityFacet("effective", "may be used now"),
  capabilityFacet("permitted", "may be made effective"),
  capabilityFacet("inheritable", "may pass through exec by a file's"),
  capabilityFacet("bounding", "may ever be had"),
  capabilityFacet("ambient", "pass through exec by themselves"),
  {
    group: "privileges",
    name: "no_new_privs",
    meaning: "setuid programs give nothing",
    read: ({ view }) => known(view.noNewPrivs ? "on" : "off"),
  },
  {
    group: "privileges",
    name: "seccomp",
    meaning: "which system calls may be made",
    read: ({ view: { seccomp } }) =>
      known(seccomp.mode === "filter" ? `${seccomp.filters} filter${seccomp.filters === 1 ? "" : "s"}` : seccomp.mode),
  },
  {
    group: "privileges",
    name: "label",
    meaning: "by a security module",
    read: ({ view }) => map(view.label, (label) => label || "none"),
  },
];

/** All that there is to say about these two. */
export function diffProcesses(first: ComparedProcess, second: ComparedProcess): ProcessDiff {
  const items = [
    ...FACETS.map((facet) => compare(facet, facet.read(first), facet.read(second))),
    ...diffLists(first, second),
  ].sort((a, b) => DIFF_GROUPS.indexOf(a.group) - DIFF_GROUPS.indexOf(b.group));
  const count = (state: DiffItem["state"]): number => items.filter((item) => item.state === state).length;
  return {
    first: sideOf(first.view),
    second: sideOf(second.view),
    same: count("same"),
    different: count("different"),
    unknown: count("unknown"),
    items,
  };
}

/** Things of which each process may have others: mounts, cgroups by hierarchy, limits, variables. */
function diffLists(first: ComparedProcess, second: ComparedProcess): readonly DiffItem[] {
  const mounts =
    "value" in first.mounts && "value" in second.mounts
      ? diffMounts(first.mounts.value, second.mounts.value)
      : [compare(MOUNTS, map(first.mounts, String), map(second.mounts, String))];
  return [
    ...mounts,
    ...diffNamed(
      "cgroup",
      mapEntries(first.view.cgroups, cgroupEntries),
      mapEntries(second.view.cgroups, cgroupEntries),
    ),
    ...diffNamed("limits", mapEntries(first.limits, limitEntries), mapEntries(second.limits, limitEntries)),
    compare(ENVIRONMENT, first.envNames, second.envNames),
  ];
}

const MOUNTS = { group: "mounts", name: "all", meaning: "" } as const;
const ENVIRONMENT = { group: "environment", name: "names", meaning: "of variables; not what they hold" } as const;

type Entries = ReadonlyMap<string, string>;

function mapEntries<T>(readable: Readable<T>, change: (value: T) => Entries): Readable<Entries> {
  return "value" in readable ? { value: change(readable.value) } : readable;
}

function cgroupEntries(lines: readonly { controllers: readonly string[]; path: string }[]): Entries {
  return new Map(lines.map(({ controllers, path }) => [controllers.join(",") || "version 2", path]));
}

function limitEntries(limits: readonly { name: string; soft: string; hard: string }[]): Entries {
  return new Map(limits.map(({ name, soft, hard }) => [name, soft === hard ? soft : `${soft}, at most ${hard}`]));
}

function diffNamed(group: DiffGroup, first: Readable<Entries>, second: Readable<Entries>): readonly DiffItem[] {
  if (!("value" in first && "value" in second))
    return [compare({ group, name: "all", meaning: "" }, asText(first), asText(second))];
  const names = [...new Set([...first.value.keys(), ...second.value.keys()])];
  return names.map((name) =>
    compare({ group, name, meaning: "" }, known(first.value.get(name) ?? null), known(second.value.get(name) ?? null)),
  );
}

function asText(readable: Readable<Entries>): Readable<DiffValue> {
  return map(readable, (entries) => [...entries].map(([name, value]) => `${name}: ${value}`));
}

function compare(
  { group, name, meaning }: Pick<DiffItem, "group" | "name" | "meaning">,
  first: Readable<DiffValue>,
  second: Readable<DiffValue>,
): DiffItem {
  const item = { group, name, meaning, first: givenValue(first), second: givenValue(second) };
  const reason = reasonOf(first) ?? reasonOf(second);
  if (reason !== undefined) return { ...item, state: "unknown", reason };
  return { ...item, state: sameValue(item.first, item.second) ? "same" : "different" };
}

function givenValue(readable: Readable<DiffValue>): DiffValue {
  return "value" in readable ? readable.value : null;
}

function reasonOf(readable: Readable<DiffValue>): string | undefined {
  return "value" in readable ? undefined : `${readable.reason} (${readable.unreadable})`;
}

/** Sets are the same in whatever order. */
function sameValue(first: DiffValue, second: DiffValue): boolean {
  const key = (value: DiffValue): string =>
    JSON.stringify(typeof value === "string" || value === null ? value : [...value].sort());
  return key(first) === key(second);
}

function sideOf({ pid, name, command }: ComparedView): DiffSide {
  const words = "value" in command ? command.value : [];
  return { pid, name, command: words.length === 0 ? `[${name}]` : words.join(" ") };
}
