// Starts the keeper of a box's terminal: a tape as an executable, in a session of its own.
import { closeFile, type Fd, fillAndSeal, openMemfd } from "#ffi/libc/fd.ts";
import { mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { buildElf, elfTapeBase } from "#ffi/runner/elf.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { type Call, call, fd, memory, strings } from "#ffi/tape/call.ts";
import { LIMITS } from "#ffi/tape/format.ts";
import { CLONE } from "#ffi/uapi/clone.ts";
import { AT, CLOSE_RANGE } from "#ffi/uapi/fcntl.ts";
import { SIG, SIG_HOW } from "#ffi/uapi/signal.ts";
import { assert } from "#src/error.ts";
import { KEEPER_LOG, KEEPER_TERMINAL, keeperCalls } from "#src/plan/steps/keeper.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { nativeRunner } from "./native-runner.ts";

const NO_REPORT = -1;
const FAIL_STATUS = 125;
const PID = memory("keeper pid", 8);

/** What the child does with the launcher's memory, up to its exec. */
function startCalls(): readonly Call[] {
  const none = new Uint8Array(8);
  return [
    call("clone", [CLONE.VM | CLONE.VFORK | CLONE.PARENT_SETTID | SIG.CHLD, 0, PID, 0, 0], {
      cases: [{ equals: 0, then: "child" }],
      fail: "back",
      then: "back",
    }),
    call("setsid", [], { label: "child" }),
    call("chdir", ["/"]),
    call("dup3", [fd("terminal"), KEEPER_TERMINAL, 0]),
    call("dup3", [fd("log"), KEEPER_LOG, 0]),
    call("close", [2], { cases: [{ equals: "EBADF", then: "next" }] }),
    call("close_range", [3, 0xffffffff, CLOSE_RANGE.CLOEXEC]),
    call("rt_sigprocmask", [SIG_HOW.SETMASK, none, 0, 8]),
    call("execveat", [fd("keeper"), "", strings(["nsbox-tty"]), strings([]), AT.EMPTY_PATH]),
    call("getpid", [], { label: "back", then: "return" }),
  ];
}

/** Starts it with these files; gives its PID. */
export function startKeeper(files: { readonly terminal: Fd; readonly log: Fd }, { arch }: HostFacts): number {
  const options = { arch, fdBase: 0, failStatus: FAIL_STATUS };
  const image = openMemfd("nsbox-tty");
  const base = mapMemory(LIMITS.bytes);
  try {
    const own = { ...options, base: elfTapeBase(arch), fds: { report: NO_REPORT } };
    fillAndSeal(image, buildElf(arch, assemble(keeperCalls(), own)));
    const tape = assemble(startCalls(), { ...options, base, fds: { ...files, keeper: image, report: NO_REPORT } });
    const bytes = viewMemory(base, tape.bytes.length);
    bytes.set(tape.bytes);
    nativeRunner(arch)(tape.entry);
    const at = (tape.memory.get(PID.name) ?? base) - base;
    const pid = new DataView(bytes.buffer, bytes.byteOffset).getInt32(at, true);
    assert(pid > 0, "the keeper of the terminal could not be started");
    return pid;
  } finally {
    unmapMemory(base, LIMITS.bytes);
    closeFile(image);
  }
}
