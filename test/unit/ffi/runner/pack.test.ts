import { describe, expect, test } from "bun:test";
import { pack, unpack } from "#ffi/runner/pack.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { call } from "#ffi/tape/call.ts";

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

/** As many of the same record, each of which leads to the next, as a tape has. */
function records(count: number): Uint8Array {
  const words = new BigUint64Array(count * 14);
  for (let n = 0; n < count; n++) words.set([1n, 2n, BigInt(n)], n * 14);
  return new Uint8Array(words.buffer);
}

describe.each(["best", "quick"] as const)("pack(), %s", (effort) => {
  test.each([0, 1, 2, 3, 4, 111, 112, 113, 255, 256, 5000])("is undone by unpack(): %d bytes", (count) => {
    const bytes = randomBytes(count, count + 1);
    expect(unpack(pack(bytes, effort), count)).toEqual(bytes);
  });

  test.each([1, 7, 8, 31, 32, 33, 287, 288, 289, 40_000])("is undone where %d bytes repeat", (count) => {
    const bytes = concatBytes([randomBytes(300, 5), new Uint8Array(count), randomBytes(300, 5), randomBytes(300, 9)]);
    expect(unpack(pack(bytes, effort), bytes.length)).toEqual(bytes);
  });

  test("makes a tape's records a quarter of what they are, or less", () => {
    const calls = Array.from({ length: 100 }, (_, n) => call("prctl", [24, n, 0, 0, 0]));
    const { bytes } = assemble(calls, { arch: "x64", base: 0x600070, fds: { report: 3 }, fdBase: 9, failStatus: 1 });
    const packed = pack(bytes, effort);
    expect(packed.length).toBeLessThan(bytes.length / 4);
    expect(unpack(packed, bytes.length)).toEqual(bytes);
  });

  test("takes three bytes for a record of which one byte is new", () => {
    const [some, more] = [records(20), records(30)].map((bytes) => pack(bytes, effort).length);
    expect((more ?? 0) - (some ?? 0)).toBeLessThanOrEqual(30);
  });
});

describe("unpack()", () => {
  test("gives nothing where bytes are missing, or lead out of what is there", () => {
    const packed = pack(randomBytes(1000, 7));
    for (let count = 0; count < packed.length; count += 100) {
      expect(unpack(packed.subarray(0, count), 1000)).toBeUndefined();
    }
    expect(unpack(packed, 999)).toBeUndefined();
    expect(unpack(new Uint8Array([0x84, 2]), 2)).toBeUndefined();
    expect(unpack(new Uint8Array([0x84, 0]), 2)).toBeUndefined();
    expect(unpack(new Uint8Array(0), 1)).toBeUndefined();
  });
});
