// A process, so that no other can be taken for it: a PID comes back, with another start time or after another boot.
import { closeFile, type Fd, readText } from "#ffi/libc/fd.ts";
import { openPidfd } from "#ffi/libc/process.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTicks: number;
}

/** One that is known after another boot not to be this. */
export interface ExactProcess extends ProcessIdentity {
  readonly bootId: string;
}

/** `ended` also for a process that nobody has reaped yet. */
export type Life = "running" | "stopped" | "ended";

/** The letter and the start time in /proc/PID/stat, see proc_pid_stat(5). The name may hold spaces and brackets. */
export function parseStat(text: string): { readonly state: string; readonly startTicks: number } {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTicks: Number(fields[19] ?? "NaN") };
}

function readStat(pid: number): ReturnType<typeof parseStat> | undefined {
  try {
    return parseStat(readText(`/proc/${pid}/stat`));
  } catch (error) {
    if (error instanceof SyscallError && (error.is("ENOENT") || error.is("ESRCH"))) return undefined;
    throw error;
  }
}

/** This boot, see proc_sys_kernel(5). */
export function readBootId(): string {
  return readText("/proc/sys/kernel/random/boot_id").trim();
}

/** Who has this PID now; undefined if nobody does. */
export function readIdentity(pid: number): ExactProcess | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTicks: stat.startTicks, bootId: readBootId() };
}

/** The start time of who has this PID now; undefined if nobody does. */
export function readStartTicks(pid: number): number | undefined {
  return readStat(pid)?.startTicks;
}

/** As readIdentity() where what is kept of it ends with the boot; undefined also if it waits to be reaped. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined || lifeOf(stat) === "ended" ? undefined : { pid, startTicks: stat.startTicks };
}

/** What has become of exactly this process. */
export function readLife(process: ProcessIdentity & Partial<ExactProcess>): Life {
  const stat = readStat(process.pid);
  if (stat === undefined || stat.startTicks !== process.startTicks) return "ended";
  if (process.bootId !== undefined && process.bootId !== readBootId()) return "ended";
  return lifeOf(stat);
}

/** Whether exactly this process still runs, or is stopped. */
export function isRunning(process: ProcessIdentity): boolean {
  return readLife(process) !== "ended";
}

function lifeOf({ state }: ReturnType<typeof parseStat>): Life {
  if (state === "Z" || state === "X") return "ended";
  return state === "T" || state === "t" ? "stopped" : "running";
}

/** A descriptor for exactly this process; undefined if it has ended. Throws SyscallError. */
export function openProcess(identity: ProcessIdentity & Partial<ExactProcess>): Fd | undefined {
  let pidfd: Fd;
  try {
    pidfd = openPidfd(identity.pid);
  } catch (error) {
    if (error instanceof SyscallError && (error.is("ESRCH") || error.is("EINVAL"))) return undefined;
    throw error;
  }
  // Who has the PID after it is younger: if it has it still, the descriptor, which is older than this look, is its own.
  if (readLife(identity) !== "ended") return pidfd;
  closeFile(pidfd);
  return undefined;
}
