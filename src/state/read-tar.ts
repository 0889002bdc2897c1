// A tar archive into a folder of a box. Names are taken as steps from that folder, none of which follows a link: neither
// the archive nor the box can lead what is written elsewhere.
import { closeFile, type Fd, readInto, writeAll } from "#ffi/libc/fd.ts";
import { rawSyscall, syscall } from "#ffi/libc/syscall.ts";
import { NsboxError } from "#src/error.ts";
import type { Copied } from "./copy-tree.ts";
import { makeFolder, makeLink, openForWriting } from "./place.ts";
import { decodeExtended, decodeTarHeader, noTar, TAR_BLOCK, type TarEntry, tarPadding } from "./tar-header.ts";

const CHUNK = 256 * 1024;
const FOLDER_MODE = 0o755;
const MODE_MASK = 0o777;
/** An extended header holds a few names. */
const EXTENDED_MAX = 1024 * 1024;

/** Unpacks all of it. Throws NsboxError ESPEC where it is none, SyscallError where the box does not take it. */
export function readTar(tar: Fd, folder: Fd, copied: Copied): void {
  // Last of all, and the inner ones first: a folder that may not be written to gets its files before.
  const modes: { readonly steps: readonly string[]; readonly mode: number }[] = [];
  for (const entry of entriesOf(tar)) {
    const steps = stepsOf(entry.path);
    if (entry.type === "5" && steps.length > 0) modes.push({ steps, mode: entry.mode & MODE_MASK });
    unpack(tar, folder, { ...entry, steps }, copied);
  }
  for (const { steps, mode } of modes.reverse())
    within(folder, steps, (opened) => void syscall(steps.at(-1) ?? ".", "fchmod", opened, mode));
}

/** "./a//b/" → "a", "b". */
function stepsOf(path: string): readonly string[] {
  const steps = path.split("/").filter((step) => step !== "" && step !== ".");
  if (!steps.includes("..")) return steps;
  throw new NsboxError("ESPEC", `Cannot unpack ${JSON.stringify(path)}: it leads out of the folder`, {
    hint: "make the archive without .. in its names",
  });
}

/** Each entry, by its whole name. Its content is to be read before the next is asked for. */
function* entriesOf(tar: Fd): Generator<TarEntry> {
  let named: Partial<TarEntry> = {};
  for (;;) {
    const block = readExactly(tar, TAR_BLOCK);
    const entry = block === undefined ? undefined : decodeTarHeader(block);
    if (entry === undefined) return drain(tar);
    if (!"xgLK".includes(entry.type)) {
      yield { ...entry, ...named };
      named = {};
      continue;
    }
    if (entry.size > EXTENDED_MAX) throw noTar("an extended header of it is too long");
    const bytes = readExactly(tar, entry.size) ?? new Uint8Array(0);
    readExactly(tar, tarPadding(entry.size).length);
    if (entry.type !== "g") named = { ...named, ...namesIn(entry.type, bytes) };
  }
}

/** The names that an extended header gives to the next entry, as POSIX or as GNU has it. */
function namesIn(type: string, bytes: Uint8Array): Partial<TarEntry> {
  if (type !== "x") {
    const text = new TextDecoder().decode(bytes).replace(/\0.*$/s, "");
    return type === "L" ? { path: text } : { link: text };
  }
  const records = decodeExtended(bytes);
  const [path, link, size] = ["path", "linkpath", "size"].map((key) => records.get(key));
  return {
    ...(path === undefined ? {} : { path }),
    ...(link === undefined ? {} : { link }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

type Unpacked = TarEntry & { readonly steps: readonly string[] };

function unpack(tar: Fd, folder: Fd, entry: Unpacked, copied: Copied): void {
  const { steps, type, path, link } = entry;
  const name = steps.at(-1);
  if (type === "5" || name === undefined) return within(folder, steps, () => undefined);
  if (!["0", "7", "1", "2"].includes(type)) {
    copied.skipped.push(path);
    return readContent(tar, entry.size, () => undefined);
  }
  within(folder, steps.slice(0, -1), (parent) => {
    if (type === "2") makeLink({ folder: parent, name }, link);
    else if (type === "1") linkFile(folder, stepsOf(link), { folder: parent, name });
    else writeFile(tar, { folder: parent, name }, entry);
  });
  copied.files++;
}

function linkFile(folder: Fd, steps: readonly string[], target: { readonly folder: Fd; readonly name: string }): void {
  within(folder, steps.slice(0, -1), (from) => {
    rawSyscall("unlinkat", target.folder, target.name, 0);
    syscall(target.name, "linkat", from, steps.at(-1) ?? ".", target.folder, target.name, 0);
  });
}

function writeFile(tar: Fd, place: { readonly folder: Fd; readonly name: string }, { size, mode }: TarEntry): void {
  const file = openForWriting(place);
  try {
    readContent(tar, size, (bytes) => writeAll(file, bytes));
    syscall(place.name, "fchmod", file, mode & MODE_MASK);
  } finally {
    closeFile(file);
  }
}

/** Goes down from the folder, making what is not there, and does it in the last. */
function within(folder: Fd, [step, ...rest]: readonly string[], act: (opened: Fd) => void): void {
  if (step === undefined) return act(folder);
  const { opened } = makeFolder({ folder, name: step }, FOLDER_MODE);
  try {
    within(opened, rest, act);
  } finally {
    closeFile(opened);
  }
}

function readContent(tar: Fd, size: number, take: (bytes: Uint8Array) => void): void {
  for (let left = size; left > 0;) {
    const bytes = readExactly(tar, Math.min(left, CHUNK));
    if (bytes === undefined) throw noTar("it ends in the middle of a file");
    take(bytes);
    left -= bytes.length;
  }
  readExactly(tar, tarPadding(size).length);
}

/** So many bytes; undefined at the end. Throws NsboxError ESPEC in the middle. */
function readExactly(tar: Fd, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readInto(tar, bytes.subarray(done));
    if (count === 0) break;
    done += count;
  }
  if (done === length) return bytes;
  if (done === 0) return undefined;
  throw noTar("it ends in the middle of a block");
}

/** What tar writes behind the end, so that it is not told of a closed pipe. */
function drain(tar: Fd): void {
  const bytes = new Uint8Array(CHUNK);
  while (readInto(tar, bytes) > 0);
}
