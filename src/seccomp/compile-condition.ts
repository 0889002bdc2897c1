// Comparisons of arguments as BPF: a filter sees a word of 64 bits as two of 32.
import { SECCOMP_DATA } from "#ffi/uapi/seccomp.ts";
import { type Condition, WORD_MAX } from "./policy.ts";
import type { Emitter, Piece, Target } from "./emit.ts";
import { CODE } from "./program.ts";

const LOW = 0xffff_ffffn;

/** One half of an argument: where it lies, the bits that count, and what they are compared with. */
interface Half {
  readonly offset: number;
  readonly mask: number;
  readonly value: number;
}

function halves({ arg, mask, value }: Condition): { readonly high: Half; readonly low: Half } {
  const offset = SECCOMP_DATA.offsets.args + arg * 8;
  return {
    low: { offset, mask: Number(mask & LOW), value: Number(value & LOW) },
    high: { offset: offset + 4, mask: Number((mask >> 32n) & LOW), value: Number((value >> 32n) & LOW) },
  };
}

/** Emits the comparison: to `yes` where it holds, to `no` where not. */
export function compileCondition(emitter: Emitter, condition: Condition, yes: Target, no: Target): Piece {
  switch (condition.operator) {
    case "EQ":
      return compileEqual(emitter, condition, yes, no);
    case "NE":
      return compileEqual(emitter, condition, no, yes);
    case "GT":
      return compileOrder(emitter, condition, CODE.greater, yes, no);
    case "GE":
      return compileOrder(emitter, condition, CODE.notLess, yes, no);
    case "LE":
      return compileOrder(emitter, condition, CODE.greater, no, yes);
    case "LT":
      return compileOrder(emitter, condition, CODE.notLess, no, yes);
  }
}

/** A is this half as it is. */
function loaded({ offset }: Half): string {
  return `A is ${offset}`;
}

function compileEqual(emitter: Emitter, condition: Condition, yes: Target, no: Target): Piece {
  const { high, low } = halves(condition);
  // Half an argument that doesn't count needs no look, unless the value could not be met.
  if (high.mask === 0 && high.value === 0) return compileHalf(emitter, low, yes, no, []);
  const settled = high.mask === 0xffff_ffff ? [`${high.offset} is ${high.value}`] : [];
  const second = compileHalf(emitter, low, yes, no, settled);
  const first = compileHalf(emitter, high, second, no, []);
  const [fact] = settled;
  // Whoever has come to know the high half, and holds the low one, goes on behind the second load.
  const shortcut = second.known[loaded(low)];
  if (fact === undefined || shortcut === undefined) return first;
  return { at: first.at, known: { ...first.known, [`${loaded(low)}, ${fact}`]: shortcut } };
}

/** `settled` is what is known of the other half by then. */
function compileHalf(emitter: Emitter, half: Half, yes: Target, no: Target, settled: readonly string[]): Piece {
  const { offset, mask, value } = half;
  const isWhole = mask === 0xffff_ffff;
  // Without a change of A what was loaded is still there.
  const holds = [...settled.map((fact) => `${loaded(half)}, ${fact}`), loaded(half)];
  let begin: number;
  if (isWhole) begin = emitter.branch(CODE.equal, value, yes, no, { yes: holds, no: holds });
  else if (value === 0) begin = emitter.branch(CODE.anyBit, mask, no, yes, { yes: holds, no: holds });
  else {
    emitter.branch(CODE.equal, value, yes, no);
    begin = emitter.emit(CODE.and, mask);
  }
  const at = emitter.emit(CODE.load, offset);
  return { at, known: { [loaded(half)]: begin } };
}

/** `code` compares the low halves: greater, or not less. */
function compileOrder(emitter: Emitter, condition: Condition, code: number, yes: Target, no: Target): Piece {
  const { high, low } = halves(condition);
  if (condition.mask !== WORD_MAX) throw new RangeError("an order of masked words is not a comparison of seccomp");
  const holdsLow = { yes: [loaded(low)], no: [loaded(low)] };
  const begin = emitter.branch(code, low.value, yes, no, holdsLow);
  const second: Piece = { at: emitter.emit(CODE.load, low.offset), known: { [loaded(low)]: begin } };
  const holdsHigh = { yes: [loaded(high)], no: [loaded(high)] };
  const equal = emitter.branch(CODE.equal, high.value, second, no, holdsHigh);
  const greater = emitter.branch(CODE.greater, high.value, yes, { at: equal, known: {} }, holdsHigh);
  return { at: emitter.emit(CODE.load, high.offset), known: { [loaded(high)]: greater } };
}
