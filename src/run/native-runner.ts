// The native runner in this process's memory, mapped once.
import { mapFunction } from "#ffi/libc/memory.ts";
import { runnerCode } from "#ffi/runner/code.ts";

let runner: ((tape: number) => number) | undefined;

/** Plays the tape at an address of this process. */
export function nativeRunner(arch: "x64" | "arm64"): (tape: number) => number {
  runner ??= mapFunction(runnerCode(arch));
  return runner;
}
