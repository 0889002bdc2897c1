// Copies files between the host and a box. Nothing goes by a path that the box could bend meanwhile: every step is
// relative to an open folder, follows no link, and looks at what it has opened, not at what a name stood for.
import { readdirSync } from "node:fs";
import { closeFile, type Fd, readInto, writeAll } from "#ffi/libc/fd.ts";
import { syscall } from "#ffi/libc/syscall.ts";
import { linkOf, makeFolder, makeLink, openForWriting, openPlace, type Place, reopen, statOf } from "./place.ts";

const CHUNK = 256 * 1024;

/** What was copied, and what could not be: devices, sockets, pipes. */
export interface Copied {
  files: number;
  readonly skipped: string[];
}

/** Copies a file, link or folder with all that is in it. Throws SyscallError. */
export function copyTree(source: Place, target: Place, copied: Copied): void {
  const file = openPlace(source);
  try {
    const { kind, mode } = statOf(file);
    if (kind === "dir") copyFolder(file, mode, target, copied);
    else if (kind === "file") copyFile(file, mode, target);
    else if (kind === "symlink") makeLink(target, linkOf(file, target.name));
    else copied.skipped.push(source.name);
    if (kind !== "other" && kind !== "dir") copied.files++;
  } finally {
    closeFile(file);
  }
}

function copyFolder(file: Fd, mode: number, target: Place, copied: Copied): void {
  const { opened: folder, made } = makeFolder(target, 0o700);
  try {
    for (const name of readdirSync(`/proc/self/fd/${file}`)) copyTree({ folder: file, name }, { folder, name }, copied);
    if (made) syscall(target.name, "fchmod", folder, mode);
  } finally {
    closeFile(folder);
  }
}

function copyFile(file: Fd, mode: number, target: Place): void {
  const from = reopen(file);
  try {
    const to = openForWriting(target);
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
