import { describe, expect, test } from "bun:test";
import { SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { syscallNumber } from "#ffi/uapi/syscalls.ts";
import { parseProfile } from "#src/seccomp/parse-profile.ts";
import { decide } from "#src/seccomp/policy.ts";
import { type ResolveFor, resolveProfile } from "#src/seccomp/resolve-profile.ts";

const HERE: ResolveFor = { arch: "x64", kernel: [6, 1], caps: ["CAP_SYS_ADMIN"] };
const { ALLOW, ERRNO } = SECCOMP_RET;
const allow = { names: ["read"], action: "SCMP_ACT_ALLOW" };

/** What the rules say to read(args). */
function verdict(rules: readonly object[], args: readonly bigint[] = [], where: Partial<ResolveFor> = {}): number {
  const profile = parseProfile({ defaultAction: "SCMP_ACT_ERRNO", syscalls: rules }, "p");
  const full = { ...HERE, ...where };
  return decide(resolveProfile(profile, full), syscallNumber(full.arch, "read"), args).verdict.ret;
}

const argument = (index: number, op: string, value: number, valueTwo = 0): object => ({ index, op, value, valueTwo });

describe("resolveProfile()", () => {
  test.each<[what: string, filter: object, where: Partial<ResolveFor>, ret: number]>([
    ["a capability that is held", { includes: { caps: ["CAP_SYS_ADMIN"] } }, {}, ALLOW],
    ["one of two capabilities", { includes: { caps: ["CAP_SYS_ADMIN", "CAP_BPF"] } }, {}, ERRNO | 1],
    ["without a capability that is held", { excludes: { caps: ["CAP_SYS_ADMIN"] } }, {}, ERRNO | 1],
    ["without a capability that is not held", { excludes: { caps: ["CAP_BPF"] } }, {}, ALLOW],
    ["this machine", { includes: { arches: ["arm", "amd64"] } }, {}, ALLOW],
    ["another machine", { includes: { arches: ["amd64"] } }, { arch: "arm64" }, ERRNO | 1],
    ["not this machine", { excludes: { arches: ["amd64"] } }, {}, ERRNO | 1],
    ["a kernel that is old enough", { includes: { minKernel: "6.1" } }, {}, ALLOW],
    ["a newer kernel", { includes: { minKernel: "6.2" } }, {}, ERRNO | 1],
    ["a much older kernel", { includes: { minKernel: "4.8" } }, { kernel: [5, 2] }, ALLOW],
    ["up to a kernel", { excludes: { minKernel: "5.10" } }, {}, ERRNO | 1],
  ])("counts a rule for %s", (_, filter, where, ret) => {
    expect(verdict([{ ...allow, ...filter }], [], where)).toBe(ret);
  });

  test("lets the first rule without arguments hold, over all rules with arguments", () => {
    const kill = { names: ["read"], action: "SCMP_ACT_KILL_PROCESS" };
    expect(verdict([allow, kill])).toBe(ALLOW);
    expect(verdict([{ ...kill, args: [argument(0, "SCMP_CMP_EQ", 0)] }, allow], [0n])).toBe(ALLOW);
  });

  test("takes a rule that says what the default says for none", () => {
    const same = { names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 1 };
    expect(verdict([same, allow])).toBe(ALLOW);
  });

  test("takes arguments of a rule together, but an argument that stands twice by itself", () => {
    const two = { ...allow, args: [argument(0, "SCMP_CMP_EQ", 1), argument(1, "SCMP_CMP_EQ", 2)] };
    expect([verdict([two], [1n, 2n]), verdict([two], [1n, 3n])]).toEqual([ALLOW, ERRNO | 1]);
    const twice = { ...allow, args: [argument(0, "SCMP_CMP_EQ", 1), argument(0, "SCMP_CMP_EQ", 2)] };
    expect([verdict([twice], [2n]), verdict([twice], [3n])]).toEqual([ALLOW, ERRNO | 1]);
  });

  test.each<[op: string, value: number, valueTwo: number, yes: bigint, no: bigint]>([
    ["SCMP_CMP_EQ", 7, 0, 7n, 0x1_0000_0007n],
    ["SCMP_CMP_NE", 7, 0, 0x1_0000_0007n, 7n],
    ["SCMP_CMP_LT", 7, 0, 6n, 7n],
    ["SCMP_CMP_LE", 7, 0, 7n, 8n],
    ["SCMP_CMP_GT", 7, 0, 0x1_0000_0000n, 7n],
    ["SCMP_CMP_GE", 7, 0, 7n, 6n],
    ["SCMP_CMP_MASKED_EQ", 0xf0, 0x30, 0x1_0000_0037n, 0x47n],
  ])("compares by %s", (op, value, valueTwo, yes, no) => {
    const rule = { ...allow, args: [argument(2, op, value, valueTwo)] };
    expect([verdict([rule], [0n, 0n, yes]), verdict([rule], [0n, 0n, no])]).toEqual([ALLOW, ERRNO | 1]);
  });

  test("passes over calls of other machines", () => {
    expect(verdict([{ ...allow, names: ["s390_pci_mmio_read", "__proto__", "read"] }])).toBe(ALLOW);
  });
});
