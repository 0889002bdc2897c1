// Profiles and calls from a seed.
//
// Tame ones leave out what libseccomp has no word of its own on (rules on one call that overlap and disagree) and what
// version 2.5.4 gets wrong: it merges a call's rules into one tree without a way back, so that one that looks at several
// arguments, or compares by order, can hide another. Ours are held to what the rules say: see decide().
import { OPERATORS, type ProfileArgument } from "#src/seccomp/profile.ts";
import type { Policy, SyscallData } from "#src/seccomp/policy.ts";
import { NATIVE } from "#src/seccomp/compile.ts";
import { syscallTable } from "#ffi/uapi/syscalls.ts";
import { pick, type Random } from "./random-text.ts";

/** The newest call that Debian's libseccomp knows. */
const NEWEST = 448;
/** KERNEL: uretprobe and uprobe are no calls of a program's own, and newer kernels ask no filter about them. */
const UNFILTERED: readonly number[] = [335, 336];
const NAMES = Object.entries(syscallTable("x64"))
  .filter(([, nr]) => nr <= NEWEST && !UNFILTERED.includes(nr))
  .map(([name]) => name);
const ACTIONS: readonly (readonly [action: string, errnoRet?: number])[] = [
  ["SCMP_ACT_ALLOW"],
  ["SCMP_ACT_ERRNO", 1],
  ["SCMP_ACT_ERRNO", 38],
  ["SCMP_ACT_ERRNO"],
  ["SCMP_ACT_KILL_PROCESS"],
  ["SCMP_ACT_KILL_THREAD"],
  ["SCMP_ACT_TRAP"],
  ["SCMP_ACT_LOG"],
  ["SCMP_ACT_TRACE", 7],
  ["SCMP_ACT_NOTIFY"],
];

export interface RandomRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly ProfileArgument[];
}

export interface RandomProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly syscalls: readonly RandomRule[];
}

function randomAction(random: Random): Pick<RandomRule, "action" | "errnoRet"> {
  const [action, errnoRet] = ACTIONS[random(ACTIONS.length)] ?? ["SCMP_ACT_ALLOW"];
  return errnoRet === undefined ? { action } : { action, errnoRet };
}

function randomWord(random: Random): bigint {
  const half = (): bigint => BigInt([0, 1, random(16), random(2 ** 32), 0xffff_ffff, 0x8000_0000][random(6)] ?? 0);
  return (half() << 32n) | half();
}

/** Comparisons that libseccomp merges rightly. */
const EQUALITIES: readonly ProfileArgument["op"][] = ["SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"];

function randomArgument(random: Random, index: number, ops: readonly ProfileArgument["op"][]): ProfileArgument {
  const op = ops[random(ops.length)] ?? "SCMP_CMP_EQ";
  const value = randomWord(random) || 1n; // a mask of 0 compares nothing
  return { index, op, value, valueTwo: op === "SCMP_CMP_MASKED_EQ" ? randomWord(random) & value : 0n };
}

/** Some of the indexes 0 to 5, in order. */
function randomIndexes(random: Random): readonly number[] {
  const count = 1 + random(3);
  const chosen = new Set(Array.from({ length: count }, () => random(6)));
  return [...chosen].toSorted((a, b) => a - b);
}

/** Rules with arguments for one call: all of one action, or on values of one argument that exclude each other. */
function randomArgumentRules(random: Random, name: string, tame: boolean): readonly RandomRule[] {
  const count = 1 + random(4);
  const index = random(6);
  if (random(2) === 0) {
    const values = new Set(Array.from({ length: count }, () => randomWord(random)));
    return [...values].map((value) => ({
      names: [name],
      ...randomAction(random),
      args: [{ index, op: "SCMP_CMP_EQ" as const, value, valueTwo: 0n }],
    }));
  }
  const action = randomAction(random);
  return Array.from({ length: count }, () => ({
    names: [name],
    ...(tame ? action : randomAction(random)),
    args: (tame && count > 1 ? [index] : randomIndexes(random)).map((one) =>
      randomArgument(random, one, tame && count > 1 ? EQUALITIES : OPERATORS),
    ),
  }));
}

/** A profile such as people write: some calls by name, some by their arguments. */
export function randomProfile(random: Random, { tame }: { readonly tame: boolean }): RandomProfile {
  const { action, errnoRet } = randomAction(random);
  const groups = Array.from({ length: 1 + random(6) }, () => ({
    names: Array.from({ length: 1 + random(60) }, () => pick(random, NAMES)),
    ...randomAction(random),
  }));
  const named = new Set(Array.from({ length: random(20) }, () => pick(random, NAMES)));
  const compared = [...named].flatMap((name) => randomArgumentRules(random, name, tame));
  const syscalls = random(2) === 0 ? [...groups, ...compared] : [...compared, ...groups];
  return { defaultAction: action, ...(errnoRet === undefined ? {} : { defaultErrnoRet: errnoRet }), syscalls };
}

/** Every number, and for calls whose arguments count many arguments near those that are compared. */
export function sampleCalls(policy: Policy, random: Random, samples: number): readonly SyscallData[] {
  const arch = NATIVE[policy.arch];
  const random6 = (): bigint[] => Array.from({ length: 6 }, () => randomWord(random));
  const all = Array.from({ length: 512 }, (_, nr) => ({ nr, arch, args: random6() })).filter(
    ({ nr }) => !UNFILTERED.includes(nr),
  );
  const compared = [...policy.calls].flatMap(([nr, { rules }]) => {
    if (rules.length === 0) return [];
    const conditions = rules.flatMap(({ when }) => when);
    return Array.from({ length: samples }, () => {
      const args = random6();
      // Most arguments as one rule wants them, or just beside it.
      const rule = rules[random(rules.length)];
      for (const { arg, value } of [...(rule?.when ?? []), ...(random(3) === 0 ? conditions : [])])
        args[arg] = BigInt.asUintN(
          64,
          value + BigInt([0, 0, 0, 0, 1, -1][random(6)] ?? 0) + (random(8) === 0 ? 1n << 32n : 0n),
        );
      return { nr, arch, args };
    });
  });
  return [...all, ...compared];
}
