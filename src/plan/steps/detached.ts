// Steps of a box that outlives its launcher: its streams are files, and its init writes down how the command ends.
import { CLONE } from "#ffi/uapi/clone.ts";
import { MADV } from "#ffi/uapi/mman.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { CLD, SIG, signalName, signalSet } from "#ffi/uapi/signal.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { type Call, call, fd, memory, result, tolerate } from "#ffi/tape/call.ts";
import { FINAL_STOP_SIGNAL } from "#src/spec/defaults.ts";
import type { Restart } from "#src/spec/spec.ts";
import { SIGINFO, STATUS, STATUS_VERSION } from "#src/spec/status-layout.ts";
import type { StepKind } from "../step.ts";
import { COMMAND } from "./init.ts";
import { capsetCall } from "./process.ts";

/** Live on when the launcher has ended: by now the box stands in the state folder. */
export interface OutliveStep {
  readonly kind: "outlive";
}

export const outliveStep: StepKind<OutliveStep> = {
  phase: "exec",
  explain: () => "live on when the launcher ends (PR_SET_PDEATHSIG 0)",
  lower: () => [call("prctl", [PR.SET_PDEATHSIG, 0])],
};

/** Read nothing, and write to the log. */
export interface LogStreamsStep {
  readonly kind: "log-streams";
}

export const logStreamsStep: StepKind<LogStreamsStep> = {
  phase: "terminal",
  explain: () => "read from nothing, write stdout and stderr to the log",
  lower: () => [call("dup3", [fd("null"), 0, 0]), call("dup3", [fd("log"), 1, 0]), call("dup3", [fd("log"), 2, 0])],
};

/** Start the command, forward signals, reap orphans, write the status file, start it again where that is wanted. */
export interface RunDetachedStep {
  readonly kind: "run-detached";
  readonly shareMemory: boolean;
  /** What the init still holds then; undefined where that can't be known beforehand: all that it has. */
  readonly keep: readonly string[] | undefined;
  readonly forward: readonly number[];
  readonly restart: Restart;
  readonly timeoutMs: number | undefined;
  readonly passFds: readonly number[];
}

const CLOCK_REALTIME = 0;
const ITIMER_REAL = 0;
const LIGHTEN_BYTES = 8 * 1024 * 1024;
/** Between an end and the next start. */
export const RESTART_DELAY_MS = 500;

const status = (at: number) => memory("status", STATUS.bytes, at);
const siginfo = (at: number) => status(STATUS.siginfo + at);
const orphan = (at: number) => memory("orphan", SIGINFO.bytes, at);
const zero = memory("zero", 8);
const signal = memory("signal", 8);
/** 1 once the command is not to be started again, whatever --restart says. */
const final = memory("final", 8);
const commandPid = status(STATUS.command);

/** Puts a small number into a word of memory. */
function store(value: number, into: ReturnType<typeof memory>, options: Omit<Call, "name" | "args"> = {}): Call {
  return call("load", [zero, value], { ...options, save: into });
}

function writeStatus(then?: string): Call {
  return call("pwrite64", [fd("status"), status(0), STATUS.bytes, 0], then === undefined ? {} : { then });
}

export const runDetachedStep: StepKind<RunDetachedStep> = {
  phase: "exec",
  explain: ({ keep, forward, restart, timeoutMs }) => {
    const holds = keep === undefined ? "" : `, hold ${keep.join(" ") || "no capabilities"}`;
    const again = restart.kind === "no" ? "" : `, start it again (${restart.kind})`;
    const time = timeoutMs === undefined ? "" : `, end it after ${timeoutMs / 1000} s`;
    return `start the command${holds}, forward ${forward.map(signalName).join(" ")}, write down how it ends${again}${time}`;
  },
  lower: (step) => [
    ...startCalls(step),
    ...waitCalls(step),
    ...reapCalls(),
    ...restartCalls(step),
    call("load", [siginfo(SIGINFO.code), 0], { label: "end", cases: [{ equals: CLD.EXITED, then: "exited" }] }),
    call("load", [siginfo(SIGINFO.status), 128], { label: "killed" }),
    call("exit_group", [result("killed")]),
    call("load", [siginfo(SIGINFO.status), 0], { label: "exited" }),
    call("exit_group", [result("exited")]),
  ],
};

