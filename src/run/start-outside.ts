// Starts a tape as a process of its own that outlives this one, in a session of its own: a box's keeper.
import { closeFile, type Fd, fillAndSeal, openMemfd } from "#ffi/libc/fd.ts";
import { mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { buildElf, elfTapeBase } from "#ffi/runner/elf.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { type Call, call, fd, memory, strings } from "#ffi/tape/call.ts";
import { LIMITS } from "#ffi/tape/format.ts";
import { CLONE } from "#ffi/uapi/clone.ts";
import { AT, CLOSE_RANGE, F } from "#ffi/uapi/fcntl.ts";
import { SIG, SIG_HOW } from "#ffi/uapi/signal.ts";
import { assert } from "#src/error.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { nativeRunner } from "./native-runner.ts";

const NO_REPORT = -1;
const FAIL_STATUS = 125;
const STREAMS = 3;
const PID = memory("keeper pid", 8);

export interface Outside {
  readonly name: string;
  readonly calls: readonly Call[];
  /** Its files from 0 on, three at most. */
  readonly files: readonly Fd[];
  /** Files that it has under the same numbers as this process. */
  readonly keep?: readonly Fd[];
  /** Numbers of files that its calls have by name. */
  readonly fds?: Readonly<Record<string, number>>;
}

/** What the child does with the launcher's memory, up to its exec. */
function startCalls({ name, files, keep = [] }: Outside): readonly Call[] {
  const none = new Uint8Array(8);
  const unused = Array.from({ length: STREAMS - files.length }, (_, n) => files.length + n);
  return [
    call("clone", [CLONE.VM | CLONE.VFORK | CLONE.PARENT_SETTID | SIG.CHLD, 0, PID, 0, 0], {
      cases: [{ equals: 0, then: "child" }],
      fail: "back",
      then: "back",
    }),
    call("setsid", [], { label: "child" }),
    call("chdir", ["/"]),
    ...files.map((file, number) => call("dup3", [file, number, 0])),
    ...unused.map((number) => call("close", [number], { cases: [{ equals: "EBADF", then: "next" }] })),
    call("close_range", [3, 0xffffffff, CLOSE_RANGE.CLOEXEC]),
    ...keep.map((file) => call("fcntl", [file, F.SETFD, 0])),
    call("rt_sigprocmask", [SIG_HOW.SETMASK, none, 0, 8]),
    call("execveat", [fd("image"), "", strings([name]), strings([]), AT.EMPTY_PATH]),
    call("getpid", [], { label: "back", then: "return" }),
  ];
}

/** Starts it; gives its PID. */
export function startOutside(outside: Outside, { arch }: Pick<HostFacts, "arch">): number {
  const options = { arch, fdBase: 0, failStatus: FAIL_STATUS };
  const image = openMemfd(outside.name);
  const base = mapMemory(LIMITS.bytes);
  try {
    const own = { ...options, base: elfTapeBase(arch), fds: { ...outside.fds, report: NO_REPORT } };
    fillAndSeal(image, buildElf(arch, assemble(outside.calls, own)));
    const tape = assemble(startCalls(outside), { ...options, base, fds: { image, report: NO_REPORT } });
    const bytes = viewMemory(base, tape.bytes.length);
    bytes.set(tape.bytes);
    nativeRunner(arch)(tape.entry);
    const at = (tape.memory.get(PID.name) ?? base) - base;
    const pid = new DataView(bytes.buffer, bytes.byteOffset).getInt32(at, true);
    assert(pid > 0, `${outside.name} could not be started`);
    return pid;
  } finally {
    unmapMemory(base, LIMITS.bytes);
    closeFile(image);
  }
}
