// A process, so that no other can be taken for it: a PID comes back, with another start time or after another boot.
import { closeFile, type Fd, readText } from "#ffi/libc/fd.ts";
import { openPidfd } from "#ffi/libc/process.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";

export interface ExactProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTicks: number;
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

/** What has become of exactly this process. */
export function readLife({ pid, startTicks, bootId }: ExactProcess): Life {
  const stat = readStat(pid);
  if (stat === undefined || stat.startTicks !== startTicks || bootId !== readBootId()) return "ended";
  if (stat.state === "Z" || stat.state === "X") return "ended";
  return stat.state === "T" || stat.state === "t" ? "stopped" : "running";
}

/** A descriptor for exactly this process; undefined if it has ended. Throws SyscallError. */
export function openProcess(identity: ExactProcess): Fd | undefined {
  let pidfd: Fd;
  try {
    pidfd = openPidfd(identity.pid);
  } catch (error) {
    if (error instanceof SyscallError && (error.is("ESRCH") || error.is("EINVAL"))) return undefined;
    throw error;
  }
  // From here on the PID can't come back while we hold it: what is compared now holds for the descriptor.
  if (readLife(identity) !== "ended") return pidfd;
  closeFile(pidfd);
  return undefined;
}
