// linux/fcntl.h, linux/openat2.h and linux/close_range.h: open(2), openat2(2), fcntl(2) and the *at calls.
import { defineStruct, type Struct } from "./struct.ts";

/** Flags of open(2) that x86-64 and arm64 share; for the others see openFlags(). */
export const O = {
  RDONLY: 0x0,
  WRONLY: 0x1,
  RDWR: 0x2,
  CREAT: 0x40,
  EXCL: 0x80,
  NOCTTY: 0x100,
  TRUNC: 0x200,
  APPEND: 0x400,
  NONBLOCK: 0x800,
  DSYNC: 0x1000,
  NOATIME: 0x40000,
  CLOEXEC: 0x80000,
  SYNC: 0x101000,
  PATH: 0x200000,
} as const;

/** Flags of open(2) whose bits depend on the machine. */
export interface OpenFlags {
  readonly DIRECTORY: number;
  readonly NOFOLLOW: number;
  readonly DIRECT: number;
  readonly LARGEFILE: number;
  readonly TMPFILE: number;
}

// KERNEL: arm64 took over the order of 32-bit ARM, see asm/fcntl.h. O_TMPFILE holds O_DIRECTORY.
const OPEN_FLAGS: Readonly<Record<"x64" | "arm64", OpenFlags>> = {
  x64: { DIRECTORY: 0x10000, NOFOLLOW: 0x20000, DIRECT: 0x4000, LARGEFILE: 0x8000, TMPFILE: 0x410000 },
  arm64: { DIRECTORY: 0x4000, NOFOLLOW: 0x8000, DIRECT: 0x10000, LARGEFILE: 0x20000, TMPFILE: 0x404000 },
};

/** The flags of open(2) that this machine numbers in its own way. */
export function openFlags(arch: "x64" | "arm64"): OpenFlags {
  return OPEN_FLAGS[arch];
}

/** The folder and the flags that the *at calls take. REMOVEDIR and EACCESS share a bit. */
export const AT = {
  FDCWD: -100,
  SYMLINK_NOFOLLOW: 0x100,
  REMOVEDIR: 0x200,
  EACCESS: 0x200,
  SYMLINK_FOLLOW: 0x400,
  NO_AUTOMOUNT: 0x800,
  EMPTY_PATH: 0x1000,
  STATX_FORCE_SYNC: 0x2000,
  STATX_DONT_SYNC: 0x4000,
  RECURSIVE: 0x8000,
  EXECVE_CHECK: 0x10000, // since 6.14
} as const;

/** O_ASYNC: SIGIO to who F_SETOWN names, whenever there is something to read. The kernel's headers call it so. */
export const FASYNC = 0x2000;

/** Commands of fcntl(2). */
export const F = {
  DUPFD: 0,
  GETFD: 1,
  SETFD: 2,
  GETFL: 3,
  SETFL: 4,
  GETLK: 5,
  SETLK: 6,
  SETLKW: 7,
  SETOWN: 8,
  OFD_GETLK: 36,
  OFD_SETLK: 37,
  OFD_SETLKW: 38,
  DUPFD_QUERY: 1027, // since 6.10
  DUPFD_CLOEXEC: 1030,
  SETPIPE_SZ: 1031,
  GETPIPE_SZ: 1032,
  ADD_SEALS: 1033,
  GET_SEALS: 1034,
} as const;

/** The only flag of F_SETFD. */
export const FD_CLOEXEC = 0x1;

/** Where lseek(2) counts from; DATA: the next byte that is no hole. */
export const SEEK = { SET: 0, CUR: 1, END: 2, DATA: 3, HOLE: 4 } as const;

/** Modes of fallocate(2). */
export const FALLOC = { KEEP_SIZE: 0x1, PUNCH_HOLE: 0x2 } as const;

/** Flags of splice(2). */
export const SPLICE = { MOVE: 0x1, NONBLOCK: 0x2, MORE: 0x4 } as const;

/** Seals of F_ADD_SEALS, see memfd_create(2). */
export const F_SEAL = {
  SEAL: 0x1,
  SHRINK: 0x2,
  GROW: 0x4,
  WRITE: 0x8,
  FUTURE_WRITE: 0x10, // since 5.1
  EXEC: 0x20, // since 6.3
} as const;

/** How openat2(2) walks a path. */
export const RESOLVE = {
  NO_XDEV: 0x1,
  NO_MAGICLINKS: 0x2,
  NO_SYMLINKS: 0x4,
  BENEATH: 0x8,
  IN_ROOT: 0x10,
  CACHED: 0x20, // since 5.12
} as const;

const OPEN_HOW_FIELDS = [
  ["flags", "u64"],
  ["mode", "u64"],
  ["resolve", "u64"],
] as const;

/** `struct open_how` of openat2(2). */
export const OPEN_HOW: Struct<(typeof OPEN_HOW_FIELDS)[number][0]> = defineStruct(OPEN_HOW_FIELDS);

/** Operations of flock(2). */
export const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;

/** Flags of close_range(2). */
export const CLOSE_RANGE = {
  UNSHARE: 0x2, // since 5.9
  CLOEXEC: 0x4, // since 5.11
} as const;

/** Type bits of a regular file in st_mode, see inode(7). */
export const S_IFREG = 0o100000;
