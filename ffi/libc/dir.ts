// Folders by descriptor: what is opened below one is of that folder, whatever happens to its path meanwhile.
import { type Fd, asFd } from "./fd.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { rawSyscall, syscall } from "./syscall.ts";

/** Opens a path below a folder, close-on-exec, see openat(2). Throws SyscallError. */
export function openFileAt(dir: Fd, path: string, flags: number = O.RDONLY): Fd {
  return asFd(syscall(path, "openat", dir, path, flags | O.CLOEXEC, 0));
}

/** One place for all links: they are many, and fresh memory costs more than reading them. */
const link: Uint8Array = new Uint8Array(new ArrayBuffer(4096));
const decoder: TextDecoder = new TextDecoder();

/** What a symbolic link says, see readlinkat(2). Throws SyscallError. */
export function readLinkAt(dir: Fd, path: string): string {
  return decoder.decode(link.subarray(0, syscall(path, "readlinkat", dir, path, link, link.length)));
}

const ENTRIES_BYTES = 32 * 1024;
const NAME_OFFSET = 19; // of struct linux_dirent64: u64 ino, i64 off, u16 reclen, u8 type, then the name

/** The names in an open folder but for "." and "..", see getdents64(2). Throws SyscallError. */
export function listFolder(dir: Fd): readonly string[] {
  const names: string[] = [];
  eachName(dir, (bytes, start) => {
    const name = decoder.decode(bytes.subarray(start, bytes.indexOf(0, start)));
    if (name !== "." && name !== "..") names.push(name);
  });
  return names;
}

/** The names in an open folder that are numbers: in /proc the processes. Throws SyscallError. */
export function listNumbers(dir: Fd): readonly number[] {
  const numbers: number[] = [];
  eachName(dir, (bytes, start) => {
    let number = 0;
    for (let at = start; bytes[at] !== 0; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return;
      number = number * 10 + digit;
    }
    numbers.push(number);
  });
  return numbers;
}

const ZERO = 0x30;

/** Where each name begins that getdents64(2) tells; a NUL ends it. */
function eachName(dir: Fd, see: (bytes: Uint8Array, start: number) => void): void {
  for (;;) {
    const length = syscall(`descriptor ${dir}`, "getdents64", dir, entries, entries.length);
    if (length === 0) return;
    for (let at = 0; at < length; at += (entries[at + 16] ?? 0) | ((entries[at + 17] ?? 0) << 8))
      see(entries, at + NAME_OFFSET);
  }
}

/** One place for all folders, as for links; nothing that sees a name lists another folder. */
const entries: Uint8Array = new Uint8Array(new ArrayBuffer(ENTRIES_BYTES));

/** Owner of what is open or, with a path, of what stands there, see statx(2); undefined where that may not be known. */
export function ownerAt(dir: Fd, path: string): number | undefined {
  const STATX_UID = 0x8;
  const AT_EMPTY_PATH = 0x1000;
  const bytes = new Uint8Array(256);
  if (rawSyscall("statx", dir, path, AT_EMPTY_PATH, STATX_UID, bytes) < 0) return undefined;
  return new DataView(bytes.buffer).getUint32(20, true);
}

/** Inode of what is open or, with a path, of what stands there, links followed, see stat(2). Throws SyscallError. */
export function inodeAt(dir: Fd, path: string): number {
  const AT_EMPTY_PATH = 0x1000;
  syscall(path, "newfstatat", dir, path, stat, AT_EMPTY_PATH);
  // KERNEL: struct stat begins with two words on every machine of 64 bits: device, inode.
  return statView.getUint32(8, true) + statView.getUint32(12, true) * 2 ** 32;
}

const stat: Uint8Array = new Uint8Array(new ArrayBuffer(256));
const statView: DataView = new DataView(stat.buffer);
