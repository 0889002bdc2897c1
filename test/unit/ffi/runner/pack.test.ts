import { describe, expect, test } from "bun:test";
import { CHUNK_BYTES, pack, unpack, unpackedBytes } from "#ffi/runner/pack.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { call } from "#ffi/tape/call.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";

/** Numbers without a pattern, the same in each run; see xorshift. */
function randomBytes(count: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

describe("pack()", () => {
  test.each([0, 1, 4, 111, 112, 113, 5000])("is undone by unpack(): %d bytes", (count) => {
    const bytes = randomBytes(count, count + 1);
    expect(unpack(pack(bytes), count)).toEqual(bytes);
  });

  test("makes a tape's records a third of what they are, or less", () => {
    const calls = Array.from({ length: 100 }, (_, n) => call("prctl", [24, n, 0, 0, 0]));
    const { bytes } = assemble(calls, { arch: "x64", base: 0x600070, fds: { report: 3 }, fdBase: 9, failStatus: 1 });
    const packed = pack(bytes);
    expect(packed.length).toBeLessThan(bytes.length / 3);
    expect(unpack(packed, bytes.length)).toEqual(bytes);
  });

  test("takes one word for a record that only goes on where the one before does", () => {
    const words = new BigUint64Array(28);
    words.set([1n, 2n, 3n], 0);
    words.set([1n, 2n, 3n], 14);
    words[13] = 0x600070n;
    words[27] = 0x6000e0n;
    const first = 4 * (1 + 3 + 1);
    expect(pack(new Uint8Array(words.buffer)).length).toBe(first + 4);
  });

  test("goes on with chunks as long as records", () => {
    expect(CHUNK_BYTES).toBe(RECORD_BYTES);
    expect([0, 1, 112, 113].map(unpackedBytes)).toEqual([0, 112, 112, 224]);
  });
});

describe("unpack()", () => {
  test("gives nothing where bytes are missing", () => {
    const packed = pack(randomBytes(1000, 7));
    expect(unpack(packed.subarray(0, packed.length - 4), 1000)).toBeUndefined();
    expect(unpack(new Uint8Array(0), 1)).toBeUndefined();
  });
});
