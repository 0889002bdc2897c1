// Steps of a box that outlives its launcher: its streams are files, and its init writes down how the command ends.
import { CLONE } from "#ffi/uapi/clone.ts";
import { MADV } from "#ffi/uapi/mman.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { CLD, SIG, signalName, signalSet } from "#ffi/uapi/signal.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { timespec } from "#ffi/uapi/timespec.ts";
import { type Call, call, fd, memory, result, tolerate } from "#ffi/tape/call.ts";
import { FINAL_STOP_SIGNAL, TIME_OVER_SIGNAL } from "#src/spec/defaults.ts";
import { LOG_PIPE } from "#src/spec/log-layout.ts";
import type { KeptLog, Restart } from "#src/spec/spec.ts";
import { SIGINFO, STATUS, STATUS_VERSION } from "#src/spec/status-layout.ts";
import type { StepKind } from "../step.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { FILTER_INIT, filterInitCalls } from "./filter-init.ts";
import { COMMAND } from "./init.ts";
import { capsetCall } from "./process.ts";
import { TAKE, takeOutputCalls, watchPipeCalls } from "./record-output.ts";

/** Live on when the launcher has ended: by now the box stands in the state folder. */
export interface OutliveStep {
  readonly kind: "outlive";
}

export const outliveStep: StepKind<OutliveStep> = {
  phase: "exec",
  explain: () => "live on when the launcher ends (PR_SET_PDEATHSIG 0)",
  lower: () => [call("prctl", [PR.SET_PDEATHSIG, 0])],
};

/** Read nothing, and print into a pipe to the init, or straight into a file. */
export interface LogStreamsStep {
  readonly kind: "log-streams";
  readonly to: "init" | "file";
}

export const logStreamsStep: StepKind<LogStreamsStep> = {
  phase: "terminal",
  explain: ({ to }) =>
    `read from nothing, write stdout and stderr to ${to === "init" ? "a pipe that the init reads" : "the log"}`,
  lower: ({ to }) => {
    const out = fd(to === "init" ? LOG_PIPE.writer : "log");
    return [call("dup3", [fd("null"), 0, 0]), call("dup3", [out, 1, 0]), call("dup3", [out, 2, 0])];
  },
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
  /** See SuperviseStep; undefined also where it starts the command again, for which it needs any call. */
  readonly filter: HostFacts["arch"] | undefined;
  /** What is printed comes through the init, which writes it down; undefined: it does not. */
  readonly log: KeptLog | undefined;
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
  explain: ({ keep, forward, restart, timeoutMs, log }) => {
    const holds = keep === undefined ? "" : `, hold ${keep.join(" ") || "no capabilities"}`;
    const again = restart.kind === "no" ? "" : `, start it again (${restart.kind})`;
    const time = timeoutMs === undefined ? "" : `, end it after ${timeoutMs / 1000} s`;
    const what = log === undefined ? "how it ends" : "what it prints and how it ends";
    return `start the command${holds}, forward ${forward.map(signalName).join(" ")}, write down ${what}${again}${time}`;
  },
  lower: (step) => {
    const left = [...waitCalls(step), ...reapCalls(step), ...restartCalls(step), ...endCalls(step)];
    const filter = filterInitCalls(step.filter, left);
    const next = goOn(step);
    // A filter comes first of all that is left.
    const then = filter.length > 0 ? FILTER_INIT : next;
    return [...startCalls(step, then), ...filter.map((one) => ({ ...one, then: next })), ...left];
  },
};

/** Where the init goes once it has done what a signal asked for. */
function goOn({ log }: RunDetachedStep): string {
  return log === undefined ? "waiting" : TAKE;
}

