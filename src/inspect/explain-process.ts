// ProcessView → text for people: groups of lines, each with what it means.
import { CAPS } from "#ffi/uapi/capability.ts";
import { escapeText } from "./escape-text.ts";
import { explainIdRange, type IdRange } from "./proc-text.ts";
import type { ProcessView, Readable } from "./process-view.ts";

interface Row {
  readonly label: string;
  readonly value: string;
  readonly meaning?: string;
}

interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

const NAMESPACE_MEANING: Readonly<Record<string, string>> = {
  cgroup: "which cgroup it sees as the root",
  ipc: "System V and POSIX queues, semaphores, shared memory",
  mnt: "what is mounted where",
  net: "devices, addresses, routes, ports",
  pid: "which processes it sees, and by which numbers",
  time: "offsets of its clocks",
  user: "its ids and capabilities",
  uts: "host and domain name",
};

function shown<T>(readable: Readable<T>, show: (value: T) => string): string {
  return "value" in readable ? show(readable.value) : `not readable: ${readable.reason} (${readable.unreadable})`;
}

/** "all 41", "all but sys_time", "none", or the names, without CAP_. */
export function explainCapabilities(names: readonly string[]): string {
  const short = (list: readonly string[]): string =>
    list.map((name) => name.replace(/^CAP_/, "").toLowerCase()).join(" ");
  if (names.length === 0) return "none";
  const missing = CAPS.filter((name) => !names.includes(name));
  if (missing.length === 0) return `all ${names.length}`;
  return missing.length <= BUT_MAX ? `all but ${short(missing)}` : short(names);
}

/** So many missing ones are shorter to name than those that are there. */
const BUT_MAX = 5;

function groupsOf(view: ProcessView): readonly Group[] {
  return [
    { title: "Process", rows: identityRows(view) },
    { title: "Namespaces", rows: namespaceRows(view) },
    { title: "Ids", rows: idRows(view) },
    { title: "Files", rows: fileRows(view) },
    { title: "Privileges", rows: privilegeRows(view) },
    { title: "Resources", rows: cgroupRows(view) },
  ];
}

function identityRows(view: ProcessView): readonly Row[] {
  const command = shown(view.command, (words) => (words.length === 0 ? `[${view.name}]` : words.join(" ")));
  return [
    { label: "command", value: command },
    { label: "state", value: view.state },
    { label: "parent", value: String(view.parent) },
    { label: "threads", value: String(view.threads) },
    { label: "started", value: shown(view.startedAt, (ms) => new Date(ms).toISOString().replace(/\.\d+Z/, "Z")) },
    { label: "PIDs", value: view.pids.join(" › "), meaning: "in each PID namespace, from the outside in" },
    { label: "host name", value: shown(view.hostname, (name) => name) },
  ];
}

function namespaceRows(view: ProcessView): readonly Row[] {
  if (!("value" in view.namespaces)) return [{ label: "all", value: shown(view.namespaces, () => "") }];
  return view.namespaces.value.map(({ type, inode, yours }) => ({
    label: type,
    value: `${inode}  ${yours ? "same as yours" : "its own"}`,
    meaning: NAMESPACE_MEANING[type] ?? "",
  }));
}

function idRows(view: ProcessView): readonly Row[] {
  const ids = ({ real, effective, saved, filesystem }: ProcessView["uids"]): string =>
    new Set([real, effective, saved, filesystem]).size === 1
      ? String(real)
      : `real ${real}, effective ${effective}, saved ${saved}, file system ${filesystem}`;
  const map = (ranges: readonly IdRange[]): string => ranges.map(explainIdRange).join("; ") || "not mapped yet";
  return [
    { label: "uid", value: ids(view.uids), meaning: "as you see them" },
    { label: "gid", value: ids(view.gids) },
    { label: "groups", value: view.groups.join(" ") || "none" },
    { label: "uid map", value: shown(view.uidMap, map) },
    { label: "gid map", value: shown(view.gidMap, map) },
  ];
}

function fileRows(view: ProcessView): readonly Row[] {
  return [
    { label: "root", value: shown(view.root, (path) => path), meaning: "what it has as /" },
    { label: "folder", value: shown(view.cwd, (path) => path) },
    { label: "program", value: shown(view.exe, (path) => path) },
  ];
}

function privilegeRows(view: ProcessView): readonly Row[] {
  const { mode, filters } = view.seccomp;
  const caps = (["effective", "permitted", "inheritable", "bounding", "ambient"] as const).map((set) => ({
    label: set,
    value: explainCapabilities(view.capabilities[set]),
  }));
  return [
    ...caps,
    { label: "no_new_privs", value: view.noNewPrivs ? "on" : "off", meaning: "setuid programs give it nothing" },
    {
      label: "seccomp",
      value: mode === "filter" ? `${filters} filter${filters === 1 ? "" : "s"}` : mode,
      meaning: "which system calls it may make",
    },
    { label: "label", value: shown(view.label, (label) => label || "none"), meaning: "by a security module" },
  ];
}

function cgroupRows(view: ProcessView): readonly Row[] {
  if (!("value" in view.cgroups)) return [{ label: "cgroup", value: shown(view.cgroups, () => "") }];
  const byPath = Map.groupBy(view.cgroups.value, ({ path }) => path);
  return [...byPath].map(([path, lines]) => ({
    label: "cgroup",
    value: path,
    meaning: lines
      .map(({ hierarchy, controllers }) => (hierarchy === 0 ? "version 2" : controllers.join(", ")))
      .join(", "),
  }));
}

export interface TextOptions {
  readonly color: boolean;
  readonly width: number;
}

/** The whole view. Names that others chose are made harmless. */
export function explainProcess(view: ProcessView, { color, width }: TextOptions): string {
  const dim = (text: string): string => (color ? `\x1b[2m${text}\x1b[0m` : text);
  const bold = (text: string): string => (color ? `\x1b[1m${text}\x1b[0m` : text);
  const lines: string[] = [];
  for (const { title, rows } of groupsOf(view)) {
    lines.push(...(lines.length > 0 ? [""] : []), bold(title));
    for (const row of rows) {
      const value = wrapText(escapeText(row.value), width - INDENT);
      const meaning = row.meaning === undefined || row.meaning === "" ? "" : `  ${dim(row.meaning)}`;
      lines.push(`  ${row.label.padEnd(INDENT - 3)} ${value.join(`\n${" ".repeat(INDENT)}`)}${meaning}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const INDENT = 16;

function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}
