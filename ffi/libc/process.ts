// Processes by descriptor: signals, waiting, polling.
import { CLD } from "#ffi/uapi/signal.ts";
import { timespec } from "#ffi/uapi/timespec.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { asFd, type Fd } from "./fd.ts";
import { rawSyscall, syscall } from "./syscall.ts";

/** How a process ended. */
export type Ended =
  { readonly kind: "exited"; readonly status: number } | { readonly kind: "killed"; readonly signal: number };

const SIGINFO_BYTES = 128;
const EINTR = 4;

/** Waits for the process's end and reaps it, see waitid(2). Throws SyscallError. */
export function waitFor(pidfd: Fd): Ended {
  const info = new Uint8Array(SIGINFO_BYTES);
  while (rawSyscall("waitid", P.PIDFD, pidfd, info, W.EXITED, 0) === -EINTR);
  const view = new DataView(info.buffer);
  const status = view.getInt32(24, true);
  return view.getInt32(8, true) === CLD.EXITED ? { kind: "exited", status } : { kind: "killed", signal: status };
}

/** A descriptor for a process, see pidfd_open(2). Throws SyscallError. */
export function openPidfd(pid: number): Fd {
  return asFd(syscall(`process ${pid}`, "pidfd_open", pid, 0));
}

/** Sends a signal; a process that has ended is no error. See pidfd_send_signal(2). */
export function sendSignal(pidfd: Fd, signal: number): void {
  const ESRCH = 3;
  const result = rawSyscall("pidfd_send_signal", pidfd, signal, 0, 0);
  if (result < 0 && result !== -ESRCH) syscall(`signal ${signal}`, "pidfd_send_signal", pidfd, signal, 0, 0);
}

/** Blocks exactly these signals for this thread and returns those blocked before. Bit N-1 is signal N. */
export function setSignalMask(mask: bigint): bigint {
  const before = new BigUint64Array(1);
  const now = new BigUint64Array([mask]);
  const SIG_SETMASK = 2;
  syscall("", "rt_sigprocmask", SIG_SETMASK, new Uint8Array(now.buffer), new Uint8Array(before.buffer), 8);
  return before[0] ?? 0n;
}

/** The signals that are blocked for this thread. */
export function getSignalMask(): bigint {
  const before = new BigUint64Array(1);
  syscall("", "rt_sigprocmask", 0, 0, new Uint8Array(before.buffer), 8);
  return before[0] ?? 0n;
}

/** A descriptor that reads the (blocked) signals of this mask, see signalfd(2). */
export function openSignalfd(mask: bigint): Fd {
  const SFD_CLOEXEC = 0x80000;
  return asFd(syscall("", "signalfd4", -1, new Uint8Array(new BigUint64Array([mask]).buffer), 8, SFD_CLOEXEC));
}

const SIGNALFD_SIGINFO_BYTES = 128;

/** The next signal's number out of a signalfd that is ready. */
export function readSignal(signalfd: Fd): number {
  const info = new Uint8Array(SIGNALFD_SIGINFO_BYTES);
  syscall("signals", "read", signalfd, info, info.length);
  return new DataView(info.buffer).getUint32(0, true);
}

/** What poll(2) waits for on one descriptor. */
export interface PollEntry {
  readonly fd: Fd;
  readonly events: number;
}

/** The events that are ready for each entry; all 0 when the time is over. undefined waits for ever. */
export function pollFiles(entries: readonly PollEntry[], timeoutMs: number | undefined): readonly number[] {
  const bytes = new Uint8Array(entries.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [n, entry] of entries.entries()) {
    view.setInt32(n * 8, entry.fd, true);
    view.setInt16(n * 8 + 4, entry.events, true);
  }
  const result = rawSyscall("ppoll", bytes, entries.length, timeoutMs === undefined ? 0 : timespec(timeoutMs), 0, 8);
  if (result < 0 && result !== -EINTR) syscall("", "ppoll", bytes, entries.length, 0, 0, 8);
  return entries.map((_, n) => (result <= 0 ? 0 : view.getInt16(n * 8 + 6, true)));
}

/** Milliseconds of a clock that only goes forward. */
export function monotonicMs(): number {
  const now = new BigInt64Array(2);
  const CLOCK_MONOTONIC = 1;
  syscall("", "clock_gettime", CLOCK_MONOTONIC, new Uint8Array(now.buffer));
  return Number((now[0] ?? 0n) * 1000n + (now[1] ?? 0n) / 1_000_000n);
}
