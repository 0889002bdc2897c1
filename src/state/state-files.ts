// Files in the state folder: one writer at a time, and a reader sees a whole file or none.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { closeFile, openFile } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { LOCK, O } from "#ffi/uapi/fcntl.ts";

/** Held until it is disposed of, or its process ends; waits for another holder. See flock(2). */
export function lockFile(path: string): Disposable {
  const fd = openFile(path, O.RDWR | O.CREAT, 0o600);
  let result = 0;
  do result = rawSyscall("flock", fd, LOCK.EX);
  while (result === -errnoNumber("EINTR"));
  if (result < 0) {
    closeFile(fd);
    throw new SyscallError("flock", -result, path);
  }
  return { [Symbol.dispose]: () => closeFile(fd) };
}

/** As replaceFile(), with a value as JSON. */
export function writeRecord(path: string, value: unknown): void {
  replaceFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Replaces the file at once: whoever reads it sees what was there before, or all of this. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const fresh = `${path}.${process.pid}`;
  try {
    writeFileSync(fresh, content, { mode: 0o600, flag: "wx" });
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** What writeRecord() wrote; undefined where there is nothing, or nothing that is JSON. */
export function readRecord(path: string): unknown {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const MISSING: readonly unknown[] = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];

/** Nothing has the name, or nothing can have it. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && MISSING.includes(error.code);
}

/** Makes a folder; false if something has its name already: names are taken this way, by one caller only. */
export function takeFolder(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
