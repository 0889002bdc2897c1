import { describe, expect, test } from "bun:test";
import { macroNames, noHeaders, tableDifferences } from "./headers.ts";
import { syscallTable } from "#ffi/uapi/syscalls.ts";

const ARM64 = syscallTable("arm64");

// arm64 uses the generic table; these are the choices of its own asm/unistd.h.
const HEADERS = ["asm-generic/unistd.h"];
const CHOICES = ["RENAMEAT", "NEW_STAT", "SET_GET_RLIMIT", "SYS_CLONE3", "MEMFD_SECRET"]
  .map((choice) => `#define __ARCH_WANT_${choice}\n`)
  .join("");
const BEFORE = `#define __BITS_PER_LONG 64\n${CHOICES}`;
// These only mark the end of the table and where a machine may add its own.
const MARKS = ["syscalls", "arch_specific_syscall"];

test("ARM64 has no number twice", () => {
  expect(new Set(Object.values(ARM64)).size).toBe(Object.keys(ARM64).length);
});

test("ARM64 stays within the generic table", () => {
  const numbers = Object.values<number>(ARM64);
  expect(numbers.filter((nr) => nr < 0 || (nr > 294 && nr < 424) || nr > 469)).toEqual([]);
});

describe.skipIf(noHeaders)("syscalls-arm64.ts and the headers (needs cc and kernel headers)", () => {
  test("ARM64 has the numbers of the headers", () => {
    const table = {
      source: "syscalls-arm64.ts ARM64",
      prefix: "__NR_",
      headers: HEADERS,
      values: ARM64,
      before: BEFORE,
    };
    expect(tableDifferences(table)).toEqual([]);
  });

  test("ARM64 has every system call of the headers", () => {
    const names = macroNames("__NR_", HEADERS, BEFORE);
    expect(names.filter((name) => !Object.hasOwn(ARM64, name) && !MARKS.includes(name))).toEqual([]);
  });
});
