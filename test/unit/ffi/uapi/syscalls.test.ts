import { expect, test } from "bun:test";
import { syscallName, syscallNumber, syscallTable } from "#ffi/uapi/syscalls.ts";

const X64 = syscallTable("x64");
const ARM64 = syscallTable("arm64");

test.each([
  ["x64", "read", 0],
  ["x64", "pivot_root", 155],
  ["x64", "uretprobe", 335],
  ["arm64", "read", 63],
  ["arm64", "pivot_root", 41],
  ["x64", "mount_setattr", 442],
  ["arm64", "mount_setattr", 442],
  ["x64", "file_setattr", 469],
  ["arm64", "file_setattr", 469],
] as const)("syscallNumber() numbers, on %s, %s %d", (arch, name, nr) => {
  expect(syscallNumber(arch, name)).toBe(nr);
  expect(syscallName(arch, nr)).toBe(name);
});

test("syscallNumber() refuses a system call that the machine does not have", () => {
  expect(() => syscallNumber("arm64", "open")).toThrow(
    new RangeError('Cannot number a system call: arm64 has no "open"'),
  );
  expect(() => syscallNumber("arm64", "arch_prctl")).toThrow(RangeError);
});

test.each([
  ["x64", 400],
  ["x64", -1],
  ["arm64", 244],
] as const)("syscallName() knows nothing, on %s, of %d", (arch, nr) => {
  expect(syscallName(arch, nr)).toBeUndefined();
});

test("X64 and ARM64 number the newer system calls alike", () => {
  const newer = (table: Readonly<Record<string, number>>) => Object.entries(table).filter(([, nr]) => nr >= 424);
  expect(newer(ARM64)).toEqual(newer(X64));
});

// Of what the headers of long-term distributions lack, listed as the table of the kernel lists it.
const SINCE_6_5 = [
  "cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr",
  "lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr",
  "file_getattr file_setattr",
].flatMap((line) => line.split(" "));

test("X64 numbers the system calls of Linux 6.5 to 6.18 from 451 on", () => {
  expect(SINCE_6_5.map((_, index) => syscallName("x64", 451 + index))).toEqual(SINCE_6_5);
});

test("X64 has the two system calls that only trampolines of the kernel use", () => {
  expect([X64["uretprobe"], X64["uprobe"]]).toEqual([335, 336]);
});
