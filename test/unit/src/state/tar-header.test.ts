import { describe, expect, test } from "bun:test";
import { decodeExtended, decodeTarHeader, encodeTarHeader, TAR_BLOCK, type TarEntry } from "#src/state/tar-header.ts";

const FILE: TarEntry = { path: "a/b", type: "0", mode: 0o640, size: 12, mtime: 1_700_000_000, link: "" };
const blocks = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: bytes.length / TAR_BLOCK }, (_, n) => bytes.subarray(n * TAR_BLOCK, (n + 1) * TAR_BLOCK));

describe("encodeTarHeader()", () => {
  test.each([
    FILE,
    { ...FILE, type: "5", path: "folder/", size: 0 },
    { ...FILE, type: "2", size: 0, link: "../else where" },
    { ...FILE, path: "ünïcode\n", mode: 0o777 },
    { ...FILE, path: "x".repeat(100), size: 8 ** 11 - 1 },
  ])("is read back: %j", (entry) => {
    const bytes = encodeTarHeader(entry);
    expect(bytes).toHaveLength(TAR_BLOCK);
    expect(decodeTarHeader(bytes)).toEqual(entry);
  });

  test.each([
    [{ ...FILE, path: `${"x".repeat(150)}/ü` }, { path: `${"x".repeat(150)}/ü` }],
    [{ ...FILE, type: "2", link: "y".repeat(101) }, { linkpath: "y".repeat(101) }],
    [{ ...FILE, size: 8 ** 11 }, { size: String(8 ** 11) }],
    [{ ...FILE, path: "z".repeat(988) }, { path: "z".repeat(988) }],
  ])("puts what is too long for it into an extended header: %#", (entry, records) => {
    const [head, ...rest] = blocks(encodeTarHeader(entry));
    const extended = decodeTarHeader(head ?? new Uint8Array(0));
    expect(extended?.type).toBe("x");
    const bytes = Buffer.concat(rest).subarray(0, extended?.size);
    expect(Object.fromEntries(decodeExtended(bytes))).toEqual(records);
    expect(decodeTarHeader(rest.at(-1) ?? new Uint8Array(0))?.type).toBe(entry.type);
  });
});

describe("decodeTarHeader()", () => {
  test("knows the end, and refuses what is no header", () => {
    expect(decodeTarHeader(new Uint8Array(TAR_BLOCK))).toBeUndefined();
    const damaged = encodeTarHeader(FILE);
    damaged[0] = 0x7a;
    expect(() => decodeTarHeader(damaged)).toThrow("a header of it is damaged, or none");
  });

  test("reads sizes of more than 8 GiB as GNU tar writes them", () => {
    const bytes = encodeTarHeader(FILE);
    bytes.set([0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1], 124);
    bytes.fill(32, 148, 156);
    const sum = bytes.reduce((total, byte) => total + byte, 0);
    bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    expect(decodeTarHeader(bytes)?.size).toBe(2 * 2 ** 32 + 1);
  });
});

describe("decodeExtended()", () => {
  test.each(["", "5 a=b\n", "9 path=\n", "99 path=a\n", "x path=a\n", "-3 a\n"])("%j is read or refused", (text) => {
    const bytes = new TextEncoder().encode(text);
    if (text === "") expect(decodeExtended(bytes).size).toBe(0);
    else expect(() => decodeExtended(bytes)).toThrow("an extended header of it is damaged");
  });
});
