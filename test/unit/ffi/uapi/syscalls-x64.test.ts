import { describe, expect, test } from "bun:test";
import { cc, macroNames, noHeaders, tableDifferences } from "./headers.ts";
import { syscallTable } from "#ffi/uapi/syscalls.ts";

const X64 = syscallTable("x64");

const HEADERS = ["asm/unistd_64.h"];
// The headers of other machines have a file of this name too, with other numbers.
const noX64 = noHeaders || cc(["-E"], ["#ifndef __x86_64__", "#error", "#endif"]).code !== 0;

test("X64 has no number twice", () => {
  expect(new Set(Object.values(X64)).size).toBe(Object.keys(X64).length);
});

test("X64 stays within the 64-bit table and below x32", () => {
  const numbers = Object.values<number>(X64);
  expect(numbers.filter((nr) => nr < 0 || (nr > 336 && nr < 424) || nr > 469)).toEqual([]);
});

describe.skipIf(noX64)("syscalls-x64.ts and the headers (needs cc and kernel headers of x86-64)", () => {
  test("X64 has the numbers of the headers", () => {
    const table = { source: "syscalls-x64.ts X64", prefix: "__NR_", headers: HEADERS, values: X64 };
    expect(tableDifferences(table)).toEqual([]);
  });

  test("X64 has every system call of the headers", () => {
    expect(macroNames("__NR_", HEADERS, "").filter((name) => !Object.hasOwn(X64, name))).toEqual([]);
  });
});
