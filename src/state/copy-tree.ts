// Copies files between the host and a box. Nothing goes by a path that the box could bend meanwhile: every step is
// relative to an open folder, follows no link, and looks at what it has opened, not at what a name stood for.
import { readdirSync } from "node:fs";
import { asFd, closeFile, type Fd, readInto, writeAll } from "#ffi/libc/fd.ts";
import { rawSyscall, syscall, SyscallError } from "#ffi/libc/syscall.ts";
import { AT, O, type OpenFlags, openFlags } from "#ffi/uapi/fcntl.ts";

const FLAGS: OpenFlags = openFlags(process.arch === "arm64" ? "arm64" : "x64");
const CHUNK = 256 * 1024;
const PATH_MAX = 4096;
/** Without set-user-ID, set-group-ID and sticky: what comes out of a box must not bring privileges along. */
const MODE_MASK = 0o777;

/** A name in an open folder. */
export interface Place {
  readonly folder: Fd;
  readonly name: string;
}

/** What was copied, and what could not be: devices, sockets, pipes. */
export interface Copied {
  files: number;
  readonly skipped: string[];
}

type Kind = "dir" | "file" | "symlink" | "other";

const S_IFMT = 0o170000;
const KINDS: Readonly<Record<number, Kind>> = { 0o040000: "dir", 0o100000: "file", 0o120000: "symlink" };
const STATX = { bytes: 256, mode: 28, basic: 0x7ff } as const;

/** Kind and permissions of an open file, see statx(2). */
function statOf(file: Fd): { readonly kind: Kind; readonly mode: number } {
  const bytes = new Uint8Array(STATX.bytes);
  syscall("an open file", "statx", file, "", AT.EMPTY_PATH, STATX.basic, bytes);
  const mode = new DataView(bytes.buffer).getUint16(STATX.mode, true);
  return { kind: KINDS[mode & S_IFMT] ?? "other", mode: mode & MODE_MASK };
}

/** Opens without following a link, and without any effect on what is there. */
function openPlace({ folder, name }: Place): Fd {
  return asFd(syscall(name, "openat", folder, name, O.PATH | FLAGS.NOFOLLOW | O.CLOEXEC));
}

/** Copies a file, link or folder with all that is in it. Throws SyscallError. */
export function copyTree(source: Place, target: Place, copied: Copied): void {
  const file = openPlace(source);
  try {
    const { kind, mode } = statOf(file);
    if (kind === "dir") copyFolder(file, mode, target, copied);
    else if (kind === "file") copyFile(file, mode, target);
    else if (kind === "symlink") copyLink(file, target);
    else copied.skipped.push(source.name);
    if (kind !== "other" && kind !== "dir") copied.files++;
  } finally {
    closeFile(file);
  }
}

/** The same file, opened for reading: through the magic link, so that it is the same. */
function reopen(file: Fd, flags: number): Fd {
  const path = `/proc/self/fd/${file}`;
  return asFd(syscall(path, "openat", AT.FDCWD, path, flags | O.CLOEXEC));
}

function copyFolder(file: Fd, mode: number, target: Place, copied: Copied): void {
  const result = rawSyscall("mkdirat", target.folder, target.name, 0o700);
  const EEXIST = 17;
  if (result < 0 && result !== -EEXIST) throw new SyscallError("mkdirat", -result, target.name);
  const flags = O.RDONLY | FLAGS.DIRECTORY | FLAGS.NOFOLLOW | O.CLOEXEC;
  const folder = asFd(syscall(target.name, "openat", target.folder, target.name, flags));
  try {
    for (const name of readdirSync(`/proc/self/fd/${file}`)) copyTree({ folder: file, name }, { folder, name }, copied);
    if (result === 0) syscall(target.name, "fchmod", folder, mode);
  } finally {
    closeFile(folder);
  }
}

function copyFile(file: Fd, mode: number, target: Place): void {
  const from = reopen(file, O.RDONLY);
  try {
    const flags = O.WRONLY | O.CREAT | O.TRUNC | FLAGS.NOFOLLOW | O.CLOEXEC | O.NONBLOCK;
    const to = asFd(syscall(target.name, "openat", target.folder, target.name, flags, 0o600));
    try {
      copyBytes(from, to);
      syscall(target.name, "fchmod", to, mode);
    } finally {
      closeFile(to);
    }
  } finally {
    closeFile(from);
  }
}

function copyBytes(from: Fd, to: Fd): void {
  const bytes = new Uint8Array(CHUNK);
  for (let count = readInto(from, bytes); count > 0; count = readInto(from, bytes))
    writeAll(to, bytes.subarray(0, count));
}

function copyLink(file: Fd, target: Place): void {
  const bytes = new Uint8Array(PATH_MAX);
  const length = syscall(target.name, "readlinkat", file, "", bytes, bytes.length);
  const link = new TextDecoder().decode(bytes.subarray(0, length));
  rawSyscall("unlinkat", target.folder, target.name, 0);
  syscall(target.name, "symlinkat", link, target.folder, target.name);
}
