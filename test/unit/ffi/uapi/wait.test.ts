import { describe, expect, test } from "bun:test";
import { P, W } from "#ffi/uapi/wait.ts";
import { type HeaderTable, noHeaders, tableDifferences } from "./headers.ts";

const { NOTHREAD, ALL, CLONE, ...plain } = W;
const HEADERS = ["linux/wait.h"];
const TABLES: readonly HeaderTable[] = [
  { source: "wait.ts W", prefix: "W", headers: HEADERS, values: plain },
  { source: "wait.ts W", prefix: "__W", headers: HEADERS, values: { NOTHREAD, ALL, CLONE } },
  { source: "wait.ts W", prefix: "W", headers: HEADERS, values: { UNTRACED: W.STOPPED } },
  { source: "wait.ts P", prefix: "P_", headers: HEADERS, values: P },
];

describe.skipIf(noHeaders)("wait.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of $prefix in the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });
});
