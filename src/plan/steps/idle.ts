// The init of a box that runs nothing of its own: commands enter it one by one, as children of a process outside.
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { timespec } from "#ffi/uapi/timespec.ts";
import { call } from "#ffi/tape/call.ts";
import type { StepKind } from "../step.ts";
import { capsetCall } from "./process.ts";

/** Be PID 1 for others: reap what they leave behind, hold nothing, and end when the time is over. */
export interface IdleStep {
  readonly kind: "idle";
  readonly timeoutMs: number | undefined;
}

const SIG_IGN = 1n;
/** 128+SIGKILL: how every box ends whose time is over. */
const KILLED = 137;

export const idleStep: StepKind<IdleStep> = {
  phase: "exec",
  explain: ({ timeoutMs }) =>
    `reap orphans, hold no capability and no file${timeoutMs === undefined ? "" : `, end after ${timeoutMs / 1000} s`}`,
  lower: ({ timeoutMs }) => [
    call("prctl", [PR.SET_NAME, "nsbox-init"]),
    // SECURITY: no filter of system calls holds for it, so no command may take it over by ptrace(2).
    call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0]),
    // KERNEL: a child of who ignores SIGCHLD is reaped at once, see wait(2). struct sigaction: the handler comes first.
    call("rt_sigaction", [SIG.CHLD, new Uint8Array(new BigUint64Array([SIG_IGN, 0n, 0n, 0n]).buffer), 0, 8]),
    capsetCall({ effective: [], permitted: [], inheritable: [] }),
    // The report is among them: its end tells the program that the box stands.
    call("close_range", [0, 0xffffffff, 0]),
    // KERNEL: what is left of the time is written back, so a stop in between makes it no longer.
    call("ppoll", [0, 0, timeoutMs === undefined ? 0 : timespec(timeoutMs), 0, 8], {
      label: "idle",
      cases: [{ equals: 0, then: "over" }],
      fail: "idle",
      then: "idle",
    }),
    call("exit_group", [KILLED], { label: "over" }),
  ],
};
