// Profile → Policy, for one machine and one set of capabilities. What rules mean together is what libseccomp makes of
// them, since that is what profiles are written for.
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { syscallTable } from "#ffi/uapi/syscalls.ts";
import { ACTIONS, type ActionName, WITH_DATA } from "./actions.ts";
import { type ArgumentRule, type CallPolicy, type Condition, type Policy, type Verdict, WORD_MAX } from "./policy.ts";
import type { Profile, ProfileArgument, ProfileFilter, ProfileRule } from "./profile.ts";

/** What decides which rules count. */
export interface ResolveFor {
  readonly arch: Policy["arch"];
  readonly kernel: readonly [major: number, minor: number];
  /** The bounding set: what the box may ever have. */
  readonly caps: readonly string[];
}

/** Names of this machine in the arches of Docker and Podman, which are Go's. */
const ARCH_NAME: Readonly<Record<Policy["arch"], string>> = { x64: "amd64", arm64: "arm64" };

/** What the profile decides about every call of this machine. */
export function resolveProfile(profile: Profile, where: ResolveFor): Policy {
  const fallback = verdictOf(profile.defaultAction, profile.defaultErrnoRet);
  const numbers = syscallTable(where.arch);
  const calls = new Map<number, CallPolicy>();
  const why = "no rule of the profile fits, so that its defaultAction holds";
  for (const [n, rule] of profile.rules.entries()) {
    const verdict = verdictOf(rule.action, rule.errnoRet);
    // libseccomp takes no rule that says what the default says already, and runtimes leave it out.
    if (!counts(rule, where) || verdict.ret === fallback.ret) continue;
    for (const name of rule.names) {
      const nr = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
      if (nr === undefined) continue; // of another machine, or newer than nsbox
      const before = calls.get(nr) ?? { rules: [], otherwise: fallback, why };
      calls.set(nr, addRule(before, rule, verdict, `rule ${n + 1} of the profile, syscalls[${n}]`, why));
    }
  }
  return { arch: where.arch, calls, unlisted: { verdict: fallback, why } };
}

function verdictOf(action: ActionName, errnoRet: number | undefined): Verdict {
  const data = WITH_DATA.includes(action) ? (errnoRet ?? errnoNumber("EPERM")) : 0;
  return { ret: (ACTIONS[action] | data) >>> 0, liftedBy: [] };
}

/** Among rules without arguments the first holds, and it outdoes all rules with arguments. */
function addRule(before: CallPolicy, rule: ProfileRule, verdict: Verdict, why: string, none: string): CallPolicy {
  if (before.rules.length === 0 && before.why !== none) return before;
  if (rule.args.length === 0) return { rules: [], otherwise: verdict, why };
  const rules = alternatives(rule.args).map((args): ArgumentRule => ({ when: args.map(conditionOf), verdict, why }));
  return { ...before, rules: [...before.rules, ...rules] };
}

/** As runc and crun have it: a rule that looks at one argument twice is one rule for each comparison. */
function alternatives(args: readonly ProfileArgument[]): readonly (readonly ProfileArgument[])[] {
  const twice = new Set(args.map(({ index }) => index)).size < args.length;
  return twice ? args.map((arg) => [arg]) : [args];
}

function conditionOf({ index: arg, op, value, valueTwo }: ProfileArgument): Condition {
  switch (op) {
    case "SCMP_CMP_MASKED_EQ":
      return { arg, operator: "EQ", mask: value, value: valueTwo };
    case "SCMP_CMP_EQ":
      return { arg, operator: "EQ", mask: WORD_MAX, value };
    case "SCMP_CMP_NE":
      return { arg, operator: "NE", mask: WORD_MAX, value };
    case "SCMP_CMP_LT":
      return { arg, operator: "LT", mask: WORD_MAX, value };
    case "SCMP_CMP_LE":
      return { arg, operator: "LE", mask: WORD_MAX, value };
    case "SCMP_CMP_GT":
      return { arg, operator: "GT", mask: WORD_MAX, value };
    case "SCMP_CMP_GE":
      return { arg, operator: "GE", mask: WORD_MAX, value };
  }
}

/** As Docker and Podman have it: every capability that is included must be held, and none that is excluded. */
function counts({ includes, excludes }: ProfileRule, where: ResolveFor): boolean {
  const held = (name: string): boolean => where.caps.includes(name);
  const isHere = ({ arches }: ProfileFilter): boolean => arches.includes(ARCH_NAME[where.arch]);
  const isReached = ({ minKernel }: ProfileFilter): boolean =>
    minKernel !== undefined &&
    (where.kernel[0] > minKernel[0] || (where.kernel[0] === minKernel[0] && where.kernel[1] >= minKernel[1]));
  return (
    includes.caps.every(held) &&
    (includes.arches.length === 0 || isHere(includes)) &&
    (includes.minKernel === undefined || isReached(includes)) &&
    !excludes.caps.some(held) &&
    !isHere(excludes) &&
    !isReached(excludes)
  );
}
