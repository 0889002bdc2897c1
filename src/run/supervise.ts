// Waits for a box in the foreground: forwards signals, relays its terminal, ends it when its time is over.
// One thread, one poll(2): nothing here allocates or needs the event loop while the box runs.
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import {
  type Ended,
  monotonicMs,
  openSignalfd,
  pollFiles,
  type PollEntry,
  readSignal,
  sendSignal,
  waitFor,
} from "#ffi/libc/process.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import { SIG, signalSet } from "#ffi/uapi/signal.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";
import type { Companion } from "./companion.ts";
import type { RunningBox } from "./launch.ts";
import { TerminalRelay } from "./terminal-relay.ts";

/** The signals that the launcher must block before it launches, so that none is lost. */
export const SUPERVISED_SIGNALS: bigint = signalSet([...FORWARDED_SIGNALS, SIG.CHLD, SIG.ALRM]);
const FORWARDED_SET: bigint = signalSet(FORWARDED_SIGNALS);

export interface Supervision {
  readonly ended: Ended;
  /** The box was ended because its time was over. */
  readonly timedOut: boolean;
}

/** Until the box has ended. The forwarded signals are blocked already. */
export function supervise(box: RunningBox, timeoutMs: number | undefined, companion?: Companion): Supervision {
  const signals = openSignalfd(FORWARDED_SET);
  const relay = box.terminal === undefined ? undefined : new TerminalRelay(box.terminal);
  try {
    const timedOut = superviseLoop({ box, signals, relay, companion, timeoutMs });
    if (timedOut) sendSignal(box.pidfd, SIG.KILL);
    const ended = waitFor(box.pidfd);
    relay?.drain();
    return { ended, timedOut };
  } finally {
    relay?.close();
    closeFile(signals);
    closeFile(box.pidfd);
  }
}

interface Loop {
  readonly box: RunningBox;
  readonly signals: Fd;
  readonly relay: TerminalRelay | undefined;
  readonly companion: Companion | undefined;
  readonly timeoutMs: number | undefined;
}

/** true if the time was over before the box had ended. */
function superviseLoop({ box, signals, relay, companion, timeoutMs }: Loop): boolean {
  const deadline = timeoutMs === undefined ? undefined : monotonicMs() + timeoutMs;
  const fixed: readonly PollEntry[] = [
    { fd: box.pidfd, events: POLL.IN },
    { fd: signals, events: POLL.IN },
  ];
  for (;;) {
    const left = deadline === undefined ? undefined : deadline - monotonicMs();
    if (left !== undefined && left <= 0) return true;
    const relayed = relay?.entries() ?? [];
    const entries = [...fixed, ...relayed, ...(companion?.entries() ?? [])];
    const [ended = 0, signalled = 0, ...ready] = pollFiles(entries, left);
    if (ended !== 0) return false;
    if (signalled !== 0) forward(readSignal(signals), box, relay);
    relay?.handle(ready.slice(0, relayed.length));
    companion?.handle(ready.slice(relayed.length));
  }
}

function forward(signal: number, box: RunningBox, relay: TerminalRelay | undefined): void {
  if (signal === SIG.WINCH && relay !== undefined) return relay.resize();
  sendSignal(box.pidfd, signal);
  if (signal !== SIG.TSTP) return;
  // The caller's shell expects its job to stop; SIGCONT is forwarded when it comes.
  relay?.suspend();
  rawSyscall("kill", rawSyscall("getpid"), SIG.STOP);
  relay?.resume();
}
