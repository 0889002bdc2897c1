// The native runner against its definition: the same random tapes, played by both, leave the same bytes behind.
import { expect, test } from "bun:test";
import { mapFunction, mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { runnerCode } from "#ffi/runner/code.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { type Call, call, memory, result } from "#ffi/tape/call.ts";
import { type Kernel, simulate } from "#ffi/tape/simulate.ts";
import { syscallName, type SyscallName } from "#ffi/uapi/syscalls.ts";

const ARCH = process.arch === "arm64" ? "arm64" : "x64";
const REGION = 64 * 1024;
const ROUNDS = 500;

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}

/** Calls that change nothing and give the same answer twice, with random cases, targets and stores. */
function randomCalls(random: (below: number) => number): readonly Call[] {
  const count = 2 + random(12);
  const pick = (): Pick<Call, "name" | "args"> =>
    [
      call("getpid", []),
      call("getuid", []),
      call("close", [9999]),
      call("fcntl", [9999, 1, 0]),
      call("umask", [0o22]),
      call("load", [memory("area", 64, random(15) * 4), random(1000)]),
    ][random(6)] ?? call("getpid", []);
  const later = (index: number): string =>
    index + 1 >= count ? "return" : `c${index + 1 + random(count - index - 1)}`;
  return Array.from({ length: count }, (_, index): Call => {
    const equals = ([-9, 0, 18, "EBADF", process.pid] as const)[random(5)] ?? 0;
    return {
      ...pick(),
      label: `c${index}`,
      ...(random(3) === 0 ? { save: memory("area", 64, random(8) * 8) } : {}),
      ...(random(2) === 0 ? { cases: [{ equals, then: later(index) }] } : {}),
      fail: later(index) === "return" ? "last" : later(index),
      then: index + 1 === count ? "last" : "next",
    };
  }).concat([call("getuid", [], { label: "last", then: "return" })]);
}

test("the native runner leaves the same memory as simulate(), for random tapes", () => {
  const native = mapFunction(runnerCode(ARCH));
  const kernel: Kernel = (nr, args) => {
    const name = syscallName(ARCH, nr) as SyscallName; // the tapes hold only calls from the table above
    return BigInt(rawSyscall(name, ...args));
  };
  rawSyscall("umask", 0o22);
  const lengths = new Set<number>();
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const base = mapMemory(REGION);
    const tape = assemble(randomCalls(generator(seed)), {
      arch: ARCH,
      base,
      fds: { report: 2 },
      fdBase: 700,
      failStatus: 9,
    });
    const simulated = { ...tape, bytes: tape.bytes.slice() };
    const outcome = simulate(simulated, kernel);
    const bytes = viewMemory(base, tape.bytes.length);
    bytes.set(tape.bytes);
    const returned = native(tape.entry);
    expect(outcome.end).toEqual({ kind: "return", result: BigInt(returned) });
    expect(bytes.toHex()).toBe(simulated.bytes.toHex());
    lengths.add(outcome.trace.length);
    unmapMemory(base, REGION);
  }
  expect(lengths.size).toBeGreaterThan(5);
});

test("a result is stored into a later call before that call is issued", () => {
  const base = mapMemory(REGION);
  const calls = [
    call("getpid", [], { label: "pid" }),
    call("load", [memory("zero", 8), result("pid")], { then: "return" }),
  ];
  const tape = assemble(calls, { arch: ARCH, base, fds: { report: 2 }, fdBase: 700, failStatus: 9 });
  viewMemory(base, tape.bytes.length).set(tape.bytes);
  expect(mapFunction(runnerCode(ARCH))(tape.entry)).toBe(process.pid);
  unmapMemory(base, REGION);
});
