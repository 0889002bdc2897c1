import { describe, expect, test } from "bun:test";
import { AT, CLOSE_RANGE, F, F_SEAL, FD_CLOEXEC, LOCK, O, OPEN_HOW, openFlags, RESOLVE } from "#ffi/uapi/fcntl.ts";
import { type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

test("openFlags() numbers the flags as arm64 does", () => {
  expect(openFlags("arm64")).toEqual({
    DIRECTORY: 0o40000,
    NOFOLLOW: 0o100000,
    DIRECT: 0o200000,
    LARGEFILE: 0o400000,
    TMPFILE: 0o20000000 | 0o40000,
  });
});

test("openFlags() numbers the flags as x86-64 does", () => {
  expect(openFlags("x64")).toEqual({
    DIRECTORY: 0o200000,
    NOFOLLOW: 0o400000,
    DIRECT: 0o40000,
    LARGEFILE: 0o100000,
    TMPFILE: 0o20000000 | 0o200000,
  });
});

test.each(["x64", "arm64"] as const)("openFlags() of %s share no bit with O", (arch) => {
  const common = Object.values(O).reduce<number>((word, bits) => word | bits, 0);
  const own = Object.values<number>({ ...openFlags(arch) }).reduce((word, bits) => word | bits, 0);
  expect(common & own).toBe(0);
});

const FCNTL = ["asm/fcntl.h", "linux/fcntl.h"];
const ARCH = process.arch === "arm64" ? "arm64" : "x64";
test("AT, F and F_SEAL have what Linux 6.3 and later added", () => {
  expect([AT.EXECVE_CHECK, F.DUPFD_QUERY, F_SEAL.EXEC]).toEqual([0x10000, 1027, 0x20]);
});

const TABLES: readonly HeaderTable[] = [
  { source: "fcntl.ts O", prefix: "O_", headers: FCNTL, values: O },
  { source: "fcntl.ts", prefix: "O_", headers: FCNTL, values: { ...openFlags(ARCH) } },
  { source: "fcntl.ts AT", prefix: "AT_", headers: FCNTL, values: AT },
  { source: "fcntl.ts F", prefix: "F_", headers: FCNTL, values: F },
  { source: "fcntl.ts", prefix: "", headers: FCNTL, values: { FD_CLOEXEC } },
  { source: "fcntl.ts F_SEAL", prefix: "F_SEAL_", headers: FCNTL, values: F_SEAL },
  { source: "fcntl.ts LOCK", prefix: "LOCK_", headers: FCNTL, values: LOCK },
  { source: "fcntl.ts RESOLVE", prefix: "RESOLVE_", headers: ["linux/openat2.h"], values: RESOLVE },
  { source: "fcntl.ts CLOSE_RANGE", prefix: "CLOSE_RANGE_", headers: ["linux/close_range.h"], values: CLOSE_RANGE },
];

describe.skipIf(noHeaders)("fcntl.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of $prefix in the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test("struct open_how is laid out as the headers lay it out", () => {
    expect(structDifferences({ name: "struct open_how", headers: ["linux/openat2.h"], layout: OPEN_HOW })).toEqual([]);
  });
});
