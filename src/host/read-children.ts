// The children of a process, see proc_pid_task(5).
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";

/** The oldest; of a box's init that is its command. undefined where there is none, or it may not be read. */
export function readFirstChild(pid: number): number | undefined {
  try {
    return Number(readText(`/proc/${pid}/task/${pid}/children`).split(" ")[0]) || undefined;
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}
