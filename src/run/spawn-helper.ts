// A program that serves a box, started so that it ends with this process, or with what this process becomes.
import { closeFile, type Fd, openFile, openMemfd, openPipe, readInto } from "#ffi/libc/fd.ts";
import { mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { syscall } from "#ffi/libc/syscall.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { call, fd, memory, strings } from "#ffi/tape/call.ts";
import { LIMITS } from "#ffi/tape/format.ts";
import { CLONE } from "#ffi/uapi/clone.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { lowerStep } from "#src/plan/steps.ts";
import { nativeRunner } from "./native-runner.ts";

const FAIL_STATUS = 125;
const FD_BASE = 700;
const ERRORS_MAX = 4096;
const PID = "helper pid";

/** A helper that is ready, or what it said when it gave up. */
export type Helper = { readonly pid: number } | { readonly said: string };

/** Starts it, and waits until it writes to its stdout: it is ready then, and gone if it closes that instead. */
export function spawnHelper(command: readonly string[]): Helper {
  const ready = openPipe();
  const errors = openMemfd("nsbox-helper");
  const nothing = openFile("/dev/null", O.RDWR);
  try {
    const pid = start(command, { stdin: nothing, stdout: ready.writer, stderr: errors });
    closeFile(ready.writer);
    if (readInto(ready.reader, new Uint8Array(64)) > 0) return { pid };
    return { said: readErrors(errors) };
  } finally {
    for (const file of [ready.reader, errors, nothing]) closeFile(file);
  }
}

interface Streams {
  readonly stdin: Fd;
  readonly stdout: Fd;
  readonly stderr: Fd;
}

function start(command: readonly string[], streams: Streams): number {
  const [path = ""] = command;
  const calls = [
    // KERNEL: with CLONE_VFORK this goes on once the child has exec'd; D-2 says why the kernel writes the PID.
    call("clone", [CLONE.VM | CLONE.VFORK | CLONE.PARENT_SETTID | SIG.CHLD, 0, memory(PID, 8), 0, 0], {
      cases: [{ equals: 0, then: "child" }],
      fail: "end",
    }),
    call("getpid", [], { label: "end", then: "return" }),
    call("prctl", [PR.SET_PDEATHSIG, SIG.KILL, 0, 0, 0], { label: "child" }),
    // A Ctrl-C at the terminal is for the command.
    call("setsid", []),
    ...Object.keys(streams).map((name, number) => call("dup3", [fd(name), number, 0])),
    ...lowerStep({ kind: "signals", defaults: [SIG.PIPE, SIG.XFSZ, SIG.CHLD], mask: 0n }),
    call("execve", [path, strings(command), strings([`PATH=${process.env["PATH"] ?? ""}`])], { fail: "lost" }),
    call("exit_group", [FAIL_STATUS], { label: "lost" }),
  ];
  const base = mapMemory(LIMITS.bytes);
  try {
    const arch = process.arch === "arm64" ? "arm64" : "x64";
    const fds = { ...streams, report: -1 };
    const tape = assemble(calls, { arch, base, fds, fdBase: FD_BASE, failStatus: FAIL_STATUS });
    const bytes = viewMemory(base, tape.bytes.length);
    bytes.set(tape.bytes);
    nativeRunner(arch)(tape.entry);
    return new DataView(bytes.buffer, bytes.byteOffset).getInt32((tape.memory.get(PID) ?? base) - base, true);
  } finally {
    unmapMemory(base, LIMITS.bytes);
  }
}

/** What a program wrote there. */
export function readErrors(errors: Fd): string {
  const bytes = new Uint8Array(ERRORS_MAX);
  const length = syscall("messages", "pread64", errors, bytes, bytes.length, 0);
  return new TextDecoder().decode(bytes.subarray(0, length)).trim();
}
