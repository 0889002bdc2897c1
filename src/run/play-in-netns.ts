// Steps played in another process's network namespace: a child enters it, so that this process stays where it is.
import { closeFile, openFile, openPipe, readAll } from "#ffi/libc/fd.ts";
import { mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { call, fd } from "#ffi/tape/call.ts";
import { LIMITS } from "#ffi/tape/format.ts";
import { CLONE } from "#ffi/uapi/clone.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { result } from "#ffi/tape/call.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { explainStep, lowerStep, type Step } from "#src/plan/steps.ts";
import { nativeRunner } from "./native-runner.ts";
import { decodeReports } from "./report.ts";

const FAIL_STATUS = 125;
const FD_BASE = 700;

/** Throws NsboxError naming the step that failed; the steps before it have been done. */
export function playInNetns(pid: number, steps: readonly Step[]): void {
  const netns = openFile(`/proc/${pid}/ns/net`, 0);
  const report = openPipe();
  const base = mapMemory(LIMITS.bytes);
  try {
    const lowered = steps.flatMap((step, index) => lowerStep(step).map((one) => ({ one, index })));
    const calls = [
      call("clone", [CLONE.VM | CLONE.VFORK | SIG.CHLD, 0, 0, 0, 0], {
        label: "child",
        cases: [{ equals: 0, then: "enter" }],
      }),
      call("waitid", [P.PID, result("child"), 0, W.EXITED, 0], { then: "return" }),
      call("setns", [fd("netns"), CLONE.NEWNET], { label: "enter" }),
      ...lowered.map(({ one }) => one),
      call("exit_group", [0]),
    ];
    const before = calls.length - lowered.length - 1;
    const arch = process.arch === "arm64" ? "arm64" : "x64";
    const fds = { netns, report: report.writer };
    const tape = assemble(calls, { arch, base, fds, fdBase: FD_BASE, failStatus: FAIL_STATUS });
    viewMemory(base, tape.bytes.length).set(tape.bytes);
    nativeRunner(arch)(tape.entry);
    closeFile(report.writer);
    const origins = calls.map((_, n) => ({ actor: "setup" as const, index: lowered[n - before]?.index ?? -1 }));
    const [failure] = decodeReports(readAll(report.reader), [{ tape, lowered: { calls, origins } }]);
    if (failure !== undefined) throw stepFailure(steps[failure.origin?.index ?? -1], failure.errno);
  } finally {
    unmapMemory(base, LIMITS.bytes);
    closeFile(report.reader);
    closeFile(netns);
  }
}

function stepFailure(step: Step | undefined, errno: number): NsboxError {
  const what = step === undefined ? "enter the network namespace" : explainStep(step);
  const hint =
    errno === errnoNumber("EPERM")
      ? "it takes root, and a network namespace that root owns"
      : "nsbox net inspect shows who is in the network";
  return new NsboxError("ESETUP", `Cannot ${what}: ${explainErrno(errno)}`, { errno, hint });
}
