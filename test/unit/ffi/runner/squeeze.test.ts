import { describe, expect, test } from "bun:test";
import { expand, squeeze } from "#ffi/runner/squeeze.ts";
import { errnoMessage, errnoNames } from "#ffi/uapi/errno.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["nothing", ""],
  ["one letter", "a"],
  ["one letter again and again", "a".repeat(1000)],
  ["nothing that repeats", Array.from({ length: 300 }, (_, n) => String.fromCodePoint(0x100 + n)).join("")],
  ["sentences", JSON.stringify(errnoNames().map(errnoMessage))],
  ["what repeats from far away", `${"begin"}${"x".repeat(7000)}begin`],
  ["what carries", "\u00ff\u00ff\u0000".repeat(500)],
];

describe("squeeze()", () => {
  test.each(TEXTS)("is undone by expand(): %s", (_, text) => {
    const bytes = bytesOf(text);
    expect(expand(squeeze(bytes), bytes.length)).toEqual(bytes);
  });

  test("says once what is said often", () => {
    const bytes = bytesOf("nsbox: Cannot mount a tmpfs on ".repeat(100));
    expect(squeeze(bytes).length).toBeLessThan(bytes.length / 50);
  });

  test("makes sentences two fifths of what they are", () => {
    const bytes = bytesOf(JSON.stringify(errnoNames().map(errnoMessage)));
    expect(squeeze(bytes).length).toBeLessThan(bytes.length * 0.4);
  });

  test("takes as long as it is for what has no pattern, and hardly more", () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, n) => Math.imul(n * n + 1, 0x2545_f491) >>> 24);
    const squeezed = squeeze(bytes);
    expect(squeezed.length).toBeLessThan(bytes.length * 1.1);
    expect(expand(squeezed, bytes.length)).toEqual(bytes);
  });
});

describe("expand()", () => {
  test("gives nothing where bytes are missing", () => {
    const bytes = bytesOf("abcdabcdabcd".repeat(9));
    const squeezed = squeeze(bytes);
    expect(expand(squeezed.subarray(0, squeezed.length - 1), bytes.length)).toBeUndefined();
    expect(expand(new Uint8Array(0), 1)).toBeUndefined();
  });
});
