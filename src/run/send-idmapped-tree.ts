// A root folder that belongs to other ids, given to a box whose ids it then has; see mount_setattr(2), ID-mapped mounts.
import { closeFile, type Fd, openFile } from "#ffi/libc/fd.ts";
import { sendFd } from "#ffi/libc/send-fd.ts";
import { syscall, SyscallError } from "#ffi/libc/syscall.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { MOUNT_ATTR, MOUNT_ATTR_STRUCT, OPEN_TREE } from "#ffi/uapi/mount.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { findHint } from "#src/hints.ts";

/** Only who has privilege over the file system may do this, so the launcher does it. Throws NsboxError. */
export function sendIdmappedTree(pid: number, source: string, socket: Fd): void {
  const open: Fd[] = [];
  try {
    const userns = openFile(`/proc/${pid}/ns/user`, O.RDONLY);
    open.push(userns);
    const flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC;
    const tree = syscall(source, "open_tree", AT.FDCWD, source, flags) as Fd; // what open_tree(2) gives
    open.push(tree);
    const { IDMAP, NOSUID, NODEV } = MOUNT_ATTR;
    const attr = MOUNT_ATTR_STRUCT.pack({ attr_set: IDMAP | NOSUID | NODEV, userns_fd: userns });
    syscall(source, "mount_setattr", tree, "", AT.EMPTY_PATH, attr, attr.length);
    sendFd(socket, tree);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const { syscall: name, errno } = cause;
    throw new NsboxError(
      "ESETUP",
      `Cannot map the ids of ${JSON.stringify(source)}: ${name} gave ${explainErrno(errno)}`,
      {
        syscall: name,
        errno,
        hint: findHint({ syscall: name, errno, kind: "idmap-tree", operand: source }),
        cause,
      },
    );
  } finally {
    for (const fd of open) closeFile(fd);
  }
}
