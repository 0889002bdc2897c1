import { describe, expect, test } from "bun:test";
import { TIOC, TC, SIOC, NS } from "#ffi/uapi/ioctl.ts";
import { type HeaderTable, noHeaders, tableDifferences } from "./headers.ts";

// _IOR() of asm-generic/ioctl.h: direction, size, type, number.
const ior = (type: number, number: number, size: number): number => 0x80000000 + size * 0x10000 + type * 0x100 + number;

test("NS numbers what Linux 6.11 added as _IOR() does", () => {
  expect<number>(NS.GET_MNTNS_ID).toBe(ior(0xb7, 5, 8));
  const { GET_PID_FROM_PIDNS, GET_TGID_FROM_PIDNS, GET_PID_IN_PIDNS, GET_TGID_IN_PIDNS } = NS;
  expect<number[]>([GET_PID_FROM_PIDNS, GET_TGID_FROM_PIDNS, GET_PID_IN_PIDNS, GET_TGID_IN_PIDNS]).toEqual(
    [6, 7, 8, 9].map((number) => ior(0xb7, number, 4)),
  );
});

const TABLES: readonly HeaderTable[] = [
  { source: "ioctl.ts TIOC", prefix: "TIOC", headers: ["asm/ioctls.h"], values: TIOC },
  { source: "ioctl.ts TC", prefix: "TC", headers: ["asm/ioctls.h"], values: TC },
  { source: "ioctl.ts SIOC", prefix: "SIOC", headers: ["linux/sockios.h"], values: SIOC },
  { source: "ioctl.ts NS", prefix: "NS_", headers: ["linux/types.h", "linux/nsfs.h"], values: NS },
];

describe.skipIf(noHeaders)("ioctl.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });
});
