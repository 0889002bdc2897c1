// The definition of the tape: what a runner must do with it, in TypeScript.
import { ERROR_MIN, RECORD_BYTES, WORD } from "./format.ts";

/** A tape's memory as the simulated kernel sees it. */
export interface Memory {
  readonly base: number;
  readonly view: DataView;
}

/** What a system call does: it may write to the memory, and returns its result. */
export type Kernel = (nr: number, args: readonly bigint[], memory: Memory, record: number) => bigint;

/** Thrown by a Kernel to end the simulated process. */
export class ProcessEnd {
  readonly status: number;
  constructor(status: number) {
    this.status = status;
  }
}

export interface Outcome {
  /** Indices of the records that ran, in order. */
  readonly trace: readonly number[];
  /** The last result where the tape returned, or the status where the process ended. */
  readonly end:
    { readonly kind: "return"; readonly result: bigint } | { readonly kind: "exit"; readonly status: number };
}

const STEPS_MAX = 100_000;

/** Runs a tape against a simulated kernel. `bytes` is changed as the runner would change it. */
export function simulate(tape: { bytes: Uint8Array; base: number; entry: number }, kernel: Kernel): Outcome {
  const { bytes, base } = tape;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const memory: Memory = { base, view };
  const trace: number[] = [];
  let at = tape.entry;
  let result = 0n;
  try {
    while (at !== 0) {
      if (trace.length >= STEPS_MAX) throw new RangeError("the tape does not end");
      trace.push((at - base) / RECORD_BYTES);
      result = step(memory, at, kernel);
      at = follow(memory, at, result);
    }
  } catch (end) {
    if (end instanceof ProcessEnd) return { trace, end: { kind: "exit", status: end.status } };
    throw end;
  }
  return { trace, end: { kind: "return", result } };
}

function wordAt(memory: Memory, record: number, word: number): bigint {
  return memory.view.getBigInt64(record - memory.base + word * 8, true);
}

/** Issues the record's call and stores its result. */
function step(memory: Memory, record: number, kernel: Kernel): bigint {
  const nr = Number(wordAt(memory, record, WORD.nr));
  const args = [0, 1, 2, 3, 4, 5].map((n) => wordAt(memory, record, WORD.a0 + n));
  const [a0 = 0n, a1 = 0n] = args;
  const result =
    nr < 0
      ? BigInt(memory.view.getUint32(Number(a0) - memory.base, true)) + a1
      : kernel(nr, args, memory, (record - memory.base) / RECORD_BYTES);
  memory.view.setBigInt64(Number(wordAt(memory, record, WORD.store)) - memory.base, result, true);
  return result;
}

/** The address of the record that follows, given this one's result. */
function follow(memory: Memory, record: number, result: bigint): number {
  if (result === wordAt(memory, record, WORD.when1)) return Number(wordAt(memory, record, WORD.then1));
  if (result === wordAt(memory, record, WORD.when2)) return Number(wordAt(memory, record, WORD.then2));
  if (result >= ERROR_MIN && result < 0n) {
    const to = Number(wordAt(memory, record, WORD.fail));
    memory.view.setBigInt64(to - memory.base + WORD.failedRecord * 8, BigInt(record), true);
    memory.view.setBigInt64(to - memory.base + WORD.failedResult * 8, result, true);
    return to;
  }
  return Number(wordAt(memory, record, WORD.next));
}
