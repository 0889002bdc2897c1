// System V objects and POSIX message queues of an IPC namespace: who opens /proc/sysvipc sees his own, and so does who
// mounts an mqueue file system. The helper opens them inside, and leaves a mount that is attached nowhere.
import { listFolder, openFileAt } from "#ffi/libc/dir.ts";
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { type Call, call, memory, type MemoryArg, result } from "#ffi/tape/call.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { FSCONFIG, FSMOUNT, FSOPEN } from "#ffi/uapi/mount.ts";
import { NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { afterVisit, savedFile, type Visit } from "./visit.ts";
import { mapList } from "./groups/lists.ts";
import type { Readable } from "./groups/group.ts";
import { type Ipc, parseQueueBytes, parseSysv, type PosixQueue, SYSV_FILES, type SysvObject } from "./groups/ipc.ts";
import type { NamespaceFiles } from "./namespace-files.ts";
import { attempt, readTextAt, readTextFrom, withFile } from "./proc-dir.ts";
import { refuse, type Subject } from "./refusal.ts";
import type { Peeked } from "#src/run/peek.ts";

type SysvName = keyof typeof SYSV_FILES;
// The keys of an object literal, which Object.keys() types as string.
const SYSV_NAMES: readonly SysvName[] = Object.keys(SYSV_FILES) as SysvName[];

const DONE: string = afterVisit("ipc");

/** What the helper saves: for each file of /proc/sysvipc, the file system's context, and the mount; a file or an errno. */
const saved = (name: string): MemoryArg => memory(name, 8);

const sysvCalls: readonly Call[] = mapList(SYSV_NAMES, (name) =>
  call("openat", [AT.FDCWD, `/proc/sysvipc/${name}`, O.RDONLY | O.CLOEXEC], {
    save: saved(name),
    fail: DONE,
    cases: [{ equals: "ENOENT", then: "next" }],
  }),
);

/** A mount that is attached nowhere, and goes with the file that it is. The words go where the results are needed. */
const queueCalls: readonly Call[] = [
  call("fsopen", ["mqueue", FSOPEN.CLOEXEC], { fail: DONE, save: saved("context") }),
  call("load", [saved("context"), 0], { label: "to create" }),
  call("fsconfig", [result("to create"), FSCONFIG.CMD_CREATE, 0, 0, 0], { fail: DONE, save: saved("mount") }),
  call("load", [saved("context"), 0], { label: "to mount" }),
  call("fsmount", [result("to mount"), FSMOUNT.CLOEXEC, 0], { fail: DONE, save: saved("mount") }),
];

/** Who has no privilege over the mount namespace that he is in can mount nothing: that is entered too. */
function enterMounts(files: NamespaceFiles | undefined): readonly Call[] {
  const [ipc, mnt] = [files?.get("ipc"), files?.get("mnt")];
  if (ipc === undefined || mnt === undefined || ipc.yours || mnt.yours) return [];
  if (!("inode" in ipc.owner && "inode" in mnt.owner) || ipc.owner.inode !== mnt.owner.inode) return [];
  return [call("setns", [mnt.fd, NAMESPACE_FLAGS.mnt], { fail: DONE, save: saved("context") })];
}

/** The last of all visits: it may end in another mount namespace. */
export function ipcVisit(files: NamespaceFiles | undefined): Visit {
  return { type: "ipc", calls: [...sysvCalls, ...enterMounts(files), ...queueCalls] };
}

/** `visit` is what became of ipcVisit(). */
export function readIpc(visit: Readable<Peeked>, subject: Subject): Ipc {
  if (!("value" in visit)) return { sysv: visit, queues: visit };
  return { sysv: readSysv(visit.value, subject), queues: readQueues(visit.value, subject) };
}

function readSysv(peeked: Peeked, subject: Subject): Readable<readonly SysvObject[]> {
  const objects: SysvObject[] = [];
  let refusal: Readable<never> | undefined;
  for (const name of SYSV_NAMES) {
    const file = savedFile(peeked, name);
    if ("errno" in file) refusal = refuse(file.errno, subject);
    else
      objects.push(
        ...parseSysv(
          name,
          withFile(file.fd, (fd) => readTextFrom(fd, name)),
        ),
      );
  }
  return refusal ?? { value: objects };
}

function readQueues(peeked: Peeked, subject: Subject): Readable<readonly PosixQueue[]> {
  const context = savedFile(peeked, "context");
  const what = "seeing them takes mounting a file system of queues";
  if ("errno" in context) return refuse(context.errno, subject, what);
  closeFile(context.fd);
  const mount = savedFile(peeked, "mount");
  if ("errno" in mount) return refuse(mount.errno, subject, what);
  return withFile(mount.fd, (root) => attempt(subject, () => listQueues(root, subject)));
}

function listQueues(root: Fd, subject: Subject): readonly PosixQueue[] {
  const names = withFile(openFileAt(root, "."), listFolder);
  return mapList(names, (name) => ({
    name,
    bytes: attempt(subject, () => parseQueueBytes(readTextAt(root, name)), "the queue's permissions keep you out"),
  }));
}
