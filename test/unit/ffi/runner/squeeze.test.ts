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
  ["what repeats from far away", `${"begin"}${"x".repeat(70_000)}begin`],
];

describe("squeeze()", () => {
  test.each(TEXTS)("is undone by expand(): %s", (_, text) => {
    const bytes = bytesOf(text);
    expect(expand(squeeze(bytes), bytes.length)).toEqual(bytes);
  });

  test("says once what is said often", () => {
    const bytes = bytesOf("nsbox: Cannot mount a tmpfs on ".repeat(100));
    expect(squeeze(bytes).length).toBeLessThan(bytes.length / 20);
  });
});

describe("expand()", () => {
  test("gives nothing where bytes are missing, or lead out of what is there", () => {
    const squeezed = squeeze(bytesOf("abcdabcdabcd"));
    expect(expand(squeezed.subarray(0, squeezed.length - 1), 12)).toBeUndefined();
    expect(expand(new Uint8Array([0, 97, 200, 9, 0]), 77)).toBeUndefined();
    expect(expand(squeezed, 11)).toBeUndefined();
  });
});
