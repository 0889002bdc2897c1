// How a compiled box finds out what failed, as calls: it reads reports until the command runs or something has failed for
// good; what there is to say of that, and how, is expanded then, see say-calls.ts. The words of exec are as execvp(3)'s: each
// candidate is tried, and what was found but could not be executed counts for more than what was not found.
import { type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";
import { SA, SIG } from "#ffi/uapi/signal.ts";
import { type Call, call, type CallOptions, fd, memory, type MemoryArg, result } from "#ffi/tape/call.ts";
import type { Placeholder } from "#src/plan/steps/watch.ts";

/** A record's address and its result; nothing but zeros is about no record. */
export const REPORT_BYTES = 16;
const TWO_32 = 2 ** 32;
/** Where the sixth argument, a record's tag, stands in it. */
export const TAG_AT = 48;
/** The tags of who executes a candidate that is not the last, and of who executes the last. */
export const TAG = { miss: 1, missed: 2 } as const;

/** The labels that others go to. */
export const REPORTS = "reports";
/** What says it. */
export const SAY = "say";

/** Where the last one read stands. */
export const REPORT: MemoryArg = memory("report", REPORT_BYTES);
export const EXIT_CODE: MemoryArg = memory("exit code", 8);

const report = (at: number): MemoryArg => memory("report", REPORT_BYTES, at);
const kept = { record: memory("kept record", 8), result: memory("kept result", 8) };

/** 2^32 - errno: what load makes of an error. */
const loaded = (errno: ErrnoName): number => TWO_32 - errnoNumber(errno);

/** The 32-bit word `offset` bytes behind the address that a cell holds; `label` is where to enter. */
export function follow(label: string, holder: MemoryArg, offset: number, options: CallOptions): readonly Call[] {
  return [call("load", [holder, offset], { label }), call("load", [result(label), 0], options)];
}

const set = (to: MemoryArg, value: MemoryArg | number, label: string, then = "next"): Call =>
  typeof value === "number"
    ? call("load", [{ kind: "words", words: [value] }, 0], { label, save: to, then })
    : call("load", [value, 0], { label, save: to, then });

/** What is there besides the box. */
export interface Started {
  readonly placeholders: readonly Placeholder[];
  /** A helper makes the net namespace. */
  readonly helped: boolean;
  /** The label to go to once the command runs. */
  readonly running: string;
}

/** From REPORTS on: goes to `running`, or to SAY, with EXIT_CODE and REPORT set. */
export function reportCalls(expander: Expander, { running }: Started): readonly Call[] {
  return [
    call("read", [fd("report-reader"), report(0), REPORT_BYTES], {
      label: REPORTS,
      cases: [{ equals: 0, then: running }],
      fail: "setup failed",
    }),
    call("load", [report(0), 0], { cases: [{ equals: 0, then: REPORTS }] }),
    ...follow("tag of it", report(0), TAG_AT, {
      cases: [
        { equals: TAG.miss, then: "miss" },
        { equals: TAG.missed, then: "missed" },
      ],
    }),
    set(EXIT_CODE, 125, "setup failed", "expand"),
    ...missCalls(),
    ...expandCalls(expander),
  ];
}

/** A candidate for the command could not be executed: keep the first that was there, and look further. */
function missCalls(): readonly Call[] {
  return [
    call("load", [kept.result, 0], { label: "miss", cases: [{ equals: 0, then: "keep" }], then: REPORTS }),
    set(kept.result, report(8), "keep"),
    set(kept.record, report(0), "keep what", REPORTS),
    call("load", [kept.result, 0], { label: "missed", cases: [{ equals: 0, then: "alone" }] }),
    set(report(8), kept.result, "found"),
    set(report(0), kept.record, "found what", "not executable"),
    call("load", [report(8), 0], {
      label: "alone",
      cases: [
        { equals: loaded("ENOENT"), then: "not found" },
        { equals: loaded("ENOTDIR"), then: "not found" },
      ],
    }),
    set(EXIT_CODE, 126, "not executable", "expand"),
    set(EXIT_CODE, 127, "not found", "expand"),
  ];
}

/** What expands the texts, see BoxLayout. */
export interface Expander {
  readonly handler: number;
  readonly restorer: number;
}

/** Texts are expanded by a signal's handler, which has run before kill(2) returns: that signal isn't blocked here. */
function expandCalls({ handler, restorer }: Expander): readonly Call[] {
  const action = { kind: "words", words: [handler, SA.RESTORER, restorer, 0] } as const; // struct sigaction
  return [
    call("rt_sigaction", [SIG.URG, action, 0, 8], { label: "expand", fail: "not expanded" }),
    call("getpid", [], { label: "own pid" }),
    call("kill", [result("own pid"), SIG.URG], { fail: "not expanded", then: SAY }),
    call("exit_group", [125], { label: "not expanded" }),
  ];
}
