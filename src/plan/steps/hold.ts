// Steps of a holder: the process that keeps pinned namespaces alive where no mount can. It is a tape, so it costs pages.
import { AT } from "#ffi/uapi/fcntl.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { call, fd, strings } from "#ffi/tape/call.ts";
import { quote, type StepKind } from "../step.ts";

/** What a holder is called, in ps too. */
const HOLDER = "nsbox-pin";

/** Become the holder: runner and tape in a sealed memfd. */
export interface ExecHolderStep {
  readonly kind: "exec-holder";
  readonly name: string;
}

export const execHolderStep: StepKind<ExecHolderStep> = {
  phase: "exec",
  explain: (step) => `become the holder of ${quote(step.name)} (a sealed memfd)`,
  lower: (step) => [call("execveat", [fd("init-image"), "", strings([HOLDER, step.name]), strings([]), AT.EMPTY_PATH])],
};

/** Stay until a signal ends it. Where it is PID 1 of a namespace, it reaps what others leave behind. */
export interface HoldStep {
  readonly kind: "hold";
}

const SIG_IGN = 1n;

export const holdStep: StepKind<HoldStep> = {
  phase: "exec",
  explain: () => "close every file, and stay until it is ended",
  lower: () => [
    call("prctl", [PR.SET_NAME, HOLDER]),
    // SECURITY: a box in its namespaces would get around its filter through a process that has none.
    call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0]),
    // KERNEL: a child of who ignores SIGCHLD is reaped at once, see wait(2). struct sigaction: the handler comes first.
    call("rt_sigaction", [SIG.CHLD, new Uint8Array(new BigUint64Array([SIG_IGN, 0n, 0n, 0n]).buffer), 0, 8]),
    // The report is among them: its end tells the launcher that the namespaces are ready.
    call("close_range", [0, 0xffffffff, 0]),
    call("ppoll", [0, 0, 0, 0, 8], { label: "hold", fail: "hold", then: "hold" }),
  ],
};
