// Whether the machine still answers as it did: one call of native code, where JavaScript would ask some fifty times.
import { addressOf } from "#ffi/libc/memory.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { assemble, type Tape } from "#ffi/tape/assemble.ts";
import { type Call, call, memory } from "#ffi/tape/call.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { checkCalls, type Observation, STALE } from "#src/ready/observation.ts";
import { nativeRunner } from "#src/run/native-runner.ts";
import type { Arch } from "#src/spec/facts.ts";

const SAME = 1;

/** The last result is what the runner returns; a load, as no filter refuses it. */
const ENDS: readonly Call[] = [
  call("load", [memory("zero", 8), SAME], { then: "return" }),
  call("load", [memory("zero", 8), 0], { label: STALE, then: "return" }),
];

/** Asks again, as often as wanted, until it is not so; undefined where memory can't be made executable. */
export function stillSo(observations: readonly Observation[], arch: Arch): (() => boolean) | undefined {
  const play = runner(arch);
  if (play === undefined) return undefined;
  const { bytes, entry } = place([...checkCalls(observations), ...ENDS], arch);
  // The address is that of the bytes, which this holds.
  return () => bytes.length > 0 && play(entry) === SAME;
}

/** Texts and answers take less than the records. */
const GUESS = 2 * RECORD_BYTES;

/** A tape in memory of its own, which the garbage collector takes back. */
function place(calls: readonly Call[], arch: Arch): Pick<Tape, "bytes" | "entry"> {
  for (let size = calls.length * GUESS; ;) {
    const bytes = new Uint8Array(size);
    const options = { arch, base: addressOf(bytes), fds: { report: -1 }, fdBase: 0, failStatus: 0 };
    const tape = assemble(calls, options);
    size = tape.bytes.length;
    if (size > bytes.length) continue;
    bytes.set(tape.bytes);
    return { bytes, entry: tape.entry };
  }
}

function runner(arch: Arch): ((tape: number) => number) | undefined {
  try {
    return nativeRunner(arch);
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}
