// The launcher becomes the watcher: from megabytes of a JavaScript engine to a few pages.
import { closeFile, sealedMemfd } from "#ffi/libc/fd.ts";
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

/**
 * Replaces this process by the watcher of a box. Returns only if the kernel refuses.
 *
 * The signals that it forwards, SIGCHLD and SIGALRM are blocked already: the mask stays across exec.
 */
export function stepAside(watch: Watch, facts: HostFacts, argv: readonly string[]): void {
  const { arch } = facts;
  const common = { arch, fdBase: 0, failStatus: FAIL_STATUS };
  const watcher = assemble(watchCalls(watch), { ...common, base: elfTapeBase(arch), fds: { report: NO_REPORT } });
  const image = sealedMemfd("nsbox", buildElf(arch, watcher));
  const base = mapMemory(REGION);
  const exec = assemble(
    [
      call("close_range", [3, 0xffffffff, CLOSE_RANGE.CLOEXEC]),
      call("execveat", [fd("image"), "", strings(argv), strings([]), AT.EMPTY_PATH], { label: "exec", fail: "back" }),
      call("getpid", [], { label: "back", then: "return" }),
    ],
    { ...common, base, fds: { image, report: NO_REPORT } },
  );
  viewMemory(base, exec.bytes.length).set(exec.bytes);
  mapFunction(runnerCode(arch))(exec.entry);
  closeFile(image);
}
