// Policy → BPF. The call's number is looked up in a balanced tree of ranges, so that each call costs about the same.
import { AUDIT_ARCH, SECCOMP_DATA, SECCOMP_RET, X32_SYSCALL_BIT } from "#ffi/uapi/seccomp.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { NsboxError } from "#src/error.ts";
import { compileCondition } from "./compile-condition.ts";
import { Emitter, type Target } from "./emit.ts";
import { type Arch, type CallPolicy, type Policy, refuse, type Verdict } from "./policy.ts";
import { CODE, type Instruction, INSTRUCTIONS_MAX } from "./program.ts";

/** The machine's own calls; all others are foreign. */
export const NATIVE: Readonly<Record<Arch, number>> = { x64: AUDIT_ARCH.X86_64, arm64: AUDIT_ARCH.AARCH64 };

/**
 * 32-bit calls (`int 0x80` on x86-64) end the process: they have numbers of their own, which no profile here is about,
 * and whoever makes one past a filter is a 32-bit program that would not get far, or up to something. See D-11.
 */
export const FOREIGN: Verdict = { ret: SECCOMP_RET.KILL_PROCESS, liftedBy: [] };

/** x32 calls have the machine's own arch, so they are told by their number; most kernels have none of them. */
export const X32: Verdict = refuse(errnoNumber("ENOSYS"));

export interface Compiled {
  readonly program: readonly Instruction[];
  /** For each capability, and "nested": the returns that are ALLOW for who holds it. */
  readonly lifts: Readonly<Record<string, readonly number[]>>;
}

/** Calls from `first` up to the next range's. */
interface Range {
  readonly first: number;
  readonly target: Target;
}

/** The program. Throws NsboxError EUSAGE where the kernel would not take it. */
export function compilePolicy(policy: Policy): Compiled {
  const emitter = new Emitter();
  const ranges = buildRanges(policy, emitter);
  const tree = compileTree(emitter, ranges, 0, ranges.length);
  emitter.emit(CODE.load, SECCOMP_DATA.offsets.nr);
  const lookUp = "verdict" in tree ? emitter.return(tree.verdict) : emitter.length - 1;
  emitter.branch(CODE.equal, NATIVE[policy.arch], { at: lookUp, known: {} }, { verdict: FOREIGN });
  emitter.emit(CODE.load, SECCOMP_DATA.offsets.arch);
  const compiled = emitter.finish();
  if (compiled.program.length <= INSTRUCTIONS_MAX) return compiled;
  throw new NsboxError(
    "EUSAGE",
    `Cannot compile the seccomp profile: it takes ${compiled.program.length} instructions`,
    {
      hint: `the kernel takes ${INSTRUCTIONS_MAX} at most: compare fewer arguments`,
    },
  );
}

/** Every number there is, as ranges of the same verdict. */
function buildRanges({ arch, calls, unlisted }: Policy, emitter: Emitter): readonly Range[] {
  const pieces = new Map<string, Target>();
  const ranges: (Range & { readonly key: string })[] = [];
  const add = (first: number, call: CallPolicy): void => {
    const key = keyOf(call);
    if (ranges.at(-1)?.key === key) return;
    const target = pieces.get(key) ?? compileCall(emitter, call);
    pieces.set(key, target);
    ranges.push({ first, key, target });
  };
  const rest: CallPolicy = { rules: [], otherwise: unlisted.verdict, why: "" };
  let next = 0;
  for (const nr of [...calls.keys()].toSorted((a, b) => a - b)) {
    if (nr > next || next === 0) add(next, rest);
    const call = calls.get(nr);
    if (call !== undefined) add(nr, call);
    next = nr + 1;
  }
  add(next, rest);
  if (arch === "x64") add(X32_SYSCALL_BIT, { rules: [], otherwise: X32, why: "" });
  // A range that ends where it begins, before a call numbered 0, is none.
  return ranges.filter(({ first }, n) => ranges[n + 1]?.first !== first);
}

/** The same for calls about which the same is decided. */
function keyOf({ rules, otherwise }: CallPolicy): string {
  const verdict = ({ ret, liftedBy }: Verdict): string => `${ret}/${liftedBy.join("+")}`;
  const texts = rules.map(({ when, verdict: then }) => {
    const conditions = when.map(({ arg, operator, mask, value }) => `${arg} ${operator} ${mask} ${value}`);
    return `${conditions.join(" & ")} ? ${verdict(then)}`;
  });
  return [...texts, verdict(otherwise)].join(" : ");
}

function compileCall(emitter: Emitter, { rules, otherwise }: CallPolicy): Target {
  let next: Target = { verdict: otherwise };
  for (const { when, verdict } of rules.toReversed()) {
    let met: Target = { verdict };
    for (const condition of when.toReversed()) met = compileCondition(emitter, condition, met, next);
    next = met;
  }
  return next;
}

function compileTree(emitter: Emitter, ranges: readonly Range[], from: number, end: number): Target {
  const middle = (from + end) >>> 1;
  const range = ranges[end - from === 1 ? from : middle];
  if (range === undefined) throw new RangeError("a tree of no ranges");
  if (end - from === 1) return range.target;
  const above = compileTree(emitter, ranges, middle, end);
  const below = compileTree(emitter, ranges, from, middle);
  return { at: emitter.branch(CODE.notLess, range.first, above, below), known: {} };
}
