// Records as they pack best: what never applies, and what nobody reads, counts from its record as other words do, see
// ffi/runner/tapes.ts.
import type { Tape } from "#ffi/tape/assemble.ts";
import { NEVER, RECORD_BYTES, WORD } from "#ffi/tape/format.ts";

/** The tape, changed: a case that never applies leads on; a result that nobody wants goes where that is said. */
export function evenRecords(tape: Tape): Tape {
  const { bytes, base, callOf } = tape;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = callOf.length * RECORD_BYTES;
  const word = (at: number, name: keyof typeof WORD): bigint => view.getBigUint64(at + WORD[name] * 8, true);
  const put = (at: number, name: keyof typeof WORD, value: number): void =>
    view.setBigUint64(at + WORD[name] * 8, BigInt(value), true);
  // The last record's: it ends the process.
  const unwanted = word(end - RECORD_BYTES, "store");
  // Where there is a case, it leads somewhere; what it waits for may come to stand there later.
  const never = (at: number, when: "when1" | "when2", then: "then1" | "then2"): boolean =>
    BigInt.asIntN(64, word(at, when)) === NEVER && word(at, then) === 0n;
  for (let at = 0; at < end; at += RECORD_BYTES) {
    const next = base + at + RECORD_BYTES;
    if (never(at, "when1", "then1")) put(at, "then1", next);
    if (!never(at, "when2", "then2")) continue;
    put(at, "then2", next);
    if (word(at, "store") === unwanted) put(at, "store", base + at + WORD.then2 * 8);
  }
  return tape;
}
