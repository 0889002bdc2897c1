// The calls of a visit to a namespace that is our own too: no helper is needed to make them, nor loaded.
import { rawSyscall } from "#ffi/libc/syscall.ts";
import type { Arg, Call, MemoryArg } from "#ffi/tape/call.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import type { Peeked } from "#src/run/peek.ts";
import { findIn, mapList } from "./groups/lists.ts";

/** Makes them in this process, as peek() does in its helper; knows of calls what visits say. */
export function playHere(calls: readonly Call[]): Peeked {
  const areas = new Map<string, Uint8Array>();
  const results = new Map<string, number>();
  const areaOf = ({ name, size, at }: MemoryArg): Uint8Array => {
    const area = areas.get(name) ?? new Uint8Array(size);
    areas.set(name, area);
    return area.subarray(at);
  };
  const wordOf = (arg: Arg): number | bigint | string | Uint8Array => {
    if (typeof arg !== "object" || arg instanceof Uint8Array) return arg;
    if (arg.kind === "memory") return areaOf(arg);
    if (arg.kind === "result") return results.get(arg.label) ?? 0;
    throw new TypeError(`Cannot make a call here: ${arg.kind} is for the helper`);
  };
  let failure: Peeked["failure"];
  for (let at = 0; at < calls.length && failure === undefined;) {
    const call = calls[at];
    if (call === undefined) break;
    const result = make(call, mapList(call.args, wordOf));
    if (call.label !== undefined) results.set(call.label, result);
    if (call.save !== undefined) viewOf(areaOf(call.save)).setBigInt64(0, BigInt(result), true);
    const next = nextLabel(call, result);
    if (next === FAILED) failure = { syscall: call.name, errno: -result };
    at = next === undefined || next === FAILED ? at + 1 : indexOf(calls, next);
  }
  return { area: (name) => areas.get(name), failure };
}

function indexOf(calls: readonly Call[], label: string): number {
  let at = 0;
  while (at < calls.length && calls[at]?.label !== label) at++;
  return at;
}

/** A call of that name, or the runner's own "load": the word at an address, and something more. */
function make(call: Call, words: readonly (number | bigint | string | Uint8Array)[]): number {
  if (call.name !== "load") return rawSyscall(call.name, ...words);
  const first = words[0];
  return first instanceof Uint8Array ? viewOf(first).getUint32(0, true) + Number(words[1] ?? 0) : 0;
}

const FAILED: unique symbol = Symbol("no way on is given");

/** Undefined: the next call. */
function nextLabel({ cases = [], fail }: Call, result: number): string | undefined | typeof FAILED {
  if (result >= 0) return undefined;
  const found = findIn(cases, ({ equals }) => typeof equals === "string" && -errnoNumber(equals) === result);
  if (found !== undefined) return found.then === "next" ? undefined : found.then;
  return fail ?? FAILED;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
