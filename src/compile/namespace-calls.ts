// Namespaces that are not made by the clone that makes the box's first process. A net namespace takes the kernel a sixth
// of the time that a box takes: a helper of the launcher's enters the box's user namespace, makes it there beside the
// box's own set-up, and sends it to the box. The sooner it can begin, the better: so the box makes the others itself. D-58.
import { CLONE } from "#ffi/uapi/clone.ts";
import { SIOC } from "#ffi/uapi/ioctl.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { AF, SOCK } from "#ffi/uapi/socket.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { type Call, call, fd, memory } from "#ffi/tape/call.ts";
import { REPORT_BYTES } from "#ffi/tape/format.ts";
import type { Plan } from "#src/plan/plan.ts";
import { sendResultCall } from "#src/plan/steps/files.ts";
import { BOX_PID } from "#src/plan/steps/launch.ts";
import { loopbackUpCall, NETWORK_SENDER } from "#src/plan/steps/namespaces.ts";
import { aim } from "#src/plan/steps/watch.ts";

const HELPING = "help";
const FAILED = "no network";
const GONE = "no box";
const FAIL_STATUS = 125;
const helper = memory("network helper pid", 8);

/** Whether a helper makes the net namespace. */
export function hasNetworkHelper(plan: Plan): boolean {
  return [...plan.setup, ...plan.init].some((step) => step.kind === "enter-network");
}

/** The box's first process: those that are its own to make. */
export function apartCalls(plan: Plan): readonly Call[] {
  const [clone] = plan.launcher;
  const apart = clone?.kind === "clone" ? (clone.apart ?? 0) & ~CLONE.NEWNET : 0;
  return apart === 0 ? [] : [call("unshare", [apart])];
}

/** The pair of sockets that it is sent over, see launcherFds(). */
export function networkSocketCalls(): readonly Call[] {
  return [call("socketpair", [AF.UNIX, SOCK.STREAM | SOCK.CLOEXEC, 0, memory("network sockets", 8)])];
}

/** The launcher, once there is a box: starts the helper, which borrows its memory as the box does. */
export function startHelperCalls(): readonly Call[] {
  return [
    call("clone", [CLONE.VM | CLONE.PARENT_SETTID | SIG.CHLD, 0, helper, 0, 0], {
      cases: [{ equals: 0, then: HELPING }],
    }),
  ];
}

/** A box that is gone has said why, or has been killed. */
const UNLESS_GONE = { cases: [{ equals: "ESRCH", then: GONE }] } as const;

/** The helper. What fails is reported in a record of its own, as the box may fail at the same time. */
export function helperCalls(): readonly Call[] {
  const calls = [
    // Or the box would take the launcher to be there for as long as this is.
    call("close", [fd("report-reader")], { label: HELPING }),
    call("prctl", [PR.SET_PDEATHSIG, SIG.KILL]),
    ...aim(memory(BOX_PID, 8), "whose user namespace", (box) =>
      call("pidfd_open", [box, 0], { as: "box", ...UNLESS_GONE }),
    ),
    call("setns", [fd("box"), CLONE.NEWUSER], UNLESS_GONE),
    call("unshare", [CLONE.NEWNET]),
    call("socket", [AF.INET, SOCK.DGRAM | SOCK.CLOEXEC, 0], { as: "socket" }),
    call("ioctl", [fd("socket"), SIOC.GSKNS, 0], { label: "net namespace" }),
    sendResultCall(NETWORK_SENDER, "net namespace"),
    loopbackUpCall(fd("socket")),
    call("write", [fd(NETWORK_SENDER), new Uint8Array(1), 1]),
    call("exit_group", [0]),
  ];
  return [
    ...calls.map((one) => ({ ...one, fail: FAILED })),
    call("write", [fd("report"), { kind: "failure" }, REPORT_BYTES], { label: FAILED, fail: "next" }),
    call("exit_group", [FAIL_STATUS], { label: GONE }),
  ];
}

/** The launcher, once the helper has ended or is about to: `label` is where to enter, `then` where to go on. */
export function reapHelperCalls(label: string, then: string): readonly Call[] {
  return aim(helper, label, (pid) => call("waitid", [P.PID, pid, 0, W.EXITED, 0], { label, fail: then, then }));
}

/** The same where something has failed: it may be at work. */
export function endHelperCalls(label: string, then: string): readonly Call[] {
  const reap = `${label}, reaped`;
  return [
    call("load", [helper, 0], { label, cases: [{ equals: 0, then }] }),
    ...aim(helper, `${label}, killed`, (pid) => call("kill", [pid, SIG.KILL], { fail: "next" })),
    ...reapHelperCalls(reap, then),
  ];
}
