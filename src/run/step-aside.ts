// The launcher becomes the watcher: from megabytes of a JavaScript engine to a few pages. D-7.
import { closeFile, type Fd, fillAndSeal, openMemfd } from "#ffi/libc/fd.ts";
import { mapFunction, mapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { runnerCode } from "#ffi/runner/code.ts";
import { buildElf, elfTapeBase } from "#ffi/runner/elf.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { call, fd, strings } from "#ffi/tape/call.ts";
import { AT, CLOSE_RANGE } from "#ffi/uapi/fcntl.ts";
import { watchCalls, type Watch } from "#src/plan/steps/watch.ts";
import type { HostFacts } from "#src/spec/facts.ts";

/** Nothing reads a watcher's report: it goes nowhere. */
const NO_REPORT = -1;
const FAIL_STATUS = 125;
const REGION = 64 * 1024;

/** The watcher of a box as an executable, ready before it is needed. */
export function openWatcher(watch: Watch, { arch }: HostFacts): Fd {
  const options = { arch, fdBase: 0, failStatus: FAIL_STATUS, base: elfTapeBase(arch), fds: { report: NO_REPORT } };
  const image = openMemfd("nsbox");
  fillAndSeal(image, buildElf(arch, assemble(watchCalls(watch), options)));
  return image;
}

/**
 * Replaces this process by the watcher. Returns only if the kernel refuses.
 *
 * The signals that it forwards, SIGCHLD and SIGALRM are blocked already: the mask stays across exec.
 */
export function stepAside(watcher: Fd, { arch }: HostFacts, argv: readonly string[]): void {
  const base = mapMemory(REGION);
  const exec = assemble(
    [
      call("close_range", [3, 0xffffffff, CLOSE_RANGE.CLOEXEC]),
      call("execveat", [fd("watcher"), "", strings(argv), strings([]), AT.EMPTY_PATH], { fail: "back" }),
      call("getpid", [], { label: "back", then: "return" }),
    ],
    { arch, fdBase: 0, failStatus: FAIL_STATUS, base, fds: { watcher, report: NO_REPORT } },
  );
  viewMemory(base, exec.bytes.length).set(exec.bytes);
  mapFunction(runnerCode(arch))(exec.entry);
  closeFile(watcher);
}
