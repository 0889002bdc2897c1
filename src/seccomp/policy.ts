// What a filter decides, before it is a program: the form that profiles are resolved to and programs are compiled from.
import { SECCOMP_RET } from "#ffi/uapi/seccomp.ts";

export type Arch = "x64" | "arm64";

/** What becomes of a call. */
export interface Verdict {
  /** What the filter returns, see SECCOMP_RET. */
  readonly ret: number;
  /** Whoever holds one of these may make the call after all: names of capabilities, or "nested". */
  readonly liftedBy: readonly string[];
}

export type Operator = "EQ" | "NE" | "LT" | "LE" | "GT" | "GE";

/** An argument, or the bits of it that the mask names, compared with a value; both are unsigned words of 64 bits. */
export interface Condition {
  readonly arg: number;
  readonly operator: Operator;
  readonly mask: bigint;
  readonly value: bigint;
}

/** What holds for calls whose arguments meet every condition. */
export interface ArgumentRule {
  readonly when: readonly Condition[];
  readonly verdict: Verdict;
  /** For people: where the rule comes from. */
  readonly why: string;
}

/** One system call: the first rule that fits, or else `otherwise`. */
export interface CallPolicy {
  readonly rules: readonly ArgumentRule[];
  readonly otherwise: Verdict;
  readonly why: string;
}

export interface Policy {
  readonly arch: Arch;
  /** By the number of the call. */
  readonly calls: ReadonlyMap<number, CallPolicy>;
  /** Numbers without a policy of their own. */
  readonly unlisted: { readonly verdict: Verdict; readonly why: string };
}

/** A call as a filter sees it, see `struct seccomp_data`. */
export interface SyscallData {
  readonly nr: number;
  readonly arch: number;
  readonly args: readonly bigint[];
}

export const WORD_MAX = 0xffff_ffff_ffff_ffffn;

/** The verdict that lets a call through. */
export const ALLOW: Verdict = { ret: SECCOMP_RET.ALLOW, liftedBy: [] };

/** The verdict that answers with an errno, see errno(3). */
export function refuse(errno: number, liftedBy: readonly string[] = []): Verdict {
  return { ret: SECCOMP_RET.ERRNO | errno, liftedBy };
}

/** What the verdict comes to for who holds these. */
export function lifted(verdict: Verdict, held: readonly string[]): number {
  return verdict.liftedBy.some((name) => held.includes(name)) ? SECCOMP_RET.ALLOW : verdict.ret;
}

export function isMet({ arg, operator, mask, value }: Condition, args: readonly bigint[]): boolean {
  const word = (args[arg] ?? 0n) & mask;
  switch (operator) {
    case "EQ":
      return word === value;
    case "NE":
      return word !== value;
    case "LT":
      return word < value;
    case "LE":
      return word <= value;
    case "GT":
      return word > value;
    case "GE":
      return word >= value;
  }
}

/** The verdict on a call of the policy's own machine, and why. */
export function decide(policy: Policy, nr: number, args: readonly bigint[]): { verdict: Verdict; why: string } {
  const call = policy.calls.get(nr);
  if (call === undefined) return policy.unlisted;
  const rule = call.rules.find(({ when }) => when.every((condition) => isMet(condition, args)));
  return rule ?? { verdict: call.otherwise, why: call.why };
}
