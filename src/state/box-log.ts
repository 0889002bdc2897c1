// The log of a box: a plain file that the box itself writes to.
import { closeFile, type Fd, openFile, readInto } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { NsboxError } from "#src/error.ts";
import type { Box } from "./box-store.ts";

const CHUNK = 64 * 1024;
const SEEK = { SET: 0, END: 2 } as const;
const NEWLINE = 10;

/** A log that is being read. */
export interface OpenLog extends Disposable {
  /** The next bytes, up to the end as it is now or the first megabytes of it; empty at the end. */
  read(): Uint8Array;
}

/** The log from the last `tail` lines on; undefined: from its beginning. Throws NsboxError ESPEC. */
export function openLog(box: Box, tail: number | undefined): OpenLog {
  const fd = openLogFile(box);
  if (tail !== undefined) rawSyscall("lseek", fd, tailOffset(fd, tail), SEEK.SET);
  return { read: () => readRest(fd), [Symbol.dispose]: () => closeFile(fd) };
}

/** Where the log is. Throws NsboxError ESPEC where there is none. */
export function logPathOf({ name, record, folder }: Box): string {
  const { log } = record;
  if (log.kind === "none") {
    throw new NsboxError("ESPEC", `Cannot show the log of ${JSON.stringify(name)}: it was started with --log none`, {
      hint: "leave that out, and its output is kept",
    });
  }
  return log.kind === "own" ? `${folder}/log` : log.path;
}

function openLogFile(box: Box): Fd {
  const path = logPathOf(box);
  try {
    return openFile(path, O.RDONLY);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("ESPEC", `Cannot read the log ${JSON.stringify(path)}: it is gone, or not yours to read`, {
      syscall: cause.syscall,
      errno: cause.errno,
      cause,
    });
  }
}

function readRest(fd: Fd): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = new Uint8Array(CHUNK);
    const count = readInto(fd, part);
    if (count === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, count));
  }
}

/** Where the last `lines` lines begin, looked for from the end. */
function tailOffset(fd: Fd, lines: number): number {
  const end = rawSyscall("lseek", fd, 0, SEEK.END);
  let left = lines;
  // The line feed that ends the last line is not the end of one before.
  for (let stop = end; stop > 0; stop = Math.max(0, stop - CHUNK)) {
    const start = Math.max(0, stop - CHUNK);
    const part = new Uint8Array(stop - start);
    const count = rawSyscall("pread64", fd, part, part.length, start);
    for (let at = count - 1; at >= 0; at--) {
      if (part[at] !== NEWLINE || start + at === end - 1) continue;
      if (--left === 0) return start + at + 1;
    }
  }
  return lines === 0 ? end : 0;
}
