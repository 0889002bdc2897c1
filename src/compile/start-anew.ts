// What a ready box does where it can't be started: it says nothing of its own, removes itself, and becomes the program
// that has made it, with the words and variables it was given. That plans anew, and knows what to say.
import { AT } from "#ffi/uapi/fcntl.ts";
import { SIG_HOW } from "#ffi/uapi/signal.ts";
import { type Arg, type Call, call, fd, tolerate } from "#ffi/tape/call.ts";
import { REPORT, REPORT_BYTES, REPORTS, type Started, undoCalls } from "./report-calls.ts";

/** A box that `run` keeps ready. */
export interface Ready {
  /** What made it, as a path. */
  readonly program: string;
  /** The file it is in. */
  readonly file: string;
  /** Which word of argv the command begins with. */
  readonly commandAt: number;
}

/** The call that takes all of argv, and the variables as they were. */
export const START_ANEW = "start anew";

const STDERR = 2;
const MASK_BYTES = 8;
const GIVEN_UP: Uint8Array = new TextEncoder().encode(
  "nsbox: Cannot start the box: what made it ready can't be executed\n  hint  run it again\n",
);

/** From REPORTS on: goes to `running`, or starts anew. */
export function startAnewCalls({ program, file }: Ready, started: Started, maskAt: Arg): readonly Call[] {
  return [
    call("read", [fd("report-reader"), REPORT, REPORT_BYTES], {
      label: REPORTS,
      cases: [{ equals: 0, then: started.running }],
      fail: "undo",
    }),
    call("load", [REPORT, 0], { cases: [{ equals: 0, then: REPORTS }] }),
    ...undoCalls(started),
    // Or it would be found again, and again.
    call("unlinkat", [AT.FDCWD, file, 0], { label: "undone", ...tolerate("ENOENT"), fail: "given up" }),
    call("rt_sigprocmask", [SIG_HOW.SETMASK, maskAt, 0, MASK_BYTES], { fail: "next" }),
    call("execve", [program, 0, 0], { label: START_ANEW, fail: "given up" }),
    call("write", [STDERR, GIVEN_UP, GIVEN_UP.length], { label: "given up", fail: "next" }),
    call("exit_group", [125]),
  ];
}
