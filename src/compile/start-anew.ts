// What a ready box does where it can't be started: it says nothing of its own, leaves an empty file, and becomes the program
// that has made it, with the words and variables it was given. That plans anew, and knows what to say.
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { SIG_HOW } from "#ffi/uapi/signal.ts";
import { type Arg, type Call, call, fd, tolerate } from "#ffi/tape/call.ts";
import type { LoweredTape } from "#src/plan/lower-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import { follow, REPORT, REPORT_BYTES, REPORTS, type Started, TAG, TAG_AT } from "./report-calls.ts";
import { undoCalls } from "./say-calls.ts";
import type { CallTagger } from "./tags.ts";

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

/** Where nothing is said of a failure, all that counts is whether there is one. */
export class MissTagger implements CallTagger {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  frame(calls: readonly Call[]): readonly Call[] {
    return calls;
  }

  steps({ calls, origins }: LoweredTape): readonly Call[] {
    return calls.map((one, n) => {
      const { actor = "launcher", index = 0 } = origins[n] ?? {};
      const step = actor === "launcher" ? undefined : this.#plan[actor][index];
      const [path] = one.args;
      const isMiss = step?.kind === "exec" && one.name === "execve" && path !== step.candidates.at(-1);
      return isMiss ? { ...one, tag: BigInt(TAG.miss) } : one;
    });
  }
}

/** From REPORTS on: goes to `running`, or starts anew. */
export function startAnewCalls({ program, file }: Ready, started: Started, maskAt: Arg): readonly Call[] {
  return [
    call("read", [fd("report-reader"), REPORT, REPORT_BYTES], {
      label: REPORTS,
      cases: [{ equals: 0, then: started.running }],
      fail: "undo",
    }),
    call("load", [REPORT, 0], { cases: [{ equals: 0, then: REPORTS }] }),
    ...follow("tag of it", REPORT, TAG_AT, { cases: [{ equals: TAG.miss, then: REPORTS }] }),
    ...undoCalls(started),
    // Or it would be taken up again, and again. An empty file tells that this has happened; another one, since whoever
    // has just mapped this one must not find it cut short.
    call("unlinkat", [AT.FDCWD, file, 0], { label: "undone", ...tolerate("ENOENT"), fail: "given up" }),
    call("openat", [AT.FDCWD, file, O.WRONLY | O.CREAT | O.EXCL | O.CLOEXEC, 0o600], { fail: "next" }),
    call("rt_sigprocmask", [SIG_HOW.SETMASK, maskAt, 0, MASK_BYTES], { fail: "next" }),
    call("execve", [program, 0, 0], { label: START_ANEW, fail: "given up" }),
    call("write", [STDERR, GIVEN_UP, GIVEN_UP.length], { label: "given up", fail: "next" }),
    call("exit_group", [125]),
  ];
}
