// Thousands of small reads below one folder, /proc: buffers and their addresses are made once, a failure is a number.
// For everything else there is syscall().
import { ptr, read } from "bun:ffi";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { type SyscallName, syscallNumber } from "#ffi/uapi/syscalls.ts";
import { libc, type LibcSymbols } from "./symbols.ts";

const ARCH: "x64" | "arm64" = process.arch === "arm64" ? "arm64" : "x64";

const BUFFER_BYTES = 64 * 1024;
const NAME_BYTES = 4096;
const STATX_BYTES = 256;

/** What statx(2) tells of an open file. */
export interface FileIdentity {
  readonly inode: number;
  readonly uid: number;
}

/** Reads files, links and folders by name below an open folder. Every number below 0 is a -errno. */
export class FolderScanner {
  readonly #libc: LibcSymbols = libc();
  // SAFETY: of an ArrayBuffer from the start: a small typed array moves when its `buffer` is asked for.
  readonly #name: Uint8Array = new Uint8Array(new ArrayBuffer(NAME_BYTES));
  readonly #bytes: Uint8Array = new Uint8Array(new ArrayBuffer(BUFFER_BYTES));
  readonly #status: Uint8Array = new Uint8Array(new ArrayBuffer(STATX_BYTES));
  // SAFETY: the three buffers live as long as this object, and do not move.
  readonly #nameAt: number = ptr(this.#name);
  readonly #bytesAt: number = ptr(this.#bytes);
  readonly #statusAt: number = ptr(this.#status);
  readonly #view: DataView = new DataView(this.#bytes.buffer);
  readonly #statusView: DataView = new DataView(this.#status.buffer);
  readonly #decoder: TextDecoder = new TextDecoder();
  readonly #encoder: TextEncoder = new TextEncoder();
  readonly #numbers: Map<SyscallName, number> = new Map();

  /** A descriptor, or -errno. Close-on-exec. */
  open(folder: number, name: string, flags: number): number {
    this.#setName(name);
    return this.#call("openat", folder, this.#nameAt, flags | O.CLOEXEC, 0);
  }

  close(fd: number): void {
    this.#call("close", fd, 0, 0, 0);
  }

  /** The target of a link, or -errno. */
  link(folder: number, name: string): string | number {
    const length = this.#readLink(folder, name);
    return length < 0 ? length : this.#decoder.decode(this.#bytes.subarray(0, length));
  }

  /** The number N of a link to "type:[N]"; -errno, or 0 where the link is another. */
  linkNumber(folder: number, name: string): number {
    const length = this.#readLink(folder, name);
    if (length < 0) return length;
    let number = 0;
    for (let at = this.#bytes.indexOf(BRACKET) + 1; at > 0 && at < length - 1; at++)
      number = number * 10 + (this.#bytes[at] ?? 0) - ZERO;
    return number;
  }

  /** What one read(2) of up to `limit` bytes gives of a file of /proc, as text, or -errno: all of it, if it fits. */
  text(folder: number, name: string, limit: number): string | number {
    const fd = this.open(folder, name, O.RDONLY);
    if (fd < 0) return fd;
    const length = this.#call("read", fd, this.#bytesAt, Math.min(limit, BUFFER_BYTES), 0);
    this.close(fd);
    return length < 0 ? length : this.#decoder.decode(this.#bytes.subarray(0, length));
  }

  /** A whole file as text, however long, or -errno. */
  wholeText(folder: number, name: string): string | number {
    const fd = this.open(folder, name, O.RDONLY);
    if (fd < 0) return fd;
    let text = "";
    let count = 0;
    for (;;) {
      count = this.#call("read", fd, this.#bytesAt, BUFFER_BYTES, 0);
      if (count <= 0) break;
      text += this.#decoder.decode(this.#bytes.subarray(0, count), { stream: true });
    }
    this.close(fd);
    text += this.#decoder.decode();
    return count < 0 && text === "" ? count : text;
  }

  /** The names in an open folder that are numbers. */
  numbers(folder: number): readonly number[] {
    const found: number[] = [];
    for (;;) {
      const length = this.#call("getdents64", folder, this.#bytesAt, BUFFER_BYTES, 0);
      if (length <= 0) return found;
      for (let at = 0; at < length; at += this.#view.getUint16(at + RECLEN, true)) {
        const number = this.#numberAt(at + NAME);
        if (number >= 0) found.push(number);
      }
    }
  }

  /** Inode and owner of an open file; undefined where the kernel refuses. */
  identity(fd: number): FileIdentity | undefined {
    this.#name[0] = 0;
    const mask = 0x108; // STATX_UID, STATX_INO
    const result = this.#call("statx", fd, this.#nameAt, AT.EMPTY_PATH, mask, this.#statusAt);
    if (result < 0) return undefined;
    return { uid: this.#statusView.getUint32(20, true), inode: Number(this.#statusView.getBigUint64(32, true)) };
  }

  /** True for a file of nsfs, which only namespaces have; see fstatfs(2). */
  isNamespace(fd: number): boolean {
    return this.#call("fstatfs", fd, this.#bytesAt, 0, 0) === 0 && this.#view.getUint32(0, true) === NSFS_MAGIC;
  }

  /** ioctl(2) without an argument: its result, or -errno. */
  request(fd: number, request: number): number {
    return this.#call("ioctl", fd, request, 0, 0);
  }

  /** ioctl(2) that stores a 32-bit number; undefined where the kernel refuses. */
  requestNumber(fd: number, request: number): number | undefined {
    return this.#call("ioctl", fd, request, this.#bytesAt, 0) < 0 ? undefined : this.#view.getUint32(0, true);
  }

  #readLink(folder: number, name: string): number {
    this.#setName(name);
    return this.#call("readlinkat", folder, this.#nameAt, this.#bytesAt, NAME_BYTES);
  }

  /** A path that is too long is cut by one byte more than the kernel takes: it answers ENAMETOOLONG. */
  #setName(name: string): void {
    const { written } = this.#encoder.encodeInto(name, this.#name);
    if (written < NAME_BYTES) this.#name[written] = 0;
  }

  #numberAt(start: number): number {
    let number = 0;
    for (let at = start; this.#bytes[at] !== 0; at++) {
      const digit = (this.#bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return -1;
      number = number * 10 + digit;
    }
    return number;
  }

  #call(name: SyscallName, a0: number, a1: number, a2: number, a3: number, a4 = 0): number {
    let nr = this.#numbers.get(name);
    if (nr === undefined) {
      nr = syscallNumber(ARCH, name);
      this.#numbers.set(name, nr);
    }
    const result = this.#libc.syscall(nr, a0, a1, a2, a3, a4, 0);
    if (result !== -1) return result;
    const where = this.#libc.__errno_location();
    // SAFETY: __errno_location points to this thread's errno, valid as long as the thread.
    return -read.i32(where as Parameters<typeof read.i32>[0], 0); // a Pointer is a number with a brand
  }
}

// linux/magic.h
const NSFS_MAGIC = 0x6e736673;
const ZERO = 0x30;
const BRACKET = 0x5b;
// struct linux_dirent64, see getdents64(2).
const RECLEN = 16;
const NAME = 19;
