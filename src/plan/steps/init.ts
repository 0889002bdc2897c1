// Steps of the init, PID 1 of a box: start the command, forward signals, reap orphans, end as the command ended.
import { CLONE } from "#ffi/uapi/clone.ts";
import { MADV } from "#ffi/uapi/mman.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { CLD, SIG, signalName, signalSet } from "#ffi/uapi/signal.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { call, memory, result } from "#ffi/tape/call.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { FILTER_INIT, filterInitCalls } from "./filter-init.ts";
import { capsetCall } from "./process.ts";
import type { StepKind } from "../step.ts";

const LIGHTEN_BYTES = 8 * 1024 * 1024;
const SIGINFO_BYTES = 128;
const siginfo = (at: number) => memory("siginfo", SIGINFO_BYTES, at);
/** Offsets in siginfo_t of a child's end, see waitid(2); the same on x86-64 and arm64. */
const SI = { code: 8, pid: 16, status: 24 } as const;

/** The label of the command's first step. */
export const COMMAND = "command";

/** Start the command in a child that borrows the init's memory until it execs. */
export interface StartCommandStep {
  readonly kind: "start-command";
  /** false where the child enters a time namespace: kernels before 6.2 refuse that to one that shares memory. */
  readonly shareMemory: boolean;
  /** What the init still holds then; undefined where that can't be known beforehand: all that it has. */
  readonly keep: readonly string[] | undefined;
}

function startFlags({ shareMemory }: StartCommandStep): number {
  return shareMemory ? CLONE.VM | CLONE.VFORK : CLONE.VFORK;
}

export const startCommandStep: StepKind<StartCommandStep> = {
  phase: "exec",
  explain: ({ keep }) =>
    `start the command${keep === undefined ? "" : `, then hold ${keep.join(" ") || "no capabilities"}`}`,
  lower: (step) => [
    // Orphans come to the nearest subreaper where the box has no PID namespace of its own.
    call("prctl", [PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0]),
    call("prctl", [PR.SET_NAME, "nsbox-init"]),
    call("clone", [startFlags(step) | CLONE.PARENT_SETTID | SIG.CHLD, 0, memory("command pid", 8), 0, 0], {
      label: "started",
      cases: [{ equals: 0, then: COMMAND }],
    }),
    ...(step.keep === undefined ? [] : [capsetCall({ effective: step.keep, permitted: step.keep, inheritable: [] })]),
    // Its own copies of pipes would keep their readers waiting after the command has closed them.
    call("close_range", [0, 0xffffffff, 0]),
  ],
};

/** Wait for signals and forward them; on SIGCHLD reap; end with the command's status. See pid_namespaces(7). */
export interface SuperviseStep {
  readonly kind: "supervise";
  readonly forward: readonly number[];
  /** The machine whose calls its own filter knows; undefined: it has none, or the command's. */
  readonly filter: HostFacts["arch"] | undefined;
}

export const superviseStep: StepKind<SuperviseStep> = {
  phase: "exec",
  explain: ({ forward, filter }) => {
    const rest = filter === undefined ? "" : ", make no other calls";
    return `reap orphans, forward ${forward.map(signalName).join(" ")}, end as the command ends${rest}`;
  },
  lower: (step) => {
    const set = new Uint8Array(new BigUint64Array([signalSet([...step.forward, SIG.CHLD])]).buffer);
    const left = [
      call("rt_sigtimedwait", [set, 0, 0, 8], {
        label: "waiting",
        cases: [
          { equals: SIG.CHLD, then: "reap" },
          { equals: "EINTR", then: "waiting" },
        ],
        then: "caught",
      }),
      // kill(command, signal): both come from calls before, the signal straight from rt_sigtimedwait.
      call("load", [memory("command pid", 8), 0], { label: "caught" }),
      call("kill", [result("caught"), result("waiting")], {
        cases: [{ equals: "ESRCH", then: "next" }],
        then: "waiting",
      }),
      call("waitid", [P.ALL, 0, siginfo(0), W.EXITED | W.NOHANG, 0], {
        label: "reap",
        cases: [{ equals: "ECHILD", then: "waiting" }],
      }),
      call("load", [siginfo(SI.pid), 0], {
        cases: [
          { equals: 0, then: "waiting" },
          { equals: result("started"), then: "ended" },
        ],
        then: "reap",
      }),
      call("load", [siginfo(SI.code), 0], { label: "ended", cases: [{ equals: CLD.EXITED, then: "exited" }] }),
      call("load", [siginfo(SI.status), 128], { label: "killed" }),
      call("exit_group", [result("killed")]),
      call("load", [siginfo(SI.status), 0], { label: "exited" }),
      call("exit_group", [result("exited")]),
    ];
    const filter = filterInitCalls(step.filter, left);
    const then = filter.length > 0 ? FILTER_INIT : "waiting";
    return [
      // The command's arguments and environment are its own by now: give the pages that hold them back. A range
      // beyond the tape is ENOMEM, after what is mapped has been given back; see madvise(2).
      call("madvise", [{ kind: "address", label: COMMAND }, LIGHTEN_BYTES, MADV.DONTNEED], {
        cases: [
          { equals: "ENOMEM", then },
          { equals: "EINVAL", then }, // pages larger than ours
        ],
        then,
      }),
      ...filter,
      ...left,
    ];
  },
};
