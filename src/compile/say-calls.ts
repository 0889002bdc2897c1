// How a compiled box says what failed, as calls that are expanded with the texts: they find the failed record's row, see
// messages.ts, and print four lines' parts. Then nothing of the box stays.
import { SIG } from "#ffi/uapi/signal.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { type Call, call, memory, type MemoryArg, result } from "#ffi/tape/call.ts";
import { BOX_PID } from "#src/plan/steps/launch.ts";
import { aim, placeholderCalls } from "#src/plan/steps/watch.ts";
import { endHelperCalls } from "./namespace-calls.ts";
import { ROW, ROW_BYTES, type Tables, TAIL } from "./messages.ts";
import { EXIT_CODE, follow, REPORT, REPORT_BYTES, type Started } from "./report-calls.ts";

const STDERR = 2;
const TWO_32 = 2 ** 32;

/** Said where there is no report of what has failed. */
const NO_REPORT: Uint8Array = new TextEncoder().encode(
  "nsbox: Cannot start the box: neither /dev/null nor a pipe can be opened\n",
);

const cell = (name: string): MemoryArg => memory(name, 8);
const error: MemoryArg = memory("report", REPORT_BYTES, 8);
const row = cell("row");
const place = cell("place");
const about = cell("about");
const hintAt = cell("hint at");

/** The iovec `offset` bytes behind the address that a cell holds goes to stderr; a closed one is no trouble. */
function say(label: string, holder: MemoryArg, offset: number): readonly Call[] {
  return [call("load", [holder, offset], { label }), call("writev", [STDERR, result(label), 1], { fail: "next" })];
}

export interface SayTexts extends Tables {
  /** An iovec: what every message begins with. */
  readonly cannot: number;
  /** An iovec: no candidate for the command is there. */
  readonly notFound: number;
}

/** From the first on: says what REPORT is about, and ends with EXIT_CODE. */
export function sayCalls(texts: SayTexts, started: Started): readonly Call[] {
  return [
    call("load", [EXIT_CODE, 0], { cases: [{ equals: 127, then: "say not found" }] }),
    call("load", [REPORT, 0], { cases: [{ equals: 0, then: "no report" }] }),
    ...rowCalls(texts),
    ...printCalls(texts),
    ...hintCalls(),
    call("writev", [STDERR, texts.notFound, 1], { label: "say not found", fail: "undo", then: "undo" }),
    call("write", [STDERR, NO_REPORT, NO_REPORT.length], { label: "no report", fail: "undo", then: "undo" }),
    ...undoCalls(started),
    call("load", [EXIT_CODE, 0], { label: "undone" }),
    call("exit_group", [result("undone")]),
  ];
}

/** Looks for the record's row. */
function rowCalls({ rows }: SayTexts): readonly Call[] {
  return [
    call("load", [{ kind: "words", words: [rows] }, 0], { save: row }),
    call("load", [REPORT, 0], { label: "wanted record" }),
    ...follow("row", row, ROW.record, {
      cases: [
        { equals: result("wanted record"), then: "row found" },
        { equals: 0, then: "undo" },
      ],
    }),
    call("load", [row, ROW_BYTES], { save: row, then: "row" }),
    ...follow("row found", row, ROW.place, { save: place }),
    ...follow("about of it", row, ROW.about, { save: about }),
    ...follow("hints of it", row, ROW.hints, { save: hintAt }),
  ];
}

/** What could not be done, on what, and why; then where that stands in the plan. */
function printCalls({ cannot, errnos }: SayTexts): readonly Call[] {
  const twice = cell("twice");
  const four = cell("four times");
  return [
    call("writev", [STDERR, cannot, 1], { fail: "next" }),
    ...say("print place", place, 0),
    ...say("print about", about, 0),
    // 4 * (2^32 - errno), modulo 2^32, is as far below the table's end as the errno's place is.
    call("load", [error, 0], { label: "once" }),
    call("load", [error, result("once")], { label: "doubled", save: twice }),
    call("load", [twice, 0], { label: "again" }),
    call("load", [twice, result("again")], { label: "redoubled", save: four }),
    call("load", [four, errnos - TWO_32], { label: "errno at" }),
    call("load", [result("errno at"), 0], { label: "errno" }),
    call("writev", [STDERR, result("errno"), 1], { fail: "next" }),
    ...say("print tail", place, TAIL),
  ];
}

/** Looks for the errno among the call's hints. */
function hintCalls(): readonly Call[] {
  return [
    call("load", [error, 0], { label: "wanted hint" }),
    ...follow("hint", hintAt, 0, {
      cases: [
        { equals: 0, then: "undo" },
        { equals: result("wanted hint"), then: "hint found" },
      ],
    }),
    call("load", [hintAt, 8], { save: hintAt, then: "hint" }),
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
