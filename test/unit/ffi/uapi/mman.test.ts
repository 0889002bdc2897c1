import { describe, expect, test } from "bun:test";
import { PROT, MAP, MFD } from "#ffi/uapi/mman.ts";
import { type HeaderTable, noHeaders, tableDifferences } from "./headers.ts";

test("MFD has the bits of Linux 6.3", () => {
  expect([MFD.NOEXEC_SEAL, MFD.EXEC]).toEqual([0x8, 0x10]);
});

const TABLES: readonly HeaderTable[] = [
  { source: "mman.ts PROT", prefix: "PROT_", headers: ["asm/mman.h"], values: PROT },
  { source: "mman.ts MAP", prefix: "MAP_", headers: ["linux/mman.h", "asm/mman.h"], values: MAP },
  { source: "mman.ts MFD", prefix: "MFD_", headers: ["linux/memfd.h"], values: MFD },
];

describe.skipIf(noHeaders)("mman.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });
});
