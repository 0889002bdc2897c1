// The tape: records of 14 little-endian words, then the data they point to.
//
//   word  0       1 … 6     7       8      9      10     11     12     13
//         nr      a0 … a5   store   when1  then1  when2  then2  fail   next
//
// The runner issues call `nr` (or, for a negative nr, loads the 32-bit word at a0 and adds a1), writes the result
// to the address `store`, and goes on: to then1 if the result equals when1, to then2 if it equals when2, to `fail`
// if it is an error, else to `next`. On the way to `fail` it writes the failing record's address and the result
// into words 5 and 6 of the record it goes to: a record that writes those two words into a pipe is a report.
// Address 0 ends the tape. simulate.ts is the definition; the native runners are tested against it.

export const WORDS = 14;
export const RECORD_BYTES = 112;
export const WORD = {
  nr: 0,
  a0: 1,
  store: 7,
  when1: 8,
  then1: 9,
  when2: 10,
  then2: 11,
  fail: 12,
  next: 13,
  failedRecord: 5,
  failedResult: 6,
} as const;

/** No system call returns this: a case that never applies. */
export const NEVER: bigint = -0x8000_0000_0000_0000n;

/** The nr of `load`. */
export const LOAD = -1;

/** The lowest error: -4095 … -1 are errors, see syscall(2). */
export const ERROR_MIN = -4095;

export const LIMITS: { readonly records: number; readonly bytes: number } = { records: 1024, bytes: 8 * 1024 * 1024 };

/** What a failing record leaves in a report: its own address and the result, two words. */
export const REPORT_BYTES = 16;