function startCalls({ shareMemory, keep, restart, timeoutMs, passFds }: RunDetachedStep): readonly Call[] {
  const flags = (shareMemory ? CLONE.VM : 0) | CLONE.VFORK | CLONE.PARENT_SETTID | SIG.CHLD;
  // What is started once is not held open; what is started again needs it again.
  const once = restart.kind === "no" ? passFds : [];
  return [
    call("prctl", [PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0]),
    call("prctl", [PR.SET_NAME, "nsbox-init"]),
    // SECURITY: or the box could reach the status file and the log through /proc/1/fd.
    call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0]),
    ...(timeoutMs === undefined ? [] : [call("setitimer", [ITIMER_REAL, timerBytes(timeoutMs), 0])]),
    store(STATUS_VERSION, status(STATUS.version)),
    call("load", [status(STATUS.starts), 1], { label: "start", save: status(STATUS.starts) }),
    call("clock_gettime", [CLOCK_REALTIME, status(STATUS.startedAt)]),
    store(0, siginfo(SIGINFO.code)),
    writeStatus(),
    call("clone", [flags, 0, commandPid, 0, 0], { label: "started", cases: [{ equals: 0, then: COMMAND }] }),
    ...(keep === undefined ? [] : [capsetCall({ effective: keep, permitted: keep, inheritable: [] })]),
    writeStatus(), // with the command's PID
    // The launcher waits until nobody can report any more. EBADF: it was closed after the first start.
    call("close", [fd("report")], tolerate("EBADF")),
    ...once.map((number) => call("close", [number])),
    // As in the init of a box in the foreground; a command that is started again is read from the file again.
    call("madvise", [{ kind: "address", label: COMMAND }, LIGHTEN_BYTES, MADV.DONTNEED], {
      cases: [
        { equals: "ENOMEM", then: "waiting" },
        { equals: "EINVAL", then: "waiting" },
      ],
      then: "waiting",
    }),
  ];
}

/** The signals that the init waits for. */
function waitedSet(forward: readonly number[]): Uint8Array {
  const set = signalSet([...forward, SIG.CHLD, SIG.ALRM, FINAL_STOP_SIGNAL]);
  return new Uint8Array(new BigUint64Array([set]).buffer);
}

function waitCalls({ forward }: RunDetachedStep): readonly Call[] {
  return [
    call("rt_sigtimedwait", [waitedSet(forward), 0, 0, 8], {
      label: "waiting",
      save: signal,
      cases: [
        { equals: SIG.CHLD, then: "reap" },
        { equals: "EINTR", then: "waiting" },
      ],
    }),
    call("load", [signal, 0], {
      cases: [
        { equals: SIG.ALRM, then: "late" },
        { equals: FINAL_STOP_SIGNAL, then: "final" },
      ],
    }),
    call("load", [commandPid, 0], { label: "target" }),
    call("load", [signal, 0], { label: "what" }),
    call("kill", [result("target"), result("what")], { ...tolerate("ESRCH"), then: "waiting" }),
    call("load", [commandPid, 0], { label: "late" }),
    call("kill", [result("late"), SIG.KILL], tolerate("ESRCH")),
    store(1, final, { label: "final", then: "waiting" }),
  ];
}

function reapCalls(): readonly Call[] {
  return [
    call("waitid", [P.ALL, 0, siginfo(0), W.EXITED | W.NOHANG, 0], {
      label: "reap",
      cases: [{ equals: "ECHILD", then: "waiting" }],
    }),
    call("load", [siginfo(SIGINFO.pid), 0], {
      cases: [
        { equals: 0, then: "waiting" },
        { equals: result("started"), then: "ended" },
      ],
      then: "reap",
    }),
    call("clock_gettime", [CLOCK_REALTIME, status(STATUS.endedAt)], { label: "ended" }),
    writeStatus("decide"),
  ];
}

/** From "decide" on: to "end", or after a while to "start". */
function restartCalls({ restart, forward }: RunDetachedStep): readonly Call[] {
  if (restart.kind === "no") return [call("load", [zero, 0], { label: "decide", then: "end" })];
  const onFailure = restart.kind === "on-failure";
  const max = onFailure ? restart.max : undefined;
  const delay = new Uint8Array(new BigInt64Array([0n, BigInt(RESTART_DELAY_MS) * 1_000_000n]).buffer);
  return [
    call("load", [final, 0], { label: "decide", cases: [{ equals: 1, then: "end" }] }),
    ...(onFailure
      ? [
          call("load", [siginfo(SIGINFO.code), 0], { cases: [{ equals: CLD.EXITED, then: "next" }], then: "count" }),
          call("load", [siginfo(SIGINFO.status), 0], { cases: [{ equals: 0, then: "end" }] }),
        ]
      : []),
    call("load", [status(STATUS.starts), 0], {
      label: "count",
      cases: max === undefined ? [] : [{ equals: max + 1, then: "end" }],
    }),
    // What the command left behind ends with it: each start finds the box empty.
    call("kill", [-1, SIG.KILL], tolerate("ESRCH")),
    call("rt_sigtimedwait", [waitedSet(forward), 0, delay, 8], {
      label: "pausing",
      save: signal,
      cases: [
        { equals: "EAGAIN", then: "start" },
        { equals: "EINTR", then: "pausing" },
      ],
    }),
    call("load", [signal, 0], {
      cases: [
        { equals: SIG.ALRM, then: "end" },
        { equals: FINAL_STOP_SIGNAL, then: "end" },
      ],
    }),
    call("waitid", [P.ALL, 0, orphan(0), W.EXITED | W.NOHANG, 0], {
      label: "sweep",
      cases: [{ equals: "ECHILD", then: "pausing" }],
    }),
    call("load", [orphan(SIGINFO.pid), 0], { cases: [{ equals: 0, then: "pausing" }], then: "sweep" }),
  ];
}

/** struct itimerval: no interval, then the time; see setitimer(2). */
function timerBytes(ms: number): Uint8Array {
  const value = [0n, 0n, BigInt(Math.floor(ms / 1000)), BigInt((ms % 1000) * 1000)];
  return new Uint8Array(new BigInt64Array(value).buffer);
}
