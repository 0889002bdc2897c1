import { describe, expect, test } from "bun:test";
import { PR, PR_CAP_AMBIENT, SECBIT } from "#ffi/uapi/prctl.ts";
import { type HeaderTable, noHeaders, tableDifferences } from "./headers.ts";

test("SECBIT counts its bits without a gap, each followed by its lock", () => {
  expect(Object.values<number>(SECBIT)).toEqual(Object.keys(SECBIT).map((_, bit) => 1 << bit));
  const names = Object.keys(SECBIT);
  expect(names.filter((_, bit) => bit % 2 === 1)).toEqual(
    names.filter((_, bit) => bit % 2 === 0).map((name) => `${name}_LOCKED`),
  );
});

test("PR numbers the operations of Linux 6.3 and 6.4 in one row", () => {
  expect([PR.SET_MDWE, PR.GET_MDWE, PR.SET_MEMORY_MERGE, PR.GET_MEMORY_MERGE]).toEqual([65, 66, 67, 68]);
});

const TABLES: readonly HeaderTable[] = [
  { source: "prctl.ts PR", prefix: "PR_", headers: ["linux/prctl.h"], values: PR },
  { source: "prctl.ts PR_CAP_AMBIENT", prefix: "PR_CAP_AMBIENT_", headers: ["linux/prctl.h"], values: PR_CAP_AMBIENT },
  { source: "prctl.ts SECBIT", prefix: "SECBIT_", headers: ["linux/securebits.h"], values: SECBIT },
];

describe.skipIf(noHeaders)("prctl.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });
});
