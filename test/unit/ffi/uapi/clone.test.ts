import { describe, expect, test } from "bun:test";
import { CLONE, CLONE_ARGS, NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

test("NAMESPACE_FLAGS has all eight kinds, each with a bit of its own", () => {
  const flags = Object.values(NAMESPACE_FLAGS);
  expect(Object.keys(NAMESPACE_FLAGS).toSorted()).toEqual([
    "cgroup",
    "ipc",
    "mnt",
    "net",
    "pid",
    "time",
    "user",
    "uts",
  ]);
  expect(flags.reduce((word, flag) => word | flag, 0)).toBe(0x7e020080);
});

test("NAMESPACE_FLAGS names each flag by its folder under /proc", () => {
  expect(NAMESPACE_FLAGS).toMatchObject({ mnt: CLONE.NEWNS, net: CLONE.NEWNET, time: CLONE.NEWTIME });
});

test("CLONE_ARGS is the 88 bytes of Linux 5.7", () => {
  const bytes = CLONE_ARGS.pack({ flags: CLONE.INTO_CGROUP, exit_signal: 17, cgroup: 3 });
  const words = new BigUint64Array(bytes.buffer);
  expect([...words]).toEqual([0x200000000n, 0n, 0n, 0n, 17n, 0n, 0n, 0n, 0n, 0n, 3n]);
});

const TABLES: readonly HeaderTable[] = [
  { source: "clone.ts CLONE", prefix: "CLONE_", headers: ["linux/sched.h"], values: CLONE },
];

const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct clone_args", headers: ["linux/sched.h"], layout: CLONE_ARGS },
];

describe.skipIf(noHeaders)("clone.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
