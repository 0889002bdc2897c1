import { describe, expect, test } from "bun:test";
import { absoluteTapes, relativeTapes } from "#ffi/runner/tapes.ts";
import { RECORD_BYTES, WORD } from "#ffi/tape/format.ts";

const BASE = 0x600070;
const TAPES = [
  { at: BASE, count: 2 },
  { at: 0, count: 0 },
  { at: BASE + 3 * RECORD_BYTES, count: 1 },
];

/** Four records, the third of which is on no tape: every word an address in it. */
function data(): Uint8Array {
  const words = Array.from({ length: 4 * 14 }, (_, n) => BigInt(BASE + n * 8));
  return new Uint8Array(new BigUint64Array(words).buffer);
}

const word = (bytes: Uint8Array, record: number, name: keyof typeof WORD): number =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(record * RECORD_BYTES + WORD[name] * 8, true));

describe("relativeTapes()", () => {
  test("counts where a record leads, and where its result goes, from the record", () => {
    const relative = relativeTapes(data(), BASE, TAPES);
    for (const record of [0, 1, 3]) {
      for (const name of ["store", "then1", "then2", "next"] as const)
        expect(word(relative, record, name)).toBe(WORD[name] * 8);
      for (const name of ["nr", "when1", "fail"] as const)
        expect(word(relative, record, name)).toBe(word(data(), record, name));
    }
    expect(word(relative, 2, "next")).toBe(word(data(), 2, "next"));
  });

  test("is undone by absoluteTapes(), and leaves what it is given", () => {
    const given = data();
    new DataView(given.buffer).setUint32(WORD.next * 8, 0, true); // the end of a tape
    const before = given.slice();
    expect(absoluteTapes(relativeTapes(given, BASE, TAPES), BASE, TAPES)).toEqual(before);
    expect(given).toEqual(before);
  });
});
