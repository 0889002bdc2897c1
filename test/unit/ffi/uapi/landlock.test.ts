import { describe, expect, test } from "bun:test";
import { KEY_SPEC, KEYCTL } from "#ffi/uapi/keyctl.ts";
import {
  LANDLOCK_ACCESS_FS,
  LANDLOCK_ACCESS_NET,
  LANDLOCK_RULE,
  LANDLOCK_RULESET_ATTR,
  LANDLOCK_SCOPE,
} from "#ffi/uapi/landlock.ts";
import { type HeaderTable, noHeaders, tableDifferences } from "./headers.ts";

test("LANDLOCK_ACCESS_FS counts its bits without a gap", () => {
  expect(Object.values<number>(LANDLOCK_ACCESS_FS)).toEqual(Object.keys(LANDLOCK_ACCESS_FS).map((_, bit) => 1 << bit));
});

test("LANDLOCK_RULESET_ATTR has three words", () => {
  expect(LANDLOCK_RULESET_ATTR.pack({ scoped: 3 }).toHex()).toBe(`${"00".repeat(16)}0300000000000000`);
});

const headers = ["linux/landlock.h"];
const TABLES: readonly HeaderTable[] = [
  { source: "landlock.ts LANDLOCK_ACCESS_FS", prefix: "LANDLOCK_ACCESS_FS_", headers, values: LANDLOCK_ACCESS_FS },
  { source: "landlock.ts LANDLOCK_ACCESS_NET", prefix: "LANDLOCK_ACCESS_NET_", headers, values: LANDLOCK_ACCESS_NET },
  { source: "landlock.ts LANDLOCK_SCOPE", prefix: "LANDLOCK_SCOPE_", headers, values: LANDLOCK_SCOPE },
  {
    source: "landlock.ts LANDLOCK_RULE",
    prefix: "LANDLOCK_RULE_",
    headers,
    values: { PATH_BENEATH: LANDLOCK_RULE.PATH_BENEATH },
    enumerators: true,
  },
  { source: "keyctl.ts KEYCTL", prefix: "KEYCTL_", headers: ["linux/keyctl.h"], values: KEYCTL },
  { source: "keyctl.ts KEY_SPEC", prefix: "KEY_SPEC_", headers: ["linux/keyctl.h"], values: KEY_SPEC },
];

describe.skipIf(noHeaders)("landlock.ts, keyctl.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });
});
