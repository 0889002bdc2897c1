import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AUDIT_ARCH, SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { type SyscallName, syscallNumber, syscallTable } from "#ffi/uapi/syscalls.ts";
import { type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";
import { prebuiltSource } from "#src/seccomp/build-prebuilt.ts";
import { NATIVE } from "#src/seccomp/compile.ts";
import { defaultFilter } from "#src/seccomp/default-filter.ts";
import { callsOf, defaultPolicy } from "#src/seccomp/default-policy.ts";
import { GROUPS } from "#src/seccomp/default-profile.ts";
import { interpret } from "#src/seccomp/interpret.ts";
import { unpackProgram } from "#src/seccomp/program.ts";
import { DEFAULT_CAPABILITIES } from "#src/spec/defaults.ts";

const ARCHES = ["x64", "arm64"] as const;
const ROOT = join(import.meta.dir, "../../../..");
const UPDATE = process.env["NSBOX_TEST_UPDATE"] === "1";
const PREBUILT = join(ROOT, "src/seccomp/prebuilt.ts");

/** What the default filter says to a call in a box with these. */
function verdict(
  name: SyscallName,
  args: readonly number[] = [],
  held: readonly string[] = DEFAULT_CAPABILITIES,
): number {
  return interpret(unpackProgram(defaultFilter("x64", held)), {
    nr: syscallNumber("x64", name),
    arch: NATIVE.x64,
    args: args.map(BigInt),
  }).ret;
}

const errno = (name: ErrnoName): number => SECCOMP_RET.ERRNO | errnoNumber(name);

describe("the default profile", () => {
  test("has each call of both machines in one group, and no other word", () => {
    const named = GROUPS.flatMap(callsOf);
    expect(named.toSorted()).toEqual([...new Set(named)].toSorted());
    const known = new Set(ARCHES.flatMap((arch) => Object.keys(syscallTable(arch))));
    expect(new Set(named)).toEqual(known);
  });

  test("says why, in every group", () => {
    expect(GROUPS.filter(({ title, why }) => title === "" || !why.endsWith("."))).toEqual([]);
  });

  test("is compiled as it is written", () => {
    if (UPDATE) writeFileSync(PREBUILT, prebuiltSource());
    const squeeze = (text: string): string => text.replaceAll(/\s+/g, "");
    expect(squeeze(readFileSync(PREBUILT, "utf8"))).toBe(squeeze(prebuiltSource()));
  });

  test.each(ARCHES)(
    "costs 12 instructions at most on %s, for any number, but for calls with rules about arguments",
    (arch) => {
      const program = unpackProgram(defaultFilter(arch, DEFAULT_CAPABILITIES));
      const policy = defaultPolicy(arch);
      const numbers = [...Array(1024).keys(), 0x3fffffff, 0x40000000, 0x400003ff, 0xffffffff];
      const plain = numbers.filter((nr) => (policy.calls.get(nr)?.rules.length ?? 0) === 0);
      const costs = plain.map((nr) => interpret(program, { nr, arch: NATIVE[arch], args: [] }).count);
      expect(plain.length).toBeGreaterThan(1000);
      expect(Math.max(...costs)).toBeLessThanOrEqual(12);
    },
  );

  test.each<[SyscallName, readonly number[], number]>([
    ["read", [], SECCOMP_RET.ALLOW],
    ["ptrace", [], SECCOMP_RET.ALLOW],
    ["clone3", [], errno("ENOSYS")],
    ["clone", [17], SECCOMP_RET.ALLOW],
    ["clone", [0x10000011], errno("EPERM")],
    ["clone", [0x1_0000_0011], SECCOMP_RET.ALLOW],
    ["unshare", [0x400], SECCOMP_RET.ALLOW],
    ["unshare", [0x80], errno("EPERM")],
    ["setns", [], errno("EPERM")],
    ["mount", [], errno("EPERM")],
    ["keyctl", [], errno("EPERM")],
    ["bpf", [], errno("EPERM")],
    ["io_uring_setup", [], errno("EPERM")],
    ["ioctl", [0, 0x5412], errno("EPERM")],
    ["ioctl", [0, 0x1_0000_5412], errno("EPERM")],
    ["ioctl", [0, 0x541c], errno("EPERM")],
    ["ioctl", [0, 0x5413], SECCOMP_RET.ALLOW],
    ["socket", [1, 1], SECCOMP_RET.ALLOW],
    ["socket", [10, 1], SECCOMP_RET.ALLOW],
    ["socket", [16, 3, 0], SECCOMP_RET.ALLOW],
    ["socket", [16, 3, 12], errno("EPERM")],
    ["socket", [17, 3], errno("EPERM")],
    ["socket", [40, 1], errno("EAFNOSUPPORT")],
    ["socket", [38, 5], errno("EAFNOSUPPORT")],
    ["personality", [0], SECCOMP_RET.ALLOW],
    ["personality", [0xffff_ffff], SECCOMP_RET.ALLOW],
    ["personality", [0x400000], errno("EPERM")],
  ])("answers %s%j with %d", (name, args, ret) => {
    expect(verdict(name, args)).toBe(ret);
  });

  test.each<[SyscallName, readonly number[], string]>([
    ["mount", [], "nested"],
    ["clone", [0x10000011], "nested"],
    ["unshare", [0x10000000], "nested"],
    ["clone3", [], "nested"],
    ["setns", [], "CAP_SYS_ADMIN"],
    ["bpf", [], "CAP_BPF"],
    ["bpf", [], "CAP_SYS_ADMIN"],
    ["socket", [17, 3], "CAP_NET_ADMIN"],
    ["settimeofday", [], "CAP_SYS_TIME"],
  ])("lets %s%j through to who has %s", (name, args, held) => {
    expect(verdict(name, args, [held])).toBe(SECCOMP_RET.ALLOW);
    expect(verdict(name, args, [])).not.toBe(SECCOMP_RET.ALLOW);
  });

  test("lets nobody use keys or io_uring, whatever he holds", () => {
    const all = Object.keys({ nested: 1, CAP_SYS_ADMIN: 1, CAP_SYS_RESOURCE: 1 });
    expect(verdict("keyctl", [], all)).toBe(errno("EPERM"));
    expect(verdict("io_uring_setup", [], all)).toBe(errno("EPERM"));
  });

  test("refuses x32 calls and unheard-of ones with ENOSYS, and ends who makes 32-bit calls", () => {
    const program = unpackProgram(defaultFilter("x64", DEFAULT_CAPABILITIES));
    const at = (nr: number, arch: number): number => interpret(program, { nr, arch, args: [] }).ret;
    expect(at(0x40000000 | syscallNumber("x64", "getpid"), NATIVE.x64)).toBe(errno("ENOSYS"));
    expect(at(0xffffffff, NATIVE.x64)).toBe(errno("ENOSYS"));
    expect(at(600, NATIVE.x64)).toBe(errno("ENOSYS"));
    expect(at(20, AUDIT_ARCH.I386)).toBe(SECCOMP_RET.KILL_PROCESS);
    const arm = unpackProgram(defaultFilter("arm64", DEFAULT_CAPABILITIES));
    expect(interpret(arm, { nr: 20, arch: AUDIT_ARCH.ARM, args: [] }).ret).toBe(SECCOMP_RET.KILL_PROCESS);
  });
});