function startCalls(step: RunDetachedStep, then: string): readonly Call[] {
  const { shareMemory, keep, restart, timeoutMs, passFds, log } = step;
  const flags = (shareMemory ? CLONE.VM : 0) | CLONE.VFORK | CLONE.PARENT_SETTID | SIG.CHLD;
  // What is started once is not held open; what is started again needs it again.
  const once = restart.kind === "no" ? passFds : [];
  return [
    call("prctl", [PR.SET_NAME, "nsbox-init"]),
    // SECURITY: or the box could reach the status file and the log through /proc/1/fd.
    call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0]),
    ...(log === undefined ? [] : watchPipeCalls()),
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
        { equals: "ENOMEM", then },
        { equals: "EINVAL", then },
      ],
      then,
    }),
  ];
}

/** The signals that the init waits for, but for the one that tells of output. */
function waited(forward: readonly number[]): readonly number[] {
  return [...forward, SIG.CHLD, TIME_OVER_SIGNAL, FINAL_STOP_SIGNAL];
}

function setOf(signals: readonly number[]): Uint8Array {
  return new Uint8Array(new BigUint64Array([signalSet(signals)]).buffer);
}

function waitCalls(step: RunDetachedStep): readonly Call[] {
  const { forward, log } = step;
  const then = goOn(step);
  return [
    call("rt_sigtimedwait", [setOf([...waited(forward), ...(log === undefined ? [] : [SIG.IO])]), 0, 0, 8], {
      label: "waiting",
      save: signal,
      cases: [
        { equals: SIG.CHLD, then: "reap" },
        { equals: "EINTR", then: "waiting" },
      ],
    }),
    call("load", [signal, 0], {
      label: "got",
      cases: [
        { equals: TIME_OVER_SIGNAL, then: "late" },
        { equals: FINAL_STOP_SIGNAL, then: "final" },
      ],
    }),
    ...(log === undefined ? [] : [call("load", [signal, 0], { cases: [{ equals: SIG.IO, then: TAKE }] })]),
    call("load", [commandPid, 0], { label: "target" }),
    call("load", [signal, 0], { label: "what" }),
    call("kill", [result("target"), result("what")], { cases: [{ equals: "ESRCH", then }], then }),
    call("load", [commandPid, 0], { label: "late" }),
    call("kill", [result("late"), SIG.KILL], tolerate("ESRCH")),
    store(1, final, { label: "final", then }),
  ];
}

function reapCalls(step: RunDetachedStep): readonly Call[] {
  const then = goOn(step);
  return [
    call("waitid", [P.ALL, 0, siginfo(0), W.EXITED | W.NOHANG, 0], {
      label: "reap",
      cases: [{ equals: "ECHILD", then }],
    }),
    call("load", [siginfo(SIGINFO.pid), 0], {
      cases: [
        { equals: 0, then },
        { equals: result("started"), then: "ended" },
      ],
      then: "reap",
    }),
    call("clock_gettime", [CLOCK_REALTIME, status(STATUS.endedAt)], { label: "ended" }),
    writeStatus("decide"),
  ];
}

/** From "end" on. Nobody waits for the init's own status: the file says how the command ended. */
function endCalls({ log, forward }: RunDetachedStep): readonly Call[] {
  if (log === undefined) return [call("exit_group", [0], { label: "end" })];
  return [
    // From here on nobody prints; what has been printed by now is taken from the pipe.
    call("kill", [-1, SIG.KILL], { label: "end", fail: "flush", then: "flush" }),
    ...takeOutputCalls(log, waited(forward)),
    call("exit_group", [0], { label: "gone" }),
  ];
}

/** From "decide" on: to "end", or after a while to "start". */
function restartCalls({ restart, forward }: RunDetachedStep): readonly Call[] {
  if (restart.kind === "no") return [call("load", [zero, 0], { label: "decide", then: "end" })];
  const onFailure = restart.kind === "on-failure";
  const max = onFailure ? restart.max : undefined;
  const delay = timespec(RESTART_DELAY_MS);
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
    call("rt_sigtimedwait", [setOf(waited(forward)), 0, delay, 8], {
      label: "pausing",
      save: signal,
      cases: [
        { equals: "EAGAIN", then: "start" },
        { equals: "EINTR", then: "pausing" },
      ],
    }),
    call("load", [signal, 0], {
      cases: [
        { equals: TIME_OVER_SIGNAL, then: "end" },
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
