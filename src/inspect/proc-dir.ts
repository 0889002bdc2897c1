// /proc/PID as an open folder: whatever is read through it is of this one process, though its PID be used again.
import { openFileAt, ownerAt, readLinkAt } from "#ffi/libc/dir.ts";
import { asFd, closeFile, type Fd, openFile, readAll } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { O, openFlags } from "#ffi/uapi/fcntl.ts";
import { NsboxError } from "#src/error.ts";
import type { Readable } from "./groups/group.ts";
import { refuse, type Subject } from "./refusal.ts";

const DIRECTORY: number = openFlags(process.arch === "arm64" ? "arm64" : "x64").DIRECTORY;

/** Opens a folder to look into. Throws SyscallError. */
export function openFolder(path: string): Fd {
  return openFile(path, O.PATH | DIRECTORY);
}

const decoder: TextDecoder = new TextDecoder();
/** Most files of /proc are smaller: one place for all of them, as fresh memory costs more than reading. */
const shared: Uint8Array = new Uint8Array(new ArrayBuffer(64 * 1024));

/**
 * The content, to be used before the next call, or -errno.
 *
 * KERNEL: seq_read_iter() fills a page with records and stops before the one that doesn't fit. Less than half a page is
 * therefore all there is, but for files with records that may be larger than that.
 */
function readWhole(fd: Fd, path: string): Uint8Array | number {
  const least = LONG_RECORDS.includes(path) ? 1 : HALF_PAGE;
  let length = 0;
  while (length < shared.length) {
    const room = shared.length - length;
    const count = rawSyscall("read", fd, shared.subarray(length), room);
    if (count < 0 && count === -errnoNumber("EINTR")) continue;
    if (count < 0) return count;
    length += count;
    if (count < least && count < room) return shared.subarray(0, length);
  }
  const rest = readAll(fd);
  const whole = new Uint8Array(length + rest.length);
  whole.set(shared);
  whole.set(rest, length);
  return whole;
}

const HALF_PAGE = 2048;
const LONG_RECORDS: readonly string[] = ["mountinfo", "/proc/self/mountinfo", "net/fib_trie"];

/** The text of an open file of /proc, which was opened by this path. Throws SyscallError. */
export function readTextFrom(fd: Fd, path: string): string {
  const bytes = readWhole(fd, path);
  if (typeof bytes === "number") throw new SyscallError("read", -bytes, path);
  return decoder.decode(bytes);
}

/** The text of a file of /proc. Throws SyscallError. */
export function readTextOf(path: string): string {
  return withFile(openFile(path, O.RDONLY), (fd) => readTextFrom(fd, path));
}

/** The text of a file below a folder of /proc. Throws SyscallError. */
export function readTextAt(dir: Fd, path: string): string {
  return withFile(openFileAt(dir, path), (fd) => readTextFrom(fd, path));
}

/** Uses an open file, then closes it. */
export function withFile<T>(fd: Fd, use: (fd: Fd) => T): T {
  try {
    return use(fd);
  } finally {
    closeFile(fd);
  }
}

/** The text of a file that may well not be there, or not be readable: -errno then, and no error is made. */
export function tryTextAt(dir: Fd, path: string): string | number {
  const fd = rawSyscall("openat", dir, path, O.RDONLY | O.CLOEXEC, 0);
  if (fd < 0) return fd;
  try {
    const bytes = readWhole(asFd(fd), path);
    return typeof bytes === "number" ? bytes : decoder.decode(bytes);
  } catch (error) {
    if (error instanceof SyscallError) return -error.errno;
    throw error;
  } finally {
    closeFile(asFd(fd));
  }
}

/** The value, or a refusal if a system call failed. */
export function attempt<T>(subject: Subject, read: () => T, what?: string): Readable<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof SyscallError) return refuse(error.errno, subject, what);
    throw error;
  }
}

export class ProcDir implements Disposable {
  readonly pid: number;
  readonly fd: Fd;

  /** Throws NsboxError ESPEC if there is no such process. */
  constructor(pid: number) {
    this.pid = pid;
    try {
      this.fd = openFolder(`/proc/${pid}`);
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      throw missing(pid, cause);
    }
  }

  /** Throws SyscallError. */
  text(name: string): string {
    return readTextAt(this.fd, name);
  }

  /** The text, or a refusal. */
  readable(name: string, subject: Subject): Readable<string> {
    const text = tryTextAt(this.fd, name);
    return typeof text === "string" ? { value: text } : refuse(-text, subject);
  }

  /** Throws SyscallError. */
  link(name: string): string {
    return readLinkAt(this.fd, name);
  }

  /** Throws SyscallError. */
  list(name: string): Fd {
    return openFileAt(this.fd, name, O.RDONLY | DIRECTORY);
  }

  owner(): number | undefined {
    return ownerAt(this.fd, "");
  }

  /** Throws NsboxError ESPEC where the process has ended since it was opened: nothing is below its folder then. */
  checkAlive(): void {
    const result = rawSyscall("faccessat", this.fd, "stat", 0);
    if (result < 0) throw ended(this.pid, new SyscallError("faccessat", -result, "stat"));
  }

  [Symbol.dispose](): void {
    closeFile(this.fd);
  }
}

function missing(pid: number, cause: SyscallError): NsboxError {
  const hint = "ps ax lists PIDs; what is seen inside a box has another PID out here";
  const hidden = isHidden() ? ", or /proc hides it (hidepid)" : "";
  const message = `Cannot inspect ${pid}: no process has this PID${hidden}`;
  return new NsboxError("ESPEC", message, { hint, cause });
}

/** KERNEL: with hidepid=2 even the init's folder can't be found, see proc(5). */
function isHidden(): boolean {
  try {
    closeFile(openFolder("/proc/1"));
    return false;
  } catch (error) {
    if (error instanceof SyscallError) return true;
    throw error;
  }
}

/** The error that says so. */
export function ended(pid: number, cause?: unknown): NsboxError {
  return new NsboxError("ESPEC", `Cannot inspect ${pid}: the process ended while it was read`, {
    hint: "whether its PID is in use again, ps ax tells",
    cause,
  });
}
