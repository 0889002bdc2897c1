// The namespaces of a process as open files, to ask the kernel about them and to enter them; see ioctl_ns(2).
import { inodeAt, openFileAt } from "#ffi/libc/dir.ts";
import { asFd, closeFile, type Fd } from "#ffi/libc/fd.ts";
import { rawSyscall, syscall, SyscallError } from "#ffi/libc/syscall.ts";
import { NS } from "#ffi/uapi/ioctl.ts";
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import { openFolder, type ProcDir } from "./proc-dir.ts";

/** One namespace of the process. */
export interface NamespaceFile {
  readonly type: NamespaceType;
  readonly fd: Fd;
  readonly inode: number;
  readonly yours: boolean;
  /** The user namespace that owns it, or a user namespace's parent; else the errno. */
  readonly owner: { readonly fd: Fd; readonly inode: number } | { readonly errno: number };
}

export class NamespaceFiles implements Disposable {
  readonly #proc: Fd = openFolder("/proc");
  readonly list: readonly NamespaceFile[];
  readonly yourUser: number;

  /** Throws SyscallError where they may not be seen. */
  constructor(dir: ProcDir) {
    const opened: NamespaceFile[] = [];
    this.list = opened;
    this.yourUser = inodeAt(this.#proc, "self/ns/user");
    try {
      for (const type of NAMESPACE_TYPES) {
        const file = this.#open(dir, type);
        if (file !== undefined) opened.push(file);
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Undefined where the kernel hasn't got this type. */
  #open(dir: ProcDir, type: NamespaceType): NamespaceFile | undefined {
    let fd: Fd;
    try {
      fd = openFileAt(dir.fd, `ns/${type}`);
    } catch (error) {
      if (error instanceof SyscallError && error.is("ENOENT") && type !== "user") return undefined;
      throw error;
    }
    const inode = inodeAt(fd, "");
    const owner = rawSyscall("ioctl", fd, NS.GET_USERNS, 0);
    return {
      type,
      fd,
      inode,
      yours: inodeAt(this.#proc, `self/ns/${type}`) === inode,
      owner: owner < 0 ? { errno: -owner } : { fd: asFd(owner), inode: inodeAt(asFd(owner), "") },
    };
  }

  get(type: NamespaceType): NamespaceFile | undefined {
    for (const file of this.list) if (file.type === type) return file;
    return undefined;
  }

  /** Folder of /proc. */
  get proc(): Fd {
    return this.#proc;
  }

  [Symbol.dispose](): void {
    for (const { fd, owner } of this.list) {
      closeFile(fd);
      if ("fd" in owner) closeFile(owner.fd);
    }
    closeFile(this.#proc);
  }
}

/** Who made a user namespace, as you see him. Throws SyscallError. */
export function readCreator(user: Fd): number {
  const uid = new Uint8Array(4);
  syscall("user namespace", "ioctl", user, NS.GET_OWNER_UID, uid);
  return new DataView(uid.buffer).getUint32(0, true);
}
