import { describe, expect, test } from "bun:test";
import {
  MS,
  MNT,
  UMOUNT,
  MOUNT_ATTR,
  OPEN_TREE,
  MOVE_MOUNT,
  FSOPEN,
  FSPICK,
  FSCONFIG,
  FSMOUNT,
  STATMOUNT,
  MOUNT_ATTR_STRUCT,
} from "#ffi/uapi/mount.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

test("MOUNT_ATTR_STRUCT is the 32 bytes of Linux 5.12", () => {
  const bytes = MOUNT_ATTR_STRUCT.pack({ attr_set: MOUNT_ATTR.RDONLY, propagation: MS.PRIVATE });
  expect([...new BigUint64Array(bytes.buffer)]).toEqual([1n, 0n, 0x40000n, 0n]);
});

test("STATMOUNT counts its bits without a gap", () => {
  expect(Object.values<number>(STATMOUNT)).toEqual(Object.keys(STATMOUNT).map((_, bit) => 1 << bit));
});

test("MOVE_MOUNT and FSCONFIG end with what Linux 6.5 and 6.6 added", () => {
  expect([MOVE_MOUNT.BENEATH, FSCONFIG.CMD_CREATE_EXCL]).toEqual([0x200, 8]);
});

const TABLES: readonly HeaderTable[] = [
  { source: "mount.ts MS", prefix: "MS_", headers: ["linux/mount.h"], values: MS },
  { source: "mount.ts MNT", prefix: "MNT_", headers: ["sys/mount.h"], values: MNT },
  { source: "mount.ts UMOUNT", prefix: "UMOUNT_", headers: ["sys/mount.h"], values: UMOUNT },
  { source: "mount.ts MOUNT_ATTR", prefix: "MOUNT_ATTR_", headers: ["linux/mount.h"], values: MOUNT_ATTR },
  {
    source: "mount.ts OPEN_TREE",
    prefix: "OPEN_TREE_",
    headers: ["linux/fcntl.h", "linux/mount.h"],
    values: OPEN_TREE,
  },
  { source: "mount.ts MOVE_MOUNT", prefix: "MOVE_MOUNT_", headers: ["linux/mount.h"], values: MOVE_MOUNT },
  { source: "mount.ts FSOPEN", prefix: "FSOPEN_", headers: ["linux/mount.h"], values: FSOPEN },
  { source: "mount.ts FSPICK", prefix: "FSPICK_", headers: ["linux/mount.h"], values: FSPICK },
  { source: "mount.ts FSCONFIG", prefix: "FSCONFIG_", headers: ["linux/mount.h"], values: FSCONFIG, enumerators: true },
  { source: "mount.ts FSMOUNT", prefix: "FSMOUNT_", headers: ["linux/mount.h"], values: FSMOUNT },
  { source: "mount.ts STATMOUNT", prefix: "STATMOUNT_", headers: ["linux/mount.h"], values: STATMOUNT },
];

const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct mount_attr", headers: ["linux/mount.h"], layout: MOUNT_ATTR_STRUCT },
];

describe.skipIf(noHeaders)("mount.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
