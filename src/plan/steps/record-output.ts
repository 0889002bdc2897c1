// Calls that write down what a box prints, and when: on the tape of the init, or of the keeper of a terminal.
// src/spec/log-layout.ts has the format.
import { SIG, signalSet } from "#ffi/uapi/signal.ts";
import { F, FALLOC, FASYNC, O, SEEK, SPLICE } from "#ffi/uapi/fcntl.ts";
import { type Call, call, fd, memory, type MemoryArg, result } from "#ffi/tape/call.ts";
import { keptBytes, LOG_FILES, LOG_PART_BYTES, LOG_PIPE, LOG_TIME, LOG_TRIM_PARTS } from "#src/spec/log-layout.ts";
import type { KeptLog } from "#src/spec/spec.ts";

const CLOCK_REALTIME = 0;

/** What the init holds open from the box's set-up on. */
export const INIT_LOG_FILES: readonly string[] = [...Object.values(LOG_FILES), LOG_PIPE.reader, LOG_PIPE.sink];

const zero = memory("zero", 8);
const time = (at: number): MemoryArg => memory("log time", LOG_TIME.bytes, at);
const parts = memory("log parts", 8);
/** 1 once the box has ended, and only what it has printed is left to be taken. */
const ending = memory("ending", 8);
const signal = memory("signal", 8);

function store(value: number, into: MemoryArg, options: Omit<Call, "name" | "args"> = {}): Call {
  return call("load", [zero, value], { ...options, save: into });
}

/** Where calls go on: after each part, and after every few. */
interface Next {
  readonly more: string;
  readonly trimmed: string;
}

/** From "came" on, once a part has been added to the log: its time, and now and then what is too old. */
function noteCalls({ limitBytes }: KeptLog, { more, trimmed }: Next): readonly Call[] {
  const { log, end, times } = LOG_FILES;
  const trim = (name: string, file: string, keep: number, then: string): readonly Call[] => [
    // The kernel reckons: how long the file is without what stays; EINVAL while it is shorter than that.
    call("lseek", [fd(file), -keep, SEEK.END], { label: `trim ${name}`, fail: then }),
    call("fallocate", [fd(file), FALLOC.KEEP_SIZE | FALLOC.PUNCH_HOLE, 0, result(`trim ${name}`)], {
      fail: then,
      then,
    }),
  ];
  const kept = limitBytes === undefined ? undefined : keptBytes(limitBytes);
  return [
    call("lseek", [fd(end), 0, SEEK.END], { label: "came", save: time(LOG_TIME.end) }),
    call("clock_gettime", [CLOCK_REALTIME, time(LOG_TIME.seconds)]),
    // On a full disk the next record speaks for this part, too.
    call("write", [fd(times), time(0), LOG_TIME.bytes], { fail: "noted" }),
    store(0, time(LOG_TIME.lost)),
    call("load", [parts, 1], {
      label: "noted",
      save: parts,
      cases: [{ equals: LOG_TRIM_PARTS, then: kept === undefined ? "counted" : `trim ${log}` }],
      then: more,
    }),
    ...(kept === undefined
      ? []
      : [...trim(log, end, kept.log, `trim ${times}`), ...trim(times, times, kept.times, "counted")]),
    store(0, parts, { label: "counted", then: trimmed }),
  ];
}

/** The label from which on the init takes what the box has printed, and then goes on to "waiting". */
export const TAKE = "take";

/** Calls of the init before the command starts: the pipe tells of what comes by SIGIO, see fcntl(2). */
export function watchPipeCalls(): readonly Call[] {
  return [
    call("fcntl", [fd(LOG_PIPE.reader), F.SETOWN, 1]),
    call("fcntl", [fd(LOG_PIPE.reader), F.SETFL, FASYNC | O.NONBLOCK]),
  ];
}

/** From TAKE on. Between two parts the init looks for signals, which go to "reap" and "got"; from "flush" on to "gone". */
export function takeOutputCalls(log: KeptLog, waited: readonly number[]): readonly Call[] {
  const move = (to: string): Call["args"] => [fd(LOG_PIPE.reader), 0, fd(to), 0, LOG_PART_BYTES, SPLICE.NONBLOCK];
  const empty = [
    { equals: "EAGAIN", then: "idle" },
    { equals: 0, then: "idle" },
  ] as const;
  const now = new Uint8Array(16);
  return [
    // No byte comes into the init's memory on the way from the pipe to the file.
    call("splice", move(LOG_FILES.log), { label: TAKE, cases: empty, fail: "lost", then: "came" }),
    ...noteCalls(log, { more: "more", trimmed: "enough" }),
    // What is still to be taken in the end is what a pipe holds, whoever may go on printing.
    call("load", [ending, 0], { label: "enough", cases: [{ equals: 1, then: "gone" }] }),
    call("rt_sigtimedwait", [signals(waited), 0, now, 8], {
      label: "more",
      save: signal,
      cases: [
        { equals: SIG.CHLD, then: "reap" },
        { equals: "EAGAIN", then: TAKE },
      ],
      fail: "noted",
      then: "got",
    }),
    // A full disk must not stop the box: the log has a gap, and says so.
    store(1, time(LOG_TIME.lost), { label: "lost" }),
    call("splice", move(LOG_PIPE.sink), { cases: empty, fail: "idle", then: TAKE }),
    call("load", [ending, 0], { label: "idle", cases: [{ equals: 1, then: "gone" }], then: "waiting" }),
    store(1, ending, { label: "flush", then: TAKE }),
  ];
}

function signals(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(new BigUint64Array([signalSet(numbers)]).buffer);
}

/** From "came" on and "lost" on, of a keeper, which goes on to "read". */
export function keepOutputCalls(log: KeptLog): readonly Call[] {
  return [
    ...noteCalls(log, { more: "read", trimmed: "read" }),
    store(1, time(LOG_TIME.lost), { label: "lost", then: "read" }),
  ];
}
