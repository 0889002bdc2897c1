// Signals to a box, and its end. Everything goes through a descriptor that is proved to be the box's init.
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { monotonicMs, pollFiles, sendSignal } from "#ffi/libc/process.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { FINAL_STOP_SIGNAL, FORWARDED_SIGNALS, TIME_OVER_SIGNAL } from "#src/spec/defaults.ts";
import { NsboxError } from "#src/error.ts";
import { isFrozen, setFrozen } from "#src/cgroup/box-cgroup.ts";
import { listProcesses } from "./box-processes.ts";
import { type Box, noteKilled } from "./box-store.ts";
import { openProcess, type ProcessIdentity } from "./process-life.ts";

/** The box's init by descriptor; undefined if it has ended. Close it. */
export function openInit(box: Box): Fd | undefined {
  return openProcess(box.record.process);
}

/** Sends a signal to the command; SIGKILL ends all of the box. false if the box has ended. */
export function signalBox(box: Box, signal: number): boolean {
  if (signal === SIG.KILL) return killBox(box);
  const init = openInit(box);
  if (init === undefined) return false;
  try {
    if (FORWARDED_SIGNALS.includes(signal)) sendSignal(init, signal);
    else signalCommand(box, signal);
    return true;
  } finally {
    closeFile(init);
  }
}

/** The init hands on only what a terminal or a shell sends; anything else goes to the command itself. */
function signalCommand(box: Box, signal: number): void {
  const command = listProcesses(box).find(({ inside }) => inside === box.status.command);
  if (command === undefined) return;
  signalProcess(command, signal);
}

/** SECURITY: it may have ended since it was seen, and its PID may be another's, in no box. Exported for its test. */
export function signalProcess(process: ProcessIdentity, signal: number): void {
  const pidfd = openProcess(process);
  if (pidfd === undefined) return;
  try {
    sendSignal(pidfd, signal);
  } catch (error) {
    if (!(error instanceof SyscallError && error.is("ESRCH"))) throw error;
  } finally {
    closeFile(pidfd);
  }
}

/** Until the box has ended, or the time is over; true if it has ended. undefined waits for ever. */
export function waitForEnd(box: Box, timeoutMs: number | undefined): boolean {
  const init = openInit(box);
  if (init === undefined) return true;
  try {
    return isOver(init, timeoutMs);
  } finally {
    closeFile(init);
  }
}

/** How long the keeper of a terminal may take to move what was printed last. */
const KEEPER_MS = 2000;

/** As waitForEnd(); and then until all that it has printed is in its log. */
export function waitForLog(box: Box, timeoutMs: number | undefined): boolean {
  if (!waitForEnd(box, timeoutMs)) return false;
  const { keeper } = box.record;
  const opened = keeper === undefined ? undefined : openProcess(keeper);
  if (opened === undefined) return true;
  isOver(opened, KEEPER_MS);
  closeFile(opened);
  return true;
}

function isOver(init: Fd, timeoutMs: number | undefined): boolean {
  const deadline = timeoutMs === undefined ? undefined : monotonicMs() + timeoutMs;
  for (;;) {
    const left = deadline === undefined ? undefined : Math.max(0, deadline - monotonicMs());
    const [ended = 0] = pollFiles([{ fd: init, events: POLL.IN }], left);
    if (ended !== 0) return true;
    if (left === 0) return false;
  }
}

/** How long the init may take to end the box by itself. */
const INIT_KILLS_MS = 500;

/**
 * Ends all of the box at once; false if it has ended. As when its time is over: the init kills the command, writes down
 * that and what was printed last, and ends with all the rest. Where it does not, it is killed, and that is written down.
 */
export function killBox(box: Box): boolean {
  const init = openInit(box);
  if (init === undefined) return false;
  try {
    if (box.life !== "stopped") {
      sendSignal(init, TIME_OVER_SIGNAL);
      if (isOver(init, INIT_KILLS_MS)) return true;
    }
    sendSignal(init, SIG.KILL);
    isOver(init, undefined);
    noteKilled(box);
    return true;
  } finally {
    closeFile(init);
  }
}

/** Asks the boxes to end, with this signal; then, after the time, ends those that have not. */
export function stopBoxes(boxes: readonly Box[], signal: number, timeoutMs: number): void {
  for (const box of boxes) {
    if (box.life === "stopped") resumeBox(box);
    const init = openInit(box);
    if (init === undefined) continue;
    sendSignal(init, FINAL_STOP_SIGNAL);
    closeFile(init);
    signalBox(box, signal);
  }
  const deadline = monotonicMs() + timeoutMs;
  for (const box of boxes) if (!waitForEnd(box, Math.max(0, deadline - monotonicMs()))) killBox(box);
}

/** Rounds after which a box that makes processes faster than they can be stopped is given up on. */
const PAUSE_ROUNDS = 100;

/** Stops every process of the box. Throws NsboxError EHOST if it makes new ones faster than that. */
export function pauseBox(box: Box): void {
  const { cgroup } = box.record.spec.linux;
  if (cgroup !== undefined) return setFrozen(cgroup.path, true);
  for (let round = 0; round < PAUSE_ROUNDS; round++) {
    const running = listProcesses(box).filter(({ state }) => !"TtZX".includes(state));
    if (running.length === 0) return;
    for (const process of running) signalProcess(process, SIG.STOP);
  }
  resumeBox(box);
  throw new NsboxError("EHOST", `Cannot pause ${JSON.stringify(box.name)}: it makes processes faster than they stop`, {
    hint: `end it: nsbox kill ${box.name}`,
  });
}

/** Lets every process of the box go on; the init last, as it is what makes the box count as paused. */
export function resumeBox(box: Box): void {
  const { cgroup } = box.record.spec.linux;
  if (cgroup !== undefined && isFrozen(cgroup.path)) return setFrozen(cgroup.path, false);
  const init = box.record.process;
  for (const process of listProcesses(box)) if (process.pid !== init.pid) signalProcess(process, SIG.CONT);
  signalProcess(init, SIG.CONT);
}
