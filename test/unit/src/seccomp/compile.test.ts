import { describe, expect, test } from "bun:test";
import { AUDIT_ARCH, SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { compilePolicy, NATIVE } from "#src/seccomp/compile.ts";
import { disassembleProgram } from "#src/seccomp/disassemble.ts";
import { interpret } from "#src/seccomp/interpret.ts";
import { ALLOW, type ArgumentRule, type CallPolicy, decide, isMet, type Policy, refuse } from "#src/seccomp/policy.ts";
import { INSTRUCTIONS_MAX, packProgram, unpackProgram } from "#src/seccomp/program.ts";
import { randomProfile, sampleCalls } from "#test/support/random-profile.ts";
import { SEED, seededRandom } from "#test/support/random-text.ts";
import { parseProfile } from "#src/seccomp/parse-profile.ts";
import { resolveProfile } from "#src/seccomp/resolve-profile.ts";

const WORD = 0xffff_ffff_ffff_ffffn;

function policyOf(calls: ReadonlyMap<number, CallPolicy>): Policy {
  return { arch: "x64", calls, unlisted: { verdict: refuse(38), why: "" } };
}

function equals(value: bigint, errno: number): ArgumentRule {
  return { when: [{ arg: 0, operator: "EQ", mask: WORD, value }], verdict: refuse(errno), why: "" };
}

describe("compilePolicy()", () => {
  test.each(["x64", "arm64"] as const)("decides as the policy does, for random profiles on %s", (arch) => {
    for (let n = 0; n < 40; n++) {
      const raw = randomProfile(seededRandom(SEED + n), { tame: false });
      const policy = resolveProfile(parseProfile(raw, "p"), { arch, kernel: [6, 1], caps: [] });
      const { program } = compilePolicy(policy);
      for (const call of sampleCalls(policy, seededRandom(SEED + n), 50))
        expect(interpret(program, call).ret).toBe(decide(policy, call.nr, call.args).verdict.ret);
    }
  });

  test("reaches over more than 255 instructions", () => {
    const rules = Array.from({ length: 200 }, (_, n) => equals(BigInt(n) << 32n, 1 + (n % 10)));
    const calls = new Map([0, 2, 4, 100].map((nr) => [nr, { rules: rules.slice(nr), otherwise: ALLOW, why: "" }]));
    const policy = policyOf(calls);
    const { program } = compilePolicy(policy);
    expect(program.length).toBeGreaterThan(1000);
    for (const nr of [0, 1, 2, 3, 4, 100, 101])
      for (const word of [0n, 5n << 32n, 150n << 32n, 199n << 32n, 7n])
        expect(interpret(program, { nr, arch: NATIVE.x64, args: [word] }).ret).toBe(
          decide(policy, nr, [word]).verdict.ret,
        );
  });

  test("refuses what the kernel would not take", () => {
    const rules = Array.from({ length: 3000 }, (_, n) => equals(BigInt(n) << 32n, 1 + (n % 100)));
    const policy = policyOf(new Map([[0, { rules, otherwise: ALLOW, why: "" }]]));
    expect(() => compilePolicy(policy)).toThrow(`the seccomp profile: it takes`);
    expect(INSTRUCTIONS_MAX).toBe(4096);
  });

  test("looks at a word once where one rule follows another", () => {
    const rules = [1n, 2n, 3n].map((value) => equals(value, 5));
    const { program } = compilePolicy(policyOf(new Map([[7, { rules, otherwise: ALLOW, why: "" }]])));
    const cost = (word: bigint): number => interpret(program, { nr: 7, arch: NATIVE.x64, args: [word] }).count;
    expect(cost(2n) - cost(1n)).toBe(1);
    expect(cost(3n) - cost(2n)).toBe(1);
  });

  test("asks for the arch first, and ends who is foreign", () => {
    const { program } = compilePolicy(policyOf(new Map()));
    expect(interpret(program, { nr: 0, arch: AUDIT_ARCH.I386, args: [] })).toEqual({
      ret: SECCOMP_RET.KILL_PROCESS,
      count: 3,
    });
  });

  test("names the returns that a capability lifts", () => {
    const calls = new Map([[3, { rules: [], otherwise: refuse(1, ["CAP_BPF", "nested"]), why: "" }]]);
    const { program, lifts } = compilePolicy(policyOf(calls));
    expect(Object.keys(lifts)).toEqual(["CAP_BPF", "nested"]);
    for (const at of Object.values(lifts).flat()) expect(program[at]?.k).toBe(SECCOMP_RET.ERRNO | 1);
  });
});

describe("a program", () => {
  const { program } = compilePolicy(policyOf(new Map([[1, { rules: [equals(9n, 5)], otherwise: ALLOW, why: "" }]])));

  test("is packed to 8 bytes an instruction, and unpacked again", () => {
    expect(packProgram(program).length).toBe(program.length * 8);
    expect(unpackProgram(packProgram(program))).toEqual(program);
  });

  test("is shown with labels, names and answers", () => {
    expect(disassembleProgram(program, "x64")).toMatchInlineSnapshot(`
      "         0  A = the call's arch
               1  if A == X86_64 goto L1
               2  return end the process
      L1:      3  A = the call's number
               4  if A >= 1 (write) then go on else goto L2
               5  if A >= 2 (open) then go on else goto L3
      L2:      6  return refuse with ENOSYS (Function not implemented)
      L3:      7  A = arg 0, high half
               8  if A == 0x0 then go on else goto L4
               9  A = arg 0, low half
              10  if A == 0x9 goto L5
      L4:     11  return allow
      L5:     12  return refuse with EIO (Input/output error)
      "
    `);
  });
});

describe("isMet()", () => {
  test("compares words of 64 bits without a sign", () => {
    expect(isMet({ arg: 0, operator: "GT", mask: WORD, value: 1n << 63n }, [WORD])).toBe(true);
    expect(isMet({ arg: 1, operator: "EQ", mask: WORD, value: 0n }, [1n])).toBe(true);
  });
});
