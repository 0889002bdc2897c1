import { describe, expect, test } from "bun:test";
import { RLIMIT, RLIMIT64, RLIM_INFINITY } from "#ffi/uapi/resource.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

test("RLIMIT64 takes RLIM_INFINITY", () => {
  expect(RLIMIT64.pack({ rlim_cur: 1, rlim_max: RLIM_INFINITY }).toHex()).toBe("0100000000000000ffffffffffffffff");
});

const TABLES: readonly HeaderTable[] = [
  { source: "resource.ts RLIMIT", prefix: "RLIMIT_", headers: ["asm/resource.h"], values: RLIMIT },
];

const STRUCTS: readonly HeaderStruct[] = [{ name: "struct rlimit64", headers: ["linux/resource.h"], layout: RLIMIT64 }];

describe.skipIf(noHeaders)("resource.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
