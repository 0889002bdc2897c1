// The log of a box, read back: what it printed, and when, while it may go on printing.
import { closeFile, type Fd, openFile } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { O, SEEK } from "#ffi/uapi/fcntl.ts";
import { NsboxError } from "#src/error.ts";
import { keptBytes } from "#src/spec/log-layout.ts";
import type { Box } from "./box-store.ts";
import { type LogTime, LogTimes, timeMs } from "./log-times.ts";
import { LOG_NAME, LOG_TIMES_NAME } from "./open-log-files.ts";

const CHUNK = 64 * 1024;
const PAGE = 4096;
const NEWLINE = 10;

/** A piece of what was printed. */
export interface LogPart {
  readonly bytes: Uint8Array;
  /** undefined where nobody has written that down. */
  readonly time: LogTime | undefined;
  /** Why output is missing before it. */
  readonly gap: "full" | "overtaken" | undefined;
}

export interface LogStart {
  /** This many lines from the end; undefined: from its beginning. */
  readonly tail?: number | undefined;
  /** Lines that were printed then or later, in ms since 1970. */
  readonly since?: number | undefined;
}

/** A log that is being read. */
export interface OpenLog extends Disposable {
  /** The next bytes, up to the end as it is now. */
  read(): Uint8Array;
  /** The same in parts with their times; `isWhole` says that no more will come. */
  parts(isWhole: boolean): Generator<LogPart>;
}

/** Throws NsboxError ESPEC. */
export function openLog(box: Box, start: LogStart = {}): OpenLog {
  const log = openLogFile(logPathOf(box), "log");
  try {
    return new LogReader(log, openTimes(box), box.record.spec.box.detached?.log?.limitBytes, start);
  } catch (error) {
    closeFile(log);
    throw error;
  }
}

/** Where the log is. Throws NsboxError ESPEC where there is none. */
export function logPathOf({ name, record, folder }: Box): string {
  const { log } = record;
  if (log.kind === "none") {
    throw new NsboxError("ESPEC", `Cannot show the log of ${JSON.stringify(name)}: it was started with --log none`, {
      hint: "leave that out, and its output is kept",
    });
  }
  return log.kind === "own" ? `${folder}/${LOG_NAME}` : log.path;
}

/** Throws NsboxError ESPEC where the log of this box has no times. */
export function requireTimes({ name, record }: Box, flag: string): void {
  if (record.log.kind !== "file") return;
  throw new NsboxError("ESPEC", `Cannot use ${flag} with ${JSON.stringify(name)}: its log is a file of yours`, {
    hint: "a box that is started without --log has a log with times",
  });
}

function openTimes({ record, folder }: Box): LogTimes | undefined {
  return record.log.kind === "own"
    ? new LogTimes(openLogFile(`${folder}/${LOG_TIMES_NAME}`, "times of the log"))
    : undefined;
}

function openLogFile(path: string, what: string): Fd {
  try {
    return openFile(path, O.RDONLY);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("ESPEC", `Cannot read the ${what} ${JSON.stringify(path)}: it is gone, or not yours to read`, {
      syscall: cause.syscall,
      errno: cause.errno,
      cause,
    });
  }
}

class LogReader implements OpenLog {
  readonly #log: Fd;
  readonly #times: LogTimes | undefined;
  /** From this size on its beginning may have been let go. */
  readonly #trimmedFrom: number;
  /** Where reading has come to, in the log and in its times. */
  #at: number;
  #index: number;

  constructor(log: Fd, times: LogTimes | undefined, limitBytes: number | undefined, start: LogStart) {
    this.#log = log;
    this.#times = times;
    this.#trimmedFrom = times === undefined || limitBytes === undefined ? Infinity : keptBytes(limitBytes).log;
    this.#at = this.#first();
    if (start.tail !== undefined) this.#at = Math.max(this.#at, tailOffset(log, start.tail));
    if (start.since !== undefined) this.#at = Math.max(this.#at, this.#sinceOffset(start.since));
    this.#index = this.#indexOf(this.#at);
  }

