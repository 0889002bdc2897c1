// How a compiled box says what failed, as calls: it reads reports until the command runs or something has failed for
// good, finds the failed record's tag (addresses of a place and of a call, see messages.ts) and prints four lines'
// parts. The words of exec are as execvp(3)'s: each candidate is tried, and what was found but could not be executed
// counts for more than what was not found.
import { type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";
import { SA, SIG } from "#ffi/uapi/signal.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { type Call, call, type CallOptions, fd, memory, type MemoryArg, result } from "#ffi/tape/call.ts";
import { BOX_PID } from "#src/plan/steps/launch.ts";
import { aim, type Placeholder, placeholderCalls } from "#src/plan/steps/watch.ts";
import { endHelperCalls } from "./namespace-calls.ts";
import { HINTS_AT, PLACE } from "./messages.ts";

const STDERR = 2;
/** A record's address and its result; nothing but zeros is about no record. */
export const REPORT_BYTES = 16;
const TWO_32 = 2 ** 32;
/** Where the sixth argument, a record's tag, stands in it: a place and a call, 32 bits each. */
export const TAG_AT = 48;
const TAG = { place: TAG_AT, call: TAG_AT + 4 } as const;

/** Said where even texts can't be expanded: there is no report of what has failed. */
const NO_REPORT: Uint8Array = new TextEncoder().encode(
  "nsbox: Cannot start the box: neither /dev/null nor a pipe can be opened\n",
);

/** The labels that others go to. */
export const REPORTS = "reports";

/** Where the last one read stands. */
export const REPORT: MemoryArg = memory("report", REPORT_BYTES);

const report = (at: number): MemoryArg => memory("report", REPORT_BYTES, at);
const cell = (name: string): MemoryArg => memory(name, 8);
const place = cell("place");
const about = cell("about");
const kept = { about: cell("kept about"), result: cell("kept result") };
const exitCode = cell("exit code");
const hintAt = cell("hint at");

/** 2^32 - errno: what load makes of an error. */
const loaded = (errno: ErrnoName): number => TWO_32 - errnoNumber(errno);

/** The 32-bit word `offset` bytes behind the address that a cell holds; `label` is where to enter. */
export function follow(label: string, holder: MemoryArg, offset: number, options: CallOptions): readonly Call[] {
  return [call("load", [holder, offset], { label }), call("load", [result(label), 0], options)];
}

/** The iovec `offset` bytes behind the address that a cell holds goes to stderr; a closed one is no trouble. */
function say(label: string, holder: MemoryArg, offset: number): readonly Call[] {
  return [call("load", [holder, offset], { label }), call("writev", [STDERR, result(label), 1], { fail: "next" })];
}

const set = (to: MemoryArg, value: MemoryArg | number, label: string, then = "next"): Call =>
  typeof value === "number"
    ? call("load", [{ kind: "words", words: [value] }, 0], { label, save: to, then })
    : call("load", [value, 0], { label, save: to, then });

export interface ReportTexts {
  /** An iovec: what every message begins with. */
  readonly cannot: number;
  /** See Messages.errnos(). */
  readonly errnos: number;
  /** The places of a candidate that is not the last, and of the last: see tags.ts. */
  readonly miss: number;
  readonly missed: number;
  /** An iovec: no candidate for the command is there. */
  readonly notFound: number;
  /** What expands the texts, see BoxLayout. */
  readonly expand: { readonly handler: number; readonly restorer: number };
}

/** What is there besides the box. */
export interface Started {
  readonly placeholders: readonly Placeholder[];
  /** A helper makes the net namespace. */
  readonly helped: boolean;
  /** The label to go to once the command runs. */
  readonly running: string;
}

/** From REPORTS on: goes to `running`, or ends with 125, 126 or 127. */
export function reportCalls(texts: ReportTexts, started: Started): readonly Call[] {
  const { miss, missed, notFound } = texts;
  return [
    call("read", [fd("report-reader"), report(0), REPORT_BYTES], {
      label: REPORTS,
      cases: [{ equals: 0, then: started.running }],
      fail: "no report",
    }),
    call("load", [report(0), 0], { cases: [{ equals: 0, then: REPORTS }] }),
    ...follow("call of it", report(0), TAG.call, { save: about }),
    ...follow("place of it", report(0), TAG.place, { save: place }),
    call("load", [place, 0], {
      cases: [
        { equals: miss, then: "miss" },
        { equals: missed, then: "missed" },
      ],
    }),
    set(exitCode, 125, "setup failed", "expand"),
    ...missCalls(),
    ...expandCalls(texts),
    ...printCalls(texts),
    ...hintCalls(),
    call("writev", [STDERR, notFound, 1], { label: "say not found", fail: "undo", then: "undo" }),
    call("write", [STDERR, NO_REPORT, NO_REPORT.length], { label: "no report", fail: "undo", then: "undo" }),
    ...undoCalls(started),
    call("load", [exitCode, 0], { label: "undone", cases: [{ equals: 0, then: "failed" }] }),
    call("exit_group", [result("undone")]),
    call("exit_group", [125], { label: "failed" }),
  ];
}

/** A candidate for the command could not be executed: keep the first that was there, and look further. */
function missCalls(): readonly Call[] {
  return [
    call("load", [kept.result, 0], { label: "miss", cases: [{ equals: 0, then: "keep" }], then: REPORTS }),
    set(kept.result, report(8), "keep"),
    set(kept.about, about, "keep what", REPORTS),
    call("load", [kept.result, 0], { label: "missed", cases: [{ equals: 0, then: "alone" }] }),
    set(report(8), kept.result, "found"),
    set(about, kept.about, "found what", "not executable"),
    call("load", [report(8), 0], {
      label: "alone",
      cases: [
        { equals: loaded("ENOENT"), then: "not found" },
        { equals: loaded("ENOTDIR"), then: "not found" },
      ],
    }),
    set(exitCode, 126, "not executable", "expand"),
    set(exitCode, 127, "not found", "expand"),
  ];
}

/** Texts are expanded by a signal's handler, which has run before kill(2) returns: that signal isn't blocked here. */
function expandCalls({ expand: { handler, restorer } }: ReportTexts): readonly Call[] {
  const action = { kind: "words", words: [handler, SA.RESTORER, restorer, 0] } as const; // struct sigaction
  return [
    call("rt_sigaction", [SIG.URG, action, 0, 8], { label: "expand", fail: "next" }),
    call("getpid", [], { label: "own pid" }),
    call("kill", [result("own pid"), SIG.URG], { fail: "next" }),
    call("load", [exitCode, 0], { cases: [{ equals: 127, then: "say not found" }] }),
  ];
}

/** What could not be done, on what, and why; then where that stands in the plan. */
function printCalls({ cannot, errnos }: ReportTexts): readonly Call[] {
  const twice = cell("twice");
  const four = cell("four times");
  return [
    call("writev", [STDERR, cannot, 1], { label: "print", fail: "next" }),
    ...say("print place", place, PLACE.text),
    ...say("print about", about, 0),
    // 4 * (2^32 - errno), modulo 2^32, is as far below the table's end as the errno's place is.
    call("load", [report(8), 0], { label: "once" }),
    call("load", [report(8), result("once")], { label: "doubled", save: twice }),
    call("load", [twice, 0], { label: "again" }),
    call("load", [twice, result("again")], { label: "redoubled", save: four }),
    call("load", [four, errnos - TWO_32], { label: "errno at" }),
    call("load", [result("errno at"), 0], { label: "errno" }),
    call("writev", [STDERR, result("errno"), 1], { fail: "next" }),
    ...say("print tail", place, PLACE.tail),
  ];
}

/** Looks for the errno among the call's hints. */
function hintCalls(): readonly Call[] {
  return [
    call("load", [report(8), 0], { label: "wanted hint" }),
    call("load", [about, HINTS_AT], { label: "first hint", save: hintAt }),
    ...follow("hint", hintAt, 0, {
      cases: [
        { equals: 0, then: "undo" },
        { equals: result("wanted hint"), then: "hint found" },
      ],
    }),
    call("load", [hintAt, 8], { label: "next hint", save: hintAt, then: "hint" }),
    ...follow("hint found", hintAt, 4, { label: "hint text" }),
    call("writev", [STDERR, result("hint text"), 1], { fail: "undo", then: "undo" }),
  ];
}

/** Nothing of the box stays. From "undo" to "undone". */
export function undoCalls({ placeholders, helped }: Started): readonly Call[] {
  const pid = memory(BOX_PID, 8);
  const undone = placeholders.length > 0 ? "undo 0" : "undone";
  return [
    ...(helped ? endHelperCalls("undo", "undo box") : []),
    call("load", [pid, 0], { label: helped ? "undo box" : "undo", cases: [{ equals: 0, then: undone }] }),
    ...aim(pid, "kill box", (box) => call("kill", [box, SIG.KILL], { fail: "next" })),
    ...aim(pid, "reap box", (box) => call("waitid", [P.PID, box, 0, W.EXITED, 0], { fail: "next" })),
    ...placeholderCalls(placeholders, "undone", "undo"),
  ];
}
