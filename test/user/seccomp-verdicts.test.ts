// Our filters against libseccomp's, and against the kernel, on the same profiles and the same calls.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { CAPS } from "#ffi/uapi/capability.ts";
import { SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { ACTIONS } from "#src/seccomp/actions.ts";
import { compilePolicy, NATIVE } from "#src/seccomp/compile.ts";
import { defaultPolicy } from "#src/seccomp/default-policy.ts";
import { interpret } from "#src/seccomp/interpret.ts";
import { parseProfile } from "#src/seccomp/parse-profile.ts";
import { decide, type Policy } from "#src/seccomp/policy.ts";
import { resolveProfile } from "#src/seccomp/resolve-profile.ts";
import { DEFAULT_CAPABILITIES } from "#src/spec/defaults.ts";
import { libseccompRules, openJudge, openLibseccomp, type RawProfile, retOf } from "#test/support/libseccomp.ts";
import { describeWith } from "#test/support/needs.ts";
import { randomProfile, sampleCalls } from "#test/support/random-profile.ts";
import { SEED, seededRandom } from "#test/support/random-text.ts";

const PODMAN = "/usr/share/containers/seccomp.json";
const PROFILES = 20;
const SAMPLES = 300;
const KERNEL = [6, 1] as const;

/** Compares all there is to compare; the kernel's word on both filters is asked for too. */
function compare(profile: RawProfile, policy: Policy, caps: readonly string[], seed: number): number {
  using libseccomp = openLibseccomp();
  using judge = openJudge();
  const { program } = compilePolicy(policy);
  const theirs = libseccomp.export(
    retOf(profile.defaultAction, profile.defaultErrnoRet),
    libseccompRules(profile, caps),
  );
  const calls = sampleCalls(policy, seededRandom(seed), SAMPLES);
  const [byOurs, byTheirs] = [judge.verdicts(program, calls), judge.verdicts(theirs, calls)];
  const different = calls.flatMap((call, n) => {
    const verdicts = {
      decided: decide(policy, call.nr, call.args).verdict.ret,
      ours: interpret(program, call).ret,
      theirs: interpret(theirs, call).ret,
      oursInKernel: byOurs[n],
      theirsInKernel: byTheirs[n],
    };
    return new Set(Object.values(verdicts)).size === 1 ? [] : [{ nr: call.nr, args: call.args.map(String), verdicts }];
  });
  expect(different).toEqual([]);
  return calls.length;
}

describeWith(["x64", "cc", "libseccomp"], "a filter, compared with libseccomp's and in the kernel", () => {
  describeWith(["podman-profile"], "for Podman's profile", () => {
    test.each([
      ["the default capabilities", DEFAULT_CAPABILITIES],
      ["none", []],
      ["all", CAPS],
    ])("gives the same verdicts with capabilities: %s", (_, caps) => {
      const raw = JSON.parse(readFileSync(PODMAN, "utf8")) as RawProfile; // Debian's file, which parseProfile() checks
      const policy = resolveProfile(parseProfile(raw, PODMAN), { arch: "x64", kernel: KERNEL, caps });
      expect(compare(raw, policy, caps, SEED)).toBeGreaterThan(512);
    });
  });

  test.each(Array.from({ length: PROFILES }, (_, n) => n + 1))(
    "gives the same verdicts for generated profile %d",
    (n) => {
      const raw = randomProfile(seededRandom(SEED + n), { tame: true });
      const policy = resolveProfile(parseProfile(raw, `generated ${n}`), { arch: "x64", kernel: KERNEL, caps: [] });
      expect(compare(raw, policy, [], SEED + n)).toBeGreaterThan(500);
    },
  );

  test("is what its rules say where libseccomp's is not: rules that overlap, disagree, and look at many arguments", () => {
    using judge = openJudge();
    for (let n = 1; n <= PROFILES; n++) {
      const raw = randomProfile(seededRandom(SEED + n), { tame: false });
      const policy = resolveProfile(parseProfile(raw, `wild ${n}`), { arch: "x64", kernel: KERNEL, caps: [] });
      const { program } = compilePolicy(policy);
      const calls = sampleCalls(policy, seededRandom(SEED + n), SAMPLES);
      const decided = calls.map(({ nr, args }) => decide(policy, nr, args).verdict.ret);
      expect(calls.map((call) => interpret(program, call).ret)).toEqual(decided);
      expect(judge.verdicts(program, calls)).toEqual(decided);
    }
  });

  test("for the default profile the kernel says what the interpreter says, for x32 too", () => {
    using judge = openJudge();
    const policy = defaultPolicy("x64");
    const { program } = compilePolicy(policy);
    const x32 = Array.from({ length: 600 }, (_, n) => ({ nr: 0x40000000 + n, arch: NATIVE.x64, args: [] }));
    const calls = [...sampleCalls(policy, seededRandom(SEED), SAMPLES), ...x32];
    expect(judge.verdicts(program, calls)).toEqual(calls.map((call) => interpret(program, call).ret));
  });
});

describe("what a filter answers", () => {
  test("is known by the kernel, action for action", () => {
    expect(Object.values(ACTIONS).toSorted()).toEqual(
      [SECCOMP_RET.KILL_THREAD, ...Object.values(SECCOMP_RET)].toSorted(),
    );
  });
});
