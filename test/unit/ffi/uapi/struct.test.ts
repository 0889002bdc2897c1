import { expect, test } from "bun:test";
import { defineStruct } from "#ffi/uapi/struct.ts";

const MIXED = defineStruct([
  ["a", "u8"],
  ["b", "u32"],
  ["c", "u16"],
  ["d", "u64"],
  ["e", "i32"],
]);

test("defineStruct() aligns each member and the end naturally", () => {
  expect(MIXED.offsets).toEqual({ a: 0, b: 4, c: 8, d: 16, e: 24 });
  expect(MIXED.size).toBe(32);
});

test("defineStruct() aligns the end only as far as the widest member asks", () => {
  const narrow = defineStruct([
    ["a", "u16"],
    ["b", "u8"],
  ]);
  expect(narrow.size).toBe(4);
  expect(defineStruct([]).size).toBe(0);
});

test("pack() writes little endian and leaves the gaps 0", () => {
  const bytes = MIXED.pack({ a: 0x11, b: 0x21222324, c: 0x3132, d: 0x4142434445464748n, e: -2 });
  expect(bytes.toHex()).toBe("110000002423222132310000000000004847464544434241feffffff00000000");
});

test("pack() makes members that are not named 0", () => {
  expect(MIXED.pack({ c: 1 })).toEqual(Uint8Array.from({ length: 32 }, (_, index) => (index === 8 ? 1 : 0)));
});

test.each([
  ["a", 0xff],
  ["b", 0xffffffff],
  ["c", 0xffff],
  ["d", 0xffffffffffffffffn],
  ["e", -0x80000000],
  ["e", 0x7fffffff],
] as const)("pack() takes the outermost value of %p: %p", (name, value) => {
  expect(() => MIXED.pack({ [name]: value })).not.toThrow();
});

test.each([
  ["a", 0x100],
  ["b", 0x100000000],
  ["b", -1],
  ["c", 0x10000],
  ["d", -1n],
  ["d", 0x10000000000000000n],
  ["e", 0x80000000],
  ["e", -0x80000001],
  ["b", 1.5],
] as const)("pack() refuses for %p the value %p", (name, value) => {
  expect(() => MIXED.pack({ [name]: value })).toThrow(RangeError);
});

test("pack() says which member a value does not fit", () => {
  expect(() => MIXED.pack({ b: -1 })).toThrow('Cannot pack "b": -1 does not fit u32');
});