  [Symbol.dispose](): void {
    closeFile(this.#log);
    this.#times?.close();
  }

  read(): Uint8Array {
    this.#catchUp();
    const pieces: Uint8Array[] = [];
    for (let piece = this.#next(Infinity); piece.length > 0; piece = this.#next(Infinity)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  *parts(isWhole: boolean): Generator<LogPart> {
    const times = this.#times;
    let last: LogTime | undefined;
    for (let time = times?.at(this.#index); time !== undefined; time = times?.at(this.#index)) {
      let gap: LogPart["gap"] = time.lost ? "full" : undefined;
      if (this.#catchUp()) {
        yield { bytes: new Uint8Array(0), time: undefined, gap: "overtaken" };
        continue;
      }
      for (let bytes = this.#next(time.end); bytes.length > 0; bytes = this.#next(time.end)) {
        yield { bytes, time, gap };
        gap = undefined;
      }
      last = time;
      this.#index++;
    }
    // Where the init was killed, or the disk was full, the last of it has no time of its own.
    if (times !== undefined && !isWhole) return;
    for (let bytes = this.#next(Infinity); bytes.length > 0; bytes = this.#next(Infinity))
      yield { bytes, time: last, gap: undefined };
  }

  /** What is there, up to an offset, and a chunk at most. */
  #next(end: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(CHUNK, end - this.#at)));
    if (bytes.length === 0) return bytes;
    const count = Math.max(0, rawSyscall("pread64", this.#log, bytes, bytes.length, this.#at));
    this.#at += count;
    return bytes.subarray(0, count);
  }

  /** true if what was to be read next has been let go meanwhile. */
  #catchUp(): boolean {
    if (this.#hole() <= this.#at) return false;
    this.#at = this.#first();
    this.#index = this.#indexOf(this.#at);
    return true;
  }

  #size(): number {
    return Math.max(0, rawSyscall("lseek", this.#log, 0, SEEK.END));
  }

  /** Where the first page begins of which something is left. */
  #hole(): number {
    return this.#size() < this.#trimmedFrom ? 0 : Math.max(0, rawSyscall("lseek", this.#log, 0, SEEK.DATA));
  }

  /** The first whole line that is left. */
  #first(): number {
    if (this.#size() < this.#trimmedFrom) return 0;
    // Of the page in which the hole ends, the beginning reads as zeros.
    let at = this.#hole();
    const bytes = new Uint8Array(PAGE);
    for (;;) {
      const count = rawSyscall("pread64", this.#log, bytes, bytes.length, at);
      if (count <= 0) return at;
      const first = bytes.subarray(0, count).findIndex((byte) => byte !== 0);
      if (first < 0) {
        at += count;
        continue;
      }
      return at + first === 0 ? 0 : this.#lineFrom(at + first);
    }
  }

  /** The beginning of the next line; the offset itself where no line ends near it. */
  #lineFrom(offset: number): number {
    if (offset === 0) return 0;
    const bytes = new Uint8Array(CHUNK);
    const count = Math.max(0, rawSyscall("pread64", this.#log, bytes, bytes.length, offset - 1));
    const feed = bytes.subarray(0, count).indexOf(NEWLINE);
    return feed < 0 ? offset : offset + feed;
  }

  #sinceOffset(since: number): number {
    const times = this.#times;
    if (times === undefined) return 0;
    const index = times.find((time) => timeMs(time) >= since);
    // All of it is older.
    if (index === times.end()) return this.#size();
    const before = index > times.first() ? times.at(index - 1) : undefined;
    return before === undefined ? 0 : this.#lineFrom(before.end);
  }

  #indexOf(offset: number): number {
    return this.#times?.find(({ end }) => end > offset) ?? 0;
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
