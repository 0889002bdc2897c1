import { describe, expect, test } from "bun:test";
import { POLL, POLLFD } from "#ffi/uapi/poll.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

const TABLES: readonly HeaderTable[] = [
  { source: "poll.ts POLL", prefix: "POLL", headers: ["asm/poll.h"], values: POLL },
];

const STRUCTS: readonly HeaderStruct[] = [{ name: "struct pollfd", headers: ["asm/poll.h"], layout: POLLFD }];

describe.skipIf(noHeaders)("poll.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
