// Files of a box as a tar archive. The tree is walked as copyTree() walks it: by open folders, following no link.
import { readdirSync } from "node:fs";
import { closeFile, type Fd, readInto, writeAll } from "#ffi/libc/fd.ts";
import type { Copied } from "./copy-tree.ts";
import { linkOf, openPlace, type Place, type PlaceStat, reopen, statOf } from "./place.ts";
import { encodeTarHeader, TAR_BLOCK, tarPadding } from "./tar-header.ts";

const CHUNK = 256 * 1024;
const TYPES = { dir: "5", file: "0", symlink: "2" } as const;

/** Writes a file, link or folder with all that is in it, and the end of the archive. Throws SyscallError. */
export function writeTar(source: Place, tar: Fd, copied: Copied): void {
  writeEntry(source, source.name, tar, copied);
  writeAll(tar, new Uint8Array(TAR_BLOCK * 2));
}

function writeEntry(source: Place, path: string, tar: Fd, copied: Copied): void {
  const file = openPlace(source);
  try {
    const stat = statOf(file);
    if (stat.kind === "other") {
      copied.skipped.push(source.name);
      return;
    }
    const link = stat.kind === "symlink" ? linkOf(file, source.name) : "";
    const size = stat.kind === "file" ? stat.size : 0;
    const name = stat.kind === "dir" ? `${path}/` : path;
    writeAll(tar, encodeTarHeader({ ...stat, path: name, type: TYPES[stat.kind], size, link }));
    if (stat.kind === "file") writeContent(file, stat, tar);
    if (stat.kind !== "dir") copied.files++;
    else
      for (const child of readdirSync(`/proc/self/fd/${file}`))
        writeEntry({ folder: file, name: child }, `${path}/${child}`, tar, copied);
  } finally {
    closeFile(file);
  }
}

/** As much as the header says, whatever becomes of the file meanwhile: what has gone is zeros. */
function writeContent(file: Fd, { size }: PlaceStat, tar: Fd): void {
  const from = reopen(file);
  try {
    const bytes = new Uint8Array(CHUNK);
    for (let left = size; left > 0;) {
      const count = readInto(from, bytes.subarray(0, Math.min(left, CHUNK)));
      const piece = count > 0 ? bytes.subarray(0, count) : bytes.fill(0).subarray(0, Math.min(left, CHUNK));
      writeAll(tar, piece);
      left -= piece.length;
    }
    writeAll(tar, tarPadding(size));
  } finally {
    closeFile(from);
  }
}
