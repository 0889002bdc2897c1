import { describe, expect, test } from "bun:test";
import { CAP_MEANING, CAPABILITY_VERSION_3, CAPS, capMask, capNames, capNumber } from "#ffi/uapi/capability.ts";
import { macroNames, noHeaders, tableDifferences } from "./headers.ts";

test("CAPS ends with CAP_CHECKPOINT_RESTORE, number 40", () => {
  expect(CAPS.length).toBe(41);
  expect(CAPS[40]).toBe("CAP_CHECKPOINT_RESTORE");
});

test("CAP_MEANING has one line for each capability", () => {
  expect(Object.keys(CAP_MEANING)).toEqual([...CAPS]);
  expect(Object.values(CAP_MEANING).filter((line) => line === "" || line.includes("\n"))).toEqual([]);
});

test.each([
  ["CAP_CHOWN", 0],
  ["chown", 0],
  ["Sys_Admin", 21],
  ["cap_net_raw", 13],
  ["CHECKPOINT_RESTORE", 40],
  ["CAP_", undefined],
  ["", undefined],
  ["CAP_CAP_CHOWN", undefined],
  ["CAP_MAGIC", undefined],
])("capNumber() reads %p as %p", (name, number) => {
  expect(capNumber(name)).toBe(number);
});

test.each([
  [0n, []],
  [0x1n, ["CAP_CHOWN"]],
  [0x10000200001n, ["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE"]],
  [0x20000000000n, ["CAP_41"]],
  [0x8000000000000000n, ["CAP_63"]],
])("capNames() reads the set %p", (mask, names) => {
  expect(capNames(mask)).toEqual(names);
});

test("capMask() builds the set of all capabilities that capNames() reads", () => {
  expect(capMask(CAPS)).toBe(0x1ffffffffffn);
  expect(capNames(capMask(CAPS))).toEqual([...CAPS]);
});

test("capMask() takes names as capNumber() does", () => {
  expect(capMask(["net_admin", "CAP_KILL", "kill"])).toBe(0x1020n);
});

test("capMask() refuses an unknown name", () => {
  expect(() => capMask(["CAP_MAGIC"])).toThrow(
    new RangeError('Cannot build a set of capabilities: there is no "CAP_MAGIC"'),
  );
});

describe.skipIf(noHeaders)("capability.ts and the headers (needs cc and kernel headers)", () => {
  const headers = ["linux/capability.h"];

  test("CAPS has the numbers of the headers", () => {
    const values = Object.fromEntries(CAPS.map((name, number) => [name, number]));
    expect(tableDifferences({ source: "capability.ts", prefix: "", headers, values })).toEqual([]);
  });

  test("CAPS has every capability of the headers", () => {
    const helpers = ["CAP_LAST_CAP", "CAP_TO_INDEX", "CAP_TO_MASK"];
    const names = macroNames("CAP_", headers, "").map((name) => `CAP_${name}`);
    expect(names.filter((name) => !CAPS.includes(name) && !helpers.includes(name))).toEqual([]);
  });

  test("CAPABILITY_VERSION_3 is the version of the headers", () => {
    const values = { CAPABILITY_VERSION_3 };
    expect(tableDifferences({ source: "capability.ts", prefix: "_LINUX_", headers, values })).toEqual([]);
  });
});
