// The namespaces of a process, and how many others share each: that takes a look at every process of the machine.
import { listFolder, openFileAt } from "#ffi/libc/dir.ts";
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { LinkComparer } from "#ffi/libc/link-comparer.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import type { Readable } from "./groups/group.ts";
import type { Namespaces, NamespaceView } from "./groups/namespaces.ts";
import { type NamespaceFile, type NamespaceFiles, readCreator } from "./namespace-files.ts";
import { attempt, readTextAt } from "./proc-dir.ts";
import { refuse, type Subject } from "./refusal.ts";

/** KERNEL: PROC_USER_INIT_INO, the machine's first user namespace; it has no parent. */
const FIRST_USER = 0xeffffffd;

export function readNamespaces(files: NamespaceFiles, pid: number, subject: Subject): Namespaces {
  const { others, unseen } = countSharers(files, pid);
  const list = files.list.map((file): NamespaceView => ({
    type: file.type,
    inode: file.inode,
    yours: file.yours,
    owner: ownerOf(file, subject),
    creatorUid: file.type === "user" ? attempt(subject, () => readCreator(file.fd)) : undefined,
    others: others.get(file.type) ?? 0,
  }));
  return {
    list: { value: list },
    yourUser: files.yourUser,
    unseenProcesses: unseen,
    hidepid: !exists(files.proc, "1"),
  };
}

function ownerOf({ type, inode, owner }: NamespaceFile, subject: Subject): Readable<number | undefined> {
  if (type === "user" && inode === FIRST_USER) return { value: undefined };
  if ("errno" in owner) return refuse(owner.errno, subject, "it is outside of your user namespace");
  return { value: owner.inode };
}

interface Sharers {
  /** For each type the processes in it, but for the one that is inspected and this one. */
  readonly others: ReadonlyMap<NamespaceType, number>;
  /** Processes of which not even the user namespace may be seen. */
  readonly unseen: number;
}

/** Raw calls, and no text that isn't a path: on a busy machine these are thousands. */
function countSharers({ list, proc }: NamespaceFiles, pid: number): Sharers {
  const counts = list.map(() => 0);
  let unseen = 0;
  const links = new LinkComparer(list.map(({ type, inode }) => [type, `${type}:[${inode}]`]));
  const kernel = readKernelThreads(proc);
  const skipped = new Set([String(pid), String(process.pid), ...kernel]);
  const look = (name: string, weight: number): void => {
    const count = (index: number): void => {
      counts[index] = (counts[index] ?? 0) + weight;
    };
    if (!links.compare(proc, `${name}/ns`, count) && exists(proc, name)) unseen += weight;
  };
  for (const name of listProcesses(proc)) if (!skipped.has(name)) look(name, 1);
  const others = kernel.filter((name) => name !== String(pid)).length;
  if (others > 0) look(KTHREADD, others);
  return { others: new Map(list.map(({ type }, index) => [type, counts[index] ?? 0])), unseen };
}

function listProcesses(proc: Fd): readonly string[] {
  const folder = openFileAt(proc, ".");
  const names = listFolder(folder);
  closeFile(folder);
  return names.filter((name) => {
    const first = name.charCodeAt(0);
    return first >= 0x31 && first <= 0x39;
  });
}

/** KERNEL: it makes all threads of the kernel, which are often most of what /proc lists and stay in its namespaces. */
const KTHREADD = "2";

/** kthreadd and its children; none where it is out of sight, or the kernel doesn't list children. */
function readKernelThreads(proc: Fd): readonly string[] {
  try {
    if (readTextAt(proc, `${KTHREADD}/comm`) !== "kthreadd\n") return [];
    const children = readTextAt(proc, `${KTHREADD}/task/${KTHREADD}/children`).trim();
    return [KTHREADD, ...(children === "" ? [] : children.split(" "))];
  } catch (error) {
    if (error instanceof SyscallError) return [];
    throw error;
  }
}

/** One that has ended meanwhile is not hidden; the init never ends, and with hidepid=2 is not there for others. */
function exists(proc: Fd, name: string): boolean {
  return rawSyscall("faccessat2", proc, name, 0, 0) === 0;
}
