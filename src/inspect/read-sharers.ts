// The namespaces of a process, and how many others share each: that takes a look at every process of the machine.
import { listNumbers, openFileAt } from "#ffi/libc/dir.ts";
import type { Fd } from "#ffi/libc/fd.ts";
import { LinkComparer } from "#ffi/libc/link-comparer.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import type { Readable } from "./groups/group.ts";
import { mapList } from "./groups/lists.ts";
import type { Namespaces, NamespaceView } from "./groups/namespaces.ts";
import { type NamespaceFile, type NamespaceFiles, readCreator } from "./namespace-files.ts";
import { attempt, tryTextAt, withFile } from "./proc-dir.ts";
import { wordsOf } from "./proc-text.ts";
import { refuse, type Subject } from "./refusal.ts";

/** KERNEL: PROC_USER_INIT_INO, the machine's first user namespace; it has no parent. */
const FIRST_USER = 0xeffffffd;

export function readNamespaces(files: NamespaceFiles, pid: number, subject: Subject): Namespaces {
  const { others, unseen } = countSharers(files, pid);
  const list = mapList(files.list, (file): NamespaceView => ({
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
  const counts: number[] = [];
  let unseen = 0;
  const links = new LinkComparer(mapList(list, ({ type, inode }) => [type, `${type}:[${inode}]`] as const));
  const look = (process: number, weight: number): void => {
    if (!links.count(proc, `${process}/ns`, counts, weight) && exists(proc, String(process))) unseen += weight;
  };
  const kernel = readKernelThreads(proc);
  const own = rawSyscall("getpid");
  for (const one of withFile(openFileAt(proc, "."), listNumbers))
    if (one !== own && one !== pid && !kernel.includes(one)) look(one, 1);
  const threads = kernel.length - (kernel.includes(pid) ? 1 : 0);
  if (threads > 0) look(KTHREADD, threads);
  const others = new Map<NamespaceType, number>();
  for (const { type } of list) others.set(type, counts[others.size] ?? 0);
  return { others, unseen };
}

/** KERNEL: it makes all threads of the kernel, which are often most of what /proc lists and stay in its namespaces. */
const KTHREADD = 2;

/** kthreadd and its children; none where it is out of sight, or the kernel doesn't list children. */
function readKernelThreads(proc: Fd): readonly number[] {
  const threads: number[] = [];
  if (tryTextAt(proc, `${KTHREADD}/comm`) !== "kthreadd\n") return threads;
  const children = tryTextAt(proc, `${KTHREADD}/task/${KTHREADD}/children`);
  if (typeof children === "number") return threads;
  threads.push(KTHREADD);
  for (const child of wordsOf(children)) threads.push(Number(child));
  return threads;
}

/** One that has ended meanwhile is not hidden; the init never ends, and with hidepid=2 is not there for others. */
function exists(proc: Fd, name: string): boolean {
  return rawSyscall("faccessat2", proc, name, 0, 0) === 0;
}
