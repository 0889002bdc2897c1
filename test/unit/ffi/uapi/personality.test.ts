import { describe, expect, test } from "bun:test";
import { PERSONALITY } from "#ffi/uapi/personality.ts";
import { noHeaders, tableDifferences } from "./headers.ts";

describe.skipIf(noHeaders)("personality.ts and the headers (needs cc and kernel headers)", () => {
  test("PERSONALITY has the values of the headers", () => {
    const headers = ["linux/personality.h"];
    const { LINUX, ADDR_NO_RANDOMIZE } = PERSONALITY;
    const table = { source: "personality.ts", headers, enumerators: true };
    expect(tableDifferences({ ...table, prefix: "PER_", values: { LINUX } })).toEqual([]);
    expect(tableDifferences({ ...table, prefix: "", values: { ADDR_NO_RANDOMIZE } })).toEqual([]);
  });
});
