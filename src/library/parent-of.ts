// Whose child a process is.
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";

/** The PID of its parent; undefined where it has gone. See proc_pid_stat(5): the name may hold anything but the last ")". */
export function parentOf(pid: number): number | undefined {
  try {
    const [, parent] = readText(`/proc/${pid}/stat`).split(")").at(-1)?.trim().split(" ") ?? [];
    return Number(parent);
  } catch (error) {
    if (error instanceof SyscallError && (error.is("ENOENT") || error.is("ESRCH"))) return undefined;
    throw error;
  }
}
