// A look into other namespaces: a helper enters them, makes a few calls, and ends. It shares this process's memory and
// open files, so that what it reads and opens there is ours; nothing of it stays.
import { mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { openPidfd, waitFor } from "#ffi/libc/process.ts";
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { assemble, type Tape } from "#ffi/tape/assemble.ts";
import { type Call, call, memory } from "#ffi/tape/call.ts";
import { LIMITS, RECORD_BYTES, WORD } from "#ffi/tape/format.ts";
import { CLONE, NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { blockSignals, CLONED, restoreSignals } from "#src/plan/steps/launch.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import { nativeRunner } from "./native-runner.ts";

export interface Peek {
  /** Entered in this order; a user namespace before what it owns, see setns(2). */
  readonly join: readonly { readonly type: NamespaceType; readonly fd: Fd }[];
  /** Made inside. One that fails ends the helper, unless it says where to go on. */
  readonly calls: readonly Call[];
}

/** What came of it. */
export interface Peeked {
  /** The memory of that name, which calls may have saved to, and what lies behind it; undefined where none names it. */
  area(name: string): Uint8Array | undefined;
  /** The call that ended the helper. */
  readonly failure: { readonly syscall: string; readonly errno: number } | undefined;
}

const INSIDE = "inside";
const HELPER = "peek helper";

/** Plays the calls inside; returns when the helper has ended. */
export function peek({ join, calls }: Peek): Peeked {
  const flags = CLONE.VM + CLONE.VFORK + CLONE.FILES + CLONE.PARENT_SETTID + SIG.CHLD;
  const [first, ...rest] = [
    ...join.map(({ type, fd }) => call("setns", [fd, NAMESPACE_FLAGS[type]])),
    ...calls,
    call("exit_group", [0]),
  ];
  const inside = first === undefined ? [] : [{ ...first, label: INSIDE }, ...rest];
  const clone = call("clone", [flags, 0, memory(HELPER, 8), 0, 0], {
    cases: [{ equals: 0, then: INSIDE }],
    fail: CLONED,
    then: CLONED,
  });
  return play([blockSignals(), clone, restoreSignals(), ...inside]);
}

function play(calls: readonly Call[]): Peeked {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const base = mapMemory(LIMITS.bytes);
  // SECURITY: the helper has our memory, and root in there may trace what it sees unless it is not dumpable. Entering
  // a user namespace may make us so in any case; ptrace(2), "Ptrace access mode checking".
  const dumpable = rawSyscall("prctl", PR.GET_DUMPABLE, 0, 0, 0, 0);
  try {
    const tape = assemble(calls, { arch, base, fds: {}, fdBase: 700, failStatus: 1 });
    const bytes = viewMemory(base, tape.bytes.length);
    bytes.set(tape.bytes);
    rawSyscall("prctl", PR.SET_DUMPABLE, 0, 0, 0, 0);
    nativeRunner(arch)(tape.entry);
    const copy = bytes.slice();
    const pid = new DataView(copy.buffer).getInt32((tape.memory.get(HELPER) ?? base) - base, true);
    if (pid > 0) reap(pid);
    return peeked(calls, tape, copy);
  } finally {
    if (dumpable === 1) rawSyscall("prctl", PR.SET_DUMPABLE, 1, 0, 0, 0);
    unmapMemory(base, LIMITS.bytes);
  }
}

function reap(pid: number): void {
  const pidfd = openPidfd(pid);
  waitFor(pidfd);
  closeFile(pidfd);
}

/** A failing call leaves its address and result in the report's record, or in that of CLONED; see format.ts. */
function peeked(calls: readonly Call[], tape: Tape, bytes: Uint8Array): Peeked {
  const view = new DataView(bytes.buffer);
  const reports = [(tape.callOf.length - 2) * RECORD_BYTES, (tape.labels.get(CLONED) ?? tape.base) - tape.base];
  const failures = reports.flatMap((at) => {
    const record = Number(view.getBigUint64(at + WORD.failedRecord * 8, true));
    const call = calls[tape.callOf[(record - tape.base) / RECORD_BYTES] ?? -1];
    if (call === undefined) return [];
    return [{ syscall: call.name, errno: -Number(view.getBigInt64(at + WORD.failedResult * 8, true)) }];
  });
  return {
    failure: failures[0],
    area: (name) => {
      const at = tape.memory.get(name);
      return at === undefined ? undefined : bytes.subarray(at - tape.base);
    },
  };
}
