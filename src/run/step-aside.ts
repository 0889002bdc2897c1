// The launcher becomes the watcher: from megabytes of a JavaScript engine to a few pages. D-7.
import { closeFile, type Fd, fillAndSeal, openMemfd } from "#ffi/libc/fd.ts";
import { mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { buildElf, elfTapeBase } from "#ffi/runner/elf.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { type Call, call, fd, strings } from "#ffi/tape/call.ts";
import { LIMITS } from "#ffi/tape/format.ts";
import { AT, CLOSE_RANGE, F } from "#ffi/uapi/fcntl.ts";
import { type Placeholder, placeholderCalls, watchCalls, type Watch } from "#src/plan/steps/watch.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { nativeRunner } from "./native-runner.ts";

/** Nothing reads a watcher's report: it goes nowhere. */
const NO_REPORT = -1;
const FAIL_STATUS = 125;

/** The watcher of a box as an executable, ready before it is needed. */
export function openWatcher(watch: Watch, { arch }: HostFacts): Fd {
  const options = { arch, fdBase: 0, failStatus: FAIL_STATUS, base: elfTapeBase(arch), fds: { report: NO_REPORT } };
  const image = openMemfd("nsbox");
  fillAndSeal(image, buildElf(arch, assemble(watchCalls(watch), options)));
  return image;
}

/** Removes what was made on the host for a box, where this process stays: the watcher's calls, run in place. */
export function removePlaceholders(placeholders: readonly Placeholder[], { arch }: HostFacts): void {
  if (placeholders.length === 0) return;
  const calls = [...placeholderCalls(placeholders, "end"), call("getpid", [], { label: "end", then: "return" })];
  runInPlace(calls, arch, {});
}

function runInPlace(calls: readonly Call[], arch: HostFacts["arch"], fds: Readonly<Record<string, number>>): void {
  const base = mapMemory(LIMITS.bytes);
  const options = { arch, fdBase: 0, failStatus: FAIL_STATUS, base, fds: { ...fds, report: NO_REPORT } };
  const { bytes, entry } = assemble(calls, options);
  viewMemory(base, bytes.length).set(bytes);
  nativeRunner(arch)(entry);
  unmapMemory(base, LIMITS.bytes);
}

/**
 * Replaces this process by the watcher, which has the files of `keep` open. Returns only if the kernel refuses.
 *
 * The signals that it forwards, SIGCHLD and SIGALRM are blocked already: the mask stays across exec.
 */
export function stepAside(
  watcher: Fd,
  { arch }: HostFacts,
  argv: readonly string[],
  keep: readonly number[] = [],
): void {
  const kept: Call[] = [];
  for (const file of keep) kept.push(call("fcntl", [file, F.SETFD, 0]));
  const calls = [
    call("close_range", [3, 0xffffffff, CLOSE_RANGE.CLOEXEC]),
    ...kept,
    call("execveat", [fd("watcher"), "", strings(argv), strings([]), AT.EMPTY_PATH], { fail: "back" }),
    call("getpid", [], { label: "back", then: "return" }),
  ];
  runInPlace(calls, arch, { watcher });
  closeFile(watcher);
}
