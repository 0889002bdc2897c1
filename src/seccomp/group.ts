// What a group of the default profile is: calls about which the same is decided, and why.
import { ALLOW, type ArgumentRule, type Condition, type Verdict } from "./policy.ts";

export interface CallGroup {
  readonly title: string;
  /** For people: sentences. */
  readonly why: string;
  /** Names of calls, separated by blanks. */
  readonly calls: string;
  /** Looked at first, in this order. */
  readonly rules?: readonly ArgumentRule[];
  /** undefined: allowed. */
  readonly otherwise: Verdict | undefined;
}

const LOW = 0xffff_ffffn;

/** An argument that the kernel takes as 32 bits: what stands above them must not make a difference (CVE-2019-7303). */
export function equal(arg: number, value: number): Condition {
  return { arg, operator: "EQ", mask: LOW, value: BigInt(value) };
}

/** A rule that allows. */
export function allowWhen(...when: readonly Condition[]): ArgumentRule {
  return { when, verdict: ALLOW, why: "" };
}
