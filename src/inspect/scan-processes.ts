// /proc → what `ls` needs of every process, with as few calls as there are answers. See proc(5).
// A process that ends meanwhile is left out without a word.
import type { FolderScanner } from "#ffi/libc/folder-scanner.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import type { Holder } from "./namespace-graph.ts";
import { type NamespaceMount, parseNamespaceFile, parseNamespaceMounts, parseStat } from "./namespace-text.ts";

/** A namespace as a file of /proc names it. */
export interface NamespaceName {
  readonly type: NamespaceType;
  readonly inode: number;
}

export interface ScannedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly startTicks: number;
  readonly uid: number;
  readonly name: string;
  readonly command: string;
  readonly namespaces: Readonly<Partial<Record<NamespaceType, number>>>;
  /** Namespaces it holds without being in them. */
  readonly holds: readonly (NamespaceName & { readonly by: Holder })[];
}

/** Longer command lines are cut; `inspect` shows them whole. */
const COMMAND_BYTES = 4096;
const STAT_BYTES = 1024;
const FOR_CHILDREN: readonly NamespaceType[] = ["pid", "time"];
const GONE: readonly number[] = [-errnoNumber("ENOENT"), -errnoNumber("ESRCH")];

export interface Scan {
  /** By PID. */
  readonly processes: readonly ScannedProcess[];
  /** How many the kernel refused the namespaces of. */
  readonly refused: number;
}

/** Every process that /proc shows; those that may not be looked into only `withRefused`: they cost, and tell little. */
export function scanProcesses(scanner: FolderScanner, proc: number, withRefused: boolean): Scan {
  const processes: ScannedProcess[] = [];
  let refused = 0;
  for (const pid of scanner.numbers(proc).toSorted((a, b) => a - b)) {
    const folder = scanner.open(proc, String(pid), O.PATH);
    if (folder < 0) continue;
    const seen = scanNamespaces(scanner, folder);
    if (seen.refused) refused++;
    const found = seen.refused && !withRefused ? undefined : scanProcess(scanner, folder, pid, seen);
    scanner.close(folder);
    if (found !== undefined) processes.push(found);
  }
  return { processes, refused };
}

interface SeenNamespaces {
  readonly namespaces: ScannedProcess["namespaces"];
  readonly refused: boolean;
}

function scanProcess(
  scanner: FolderScanner,
  folder: number,
  pid: number,
  { namespaces, refused }: SeenNamespaces,
): ScannedProcess | undefined {
  const stat = scanner.text(folder, "stat", STAT_BYTES);
  const identity = scanner.identity(folder);
  if (typeof stat === "number" || identity === undefined) return undefined;
  const { name, parent, startTicks } = parseStat(stat);
  const line = scanner.text(folder, "cmdline", COMMAND_BYTES);
  const command = typeof line === "number" ? "" : line.replace(/\0+$/, "").replaceAll("\0", " ");
  return {
    pid,
    parent,
    startTicks,
    uid: identity.uid,
    name,
    command: command === "" ? `[${name}]` : command,
    namespaces,
    holds: refused ? [] : [...scanForChildren(scanner, folder, pid, namespaces), ...scanFiles(scanner, folder, pid)],
  };
}

/** KERNEL: a zombie has only its user and PID namespaces left, and ENOENT stands for the others. */
function scanNamespaces(scanner: FolderScanner, folder: number): SeenNamespaces {
  const namespaces: Partial<Record<NamespaceType, number>> = {};
  let refused = false;
  for (const type of NAMESPACE_TYPES) {
    const inode = scanner.linkNumber(folder, NS_FILES[type]);
    if (inode > 0) namespaces[type] = inode;
    else if (inode < 0 && !GONE.includes(inode)) refused = true;
    // What may not be read of one may not be read of any.
    if (refused) break;
  }
  return { namespaces, refused };
}

function nsFiles(): Readonly<Record<NamespaceType, string>> {
  const files = NAMESPACE_TYPES.map((type) => [type, `ns/${type}`] as const);
  return Object.fromEntries(files) as Record<NamespaceType, string>; // a file for each type
}

const NS_FILES: Readonly<Record<NamespaceType, string>> = nsFiles();

function scanForChildren(
  scanner: FolderScanner,
  folder: number,
  pid: number,
  namespaces: ScannedProcess["namespaces"],
): ScannedProcess["holds"] {
  return FOR_CHILDREN.flatMap((type) => {
    const inode = scanner.linkNumber(folder, `ns/${type}_for_children`);
    return inode > 0 && inode !== namespaces[type] ? [{ type, inode, by: { kind: "children" as const, pid } }] : [];
  });
}

function scanFiles(scanner: FolderScanner, process: number, pid: number): ScannedProcess["holds"] {
  const folder = scanner.open(process, "fd", O.RDONLY);
  if (folder < 0) return [];
  const holds = scanner.numbers(folder).flatMap((fd) => {
    const link = scanner.link(folder, String(fd));
    const name = typeof link === "number" ? undefined : parseNamespaceFile(link);
    return name === undefined ? [] : [{ ...name, by: { kind: "open file" as const, pid, fd } }];
  });
  scanner.close(folder);
  return holds;
}

/** A bind mount of a namespace's file, and who sees it. */
export interface SeenMount extends NamespaceMount {
  readonly seenBy: number;
}

/** The nsfs mounts in every mount namespace that has a process, as its first process sees them. */
export function scanMounts(
  scanner: FolderScanner,
  proc: number,
  processes: readonly ScannedProcess[],
): readonly SeenMount[] {
  const firstIn = new Map<number, number>();
  for (const { pid, namespaces } of processes)
    if (namespaces.mnt !== undefined && !firstIn.has(namespaces.mnt)) firstIn.set(namespaces.mnt, pid);
  return [...firstIn.values()].flatMap((pid) => {
    const text = scanner.wholeText(proc, `${pid}/mountinfo`);
    return typeof text === "number" ? [] : parseNamespaceMounts(text).map((mount) => ({ ...mount, seenBy: pid }));
  });
}
