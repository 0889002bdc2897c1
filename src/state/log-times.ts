// When the parts of a box's log came: the records of `log.times`, see src/spec/log-layout.ts.
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { SEEK } from "#ffi/uapi/fcntl.ts";
import { LOG_TIME } from "#src/spec/log-layout.ts";

export interface LogTime {
  /** Where in the log the part ends. */
  readonly end: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Output is missing before it. */
  readonly lost: boolean;
}

/** The records of one log, by their numbers. */
export class LogTimes {
  readonly #fd: Fd;

  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** undefined where none is, or none is any more. */
  at(index: number): LogTime | undefined {
    const bytes = new Uint8Array(LOG_TIME.bytes);
    if (rawSyscall("pread64", this.#fd, bytes, bytes.length, index * LOG_TIME.bytes) !== bytes.length) return undefined;
    const time = parseLogTime(bytes);
    return time.seconds === 0 ? undefined : time;
  }

  /** One past the last. */
  end(): number {
    return Math.floor(Math.max(0, rawSyscall("lseek", this.#fd, 0, SEEK.END)) / LOG_TIME.bytes);
  }

  /** The first that is still there. */
  first(): number {
    const end = this.end();
    // A file system that knows no holes says 0, and what was let go reads as zeros.
    let index = Math.floor(Math.max(0, rawSyscall("lseek", this.#fd, 0, SEEK.DATA)) / LOG_TIME.bytes);
    while (index < end && this.at(index) === undefined) index++;
    return index;
  }

  /** The first for which this holds, as it does for all behind it; the end where there is none. */
  find(isAfter: (time: LogTime) => boolean): number {
    let low = this.first();
    let high = this.end();
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const time = this.at(middle);
      if (time !== undefined && isAfter(time)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  close(): void {
    closeFile(this.#fd);
  }
}

/** One record. */
export function parseLogTime(bytes: Uint8Array): LogTime {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): number => Number(view.getBigInt64(at, true));
  return {
    end: word(LOG_TIME.end),
    seconds: word(LOG_TIME.seconds),
    nanoseconds: word(LOG_TIME.nanoseconds),
    lost: word(LOG_TIME.lost) !== 0,
  };
}

export function timeMs({ seconds, nanoseconds }: LogTime): number {
  return seconds * 1000 + nanoseconds / 1_000_000;
}
