// A file within an open folder, and what stands there: opened without following a link, so that nobody can bend the way.
import { asFd, type Fd } from "#ffi/libc/fd.ts";
import { rawSyscall, syscall, SyscallError } from "#ffi/libc/syscall.ts";
import { AT, O, type OpenFlags, openFlags } from "#ffi/uapi/fcntl.ts";

const FLAGS: OpenFlags = openFlags(process.arch === "arm64" ? "arm64" : "x64");
const PATH_MAX = 4096;
/** Without set-user-ID, set-group-ID and sticky: what comes out of a box must not bring privileges along. */
const MODE_MASK = 0o777;

/** A name in an open folder. */
export interface Place {
  readonly folder: Fd;
  readonly name: string;
}

export type PlaceKind = "dir" | "file" | "symlink" | "other";

const S_IFMT = 0o170000;
const KINDS: Readonly<Record<number, PlaceKind>> = { 0o040000: "dir", 0o100000: "file", 0o120000: "symlink" };
const STATX = { bytes: 256, mode: 28, size: 40, mtime: 112, basic: 0x7ff } as const;

export interface PlaceStat {
  readonly kind: PlaceKind;
  readonly mode: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/** What an open file is, see statx(2). */
export function statOf(file: Fd): PlaceStat {
  const bytes = new Uint8Array(STATX.bytes);
  syscall("an open file", "statx", file, "", AT.EMPTY_PATH, STATX.basic, bytes);
  const view = new DataView(bytes.buffer);
  const mode = view.getUint16(STATX.mode, true);
  return {
    kind: KINDS[mode & S_IFMT] ?? "other",
    mode: mode & MODE_MASK,
    size: Number(view.getBigUint64(STATX.size, true)),
    mtime: Number(view.getBigInt64(STATX.mtime, true)),
  };
}

/** Opens without following a link, and without any effect on what is there. */
export function openPlace({ folder, name }: Place): Fd {
  return asFd(syscall(name, "openat", folder, name, O.PATH | FLAGS.NOFOLLOW | O.CLOEXEC));
}

/** The same file, opened for reading: through the magic link, so that it is the same. */
export function reopen(file: Fd): Fd {
  const path = `/proc/self/fd/${file}`;
  return asFd(syscall(path, "openat", AT.FDCWD, path, O.RDONLY | O.CLOEXEC));
}

/** Where an open link leads. */
export function linkOf(file: Fd, name: string): string {
  const bytes = new Uint8Array(PATH_MAX);
  const length = syscall(name, "readlinkat", file, "", bytes, bytes.length);
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** A folder that is there, or is made; true if it was made. Close it. */
export function makeFolder({ folder, name }: Place, mode: number): { readonly opened: Fd; readonly made: boolean } {
  const EEXIST = 17;
  const result = rawSyscall("mkdirat", folder, name, mode);
  if (result < 0 && result !== -EEXIST) throw new SyscallError("mkdirat", -result, name);
  const flags = O.RDONLY | FLAGS.DIRECTORY | FLAGS.NOFOLLOW | O.CLOEXEC;
  return { opened: asFd(syscall(name, "openat", folder, name, flags)), made: result === 0 };
}

/** A file to be written anew; whatever else has its name is not touched. */
export function openForWriting({ folder, name }: Place): Fd {
  const flags = O.WRONLY | O.CREAT | O.TRUNC | FLAGS.NOFOLLOW | O.CLOEXEC | O.NONBLOCK;
  return asFd(syscall(name, "openat", folder, name, flags, 0o600));
}

/** A link in the place of whatever file had its name. */
export function makeLink({ folder, name }: Place, link: string): void {
  rawSyscall("unlinkat", folder, name, 0);
  syscall(name, "symlinkat", link, folder, name);
}
