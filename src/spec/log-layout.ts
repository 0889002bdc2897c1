// The log of a box that lives on, in two files. `log` is what the box has printed, as it is. `log.times` says when
// each part of it came, a record a part:
//
//   0      8        16           24
//   end    seconds  nanoseconds  lost
//
// `end` is where in `log` the part ends; it begins where the one before ends. `lost` is 1 where output is missing
// before it. What is too old is given back to the disk by punching holes, so that offsets stay what they are, nothing is
// renamed or copied, and who follows the log need not notice; see D-35.

/** Offsets of the fields of a record, and its size: a power of two, so that none lies across a page. */
export const LOG_TIME = { end: 0, seconds: 8, nanoseconds: 16, lost: 24, bytes: 32 } as const;

/** The most that is moved at once, and after how many moves what is too old is let go. */
export const LOG_PART_BYTES: number = 64 * 1024;
export const LOG_TRIM_PARTS = 8;

export const LOG_SIZE_DEFAULT: number = 10 * 2 ** 20;
/** Room for what comes between two trims, and as much again. */
export const LOG_SIZE_MIN: number = 2 ** 20;

/** How much of each file stays when it is trimmed, so that both together never take more than the limit. */
export function keptBytes(limitBytes: number): { readonly log: number; readonly times: number } {
  const quarter = Math.floor(limitBytes / 4);
  return { log: quarter * 3 - LOG_PART_BYTES * LOG_TRIM_PARTS, times: quarter - LOG_TIME.bytes * LOG_TRIM_PARTS };
}

/** Files of a log that is kept. `end` is the log again, with a place of its own. */
export const LOG_FILES = { log: "log", end: "log-end", times: "log-times" } as const;
/** What the init besides needs: the pipe that the box prints into, and where to throw what can't be kept. */
export const LOG_PIPE = { reader: "log-pipe", writer: "log-out", sink: "log-sink" } as const;
