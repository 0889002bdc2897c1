// Files by descriptor: the few calls that the way to a box needs, without node:fs, which costs over a millisecond.
import { AT, F, O } from "#ffi/uapi/fcntl.ts";
import { MFD } from "#ffi/uapi/mman.ts";
import { rawSyscall, syscall } from "./syscall.ts";

/** An open file of this process. */
export type Fd = number & { readonly brand: "Fd" };

/** A number that the kernel has just given as a descriptor. */
export function asFd(number: number): Fd {
  return number as Fd; // the only place where a number becomes an Fd
}

/** Opens close-on-exec, see open(2). Throws SyscallError. */
export function openFile(path: string, flags: number, mode = 0): Fd {
  return asFd(syscall(path, "openat", AT.FDCWD, path, flags | O.CLOEXEC, mode));
}

/** Closes, see close(2); an error is ignored, as the descriptor is gone in any case. */
export function closeFile(fd: Fd): void {
  rawSyscall("close", fd);
}

/** Up to `bytes.length` bytes; 0 at the end. Throws SyscallError. */
export function readInto(fd: Fd, bytes: Uint8Array): number {
  for (;;) {
    const count = rawSyscall("read", fd, bytes, bytes.length);
    if (count !== -EINTR) return count >= 0 ? count : syscall(`descriptor ${fd}`, "read", fd, bytes, bytes.length);
  }
}

const EINTR = 4;
const CHUNK = 16 * 1024;

/** A whole file as text: /proc files and small configuration. Throws SyscallError. */
export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

/** A whole file. Throws SyscallError. */
export function readBytes(path: string): Uint8Array {
  const fd = openFile(path, O.RDONLY);
  try {
    return readAll(fd);
  } finally {
    closeFile(fd);
  }
}

/** All that is left to read; `expected` bytes or more. Throws SyscallError. */
export function readAll(fd: Fd, expected: number = CHUNK): Uint8Array {
  let bytes = new Uint8Array(expected);
  let length = 0;
  for (;;) {
    const count = readInto(fd, bytes.subarray(length));
    if (count === 0) return bytes.subarray(0, length);
    length += count;
    if (length < bytes.length) continue;
    const larger = new Uint8Array(bytes.length * 2);
    larger.set(bytes);
    bytes = larger;
  }
}

/** Writes all of it, see write(2). Throws SyscallError. */
export function writeAll(fd: Fd, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    const count = rawSyscall("write", fd, bytes.subarray(done), bytes.length - done);
    if (count === -EINTR) continue;
    if (count < 0) syscall(`descriptor ${fd}`, "write", fd, bytes.subarray(done), bytes.length - done);
    done += Math.max(count, 0);
  }
}

/** Opens, writes in one call, closes. Throws SyscallError. */
export function writeText(path: string, text: string): void {
  const fd = openFile(path, O.WRONLY);
  try {
    const bytes = new TextEncoder().encode(text);
    syscall(path, "write", fd, bytes, bytes.length);
  } finally {
    closeFile(fd);
  }
}

/** Both ends of a pipe, close-on-exec. Throws SyscallError. */
export function openPipe(): { readonly reader: Fd; readonly writer: Fd } {
  return pair((bytes) => syscall("", "pipe2", bytes, O.CLOEXEC));
}

/** Both ends of a Unix socket pair, close-on-exec. Throws SyscallError. */
export function openSocketPair(): { readonly reader: Fd; readonly writer: Fd } {
  return pair((bytes) => syscall("", "socketpair", 1, 1 | O.CLOEXEC, 0, bytes)); // AF_UNIX, SOCK_STREAM
}

function pair(open: (bytes: Uint8Array) => number): { readonly reader: Fd; readonly writer: Fd } {
  const ends = new Int32Array(2);
  open(new Uint8Array(ends.buffer));
  return { reader: asFd(ends[0] ?? -1), writer: asFd(ends[1] ?? -1) };
}

// KERNEL: F_SEAL_SEAL|SHRINK|GROW|WRITE; nothing can change the file any more.
const ALL_SEALS = 0xf;
const EINVAL = 22;

/** An empty executable file in memory, see memfd_create(2). Throws SyscallError. */
export function openMemfd(name: string): Fd {
  const flags = MFD.CLOEXEC | MFD.ALLOW_SEALING;
  // KERNEL: MFD_EXEC is since 6.3, and required where vm.memfd_noexec is 1.
  let number = rawSyscall("memfd_create", name, flags | MFD.EXEC);
  if (number === -EINVAL) number = rawSyscall("memfd_create", name, flags);
  return asFd(number >= 0 ? number : syscall(name, "memfd_create", name, flags));
}

/** Writes a memfd's content; from then on nobody can change it. Throws SyscallError. */
export function fillAndSeal(memfd: Fd, content: Uint8Array): void {
  writeAll(memfd, content);
  syscall("memfd", "fcntl", memfd, F.ADD_SEALS, ALL_SEALS);
}
