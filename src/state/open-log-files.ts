// The files that a new box's log is written to.
import { closeFile, type Fd, openFile, openPipe } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { FALLOC, O } from "#ffi/uapi/fcntl.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { LOG_FILES, LOG_PIPE } from "#src/spec/log-layout.ts";
import type { BoxLog } from "./box-record.ts";

/** Of the files in a box's folder: what it printed, and when. */
export const LOG_NAME = "log";
export const LOG_TIMES_NAME = "log.times";

/** By the names that the plan has for them. Throws NsboxError. */
export function openLogFiles(log: BoxLog, folder: string): Readonly<Record<string, Fd>> {
  switch (log.kind) {
    case "none":
      return { [LOG_FILES.log]: openFile("/dev/null", O.WRONLY) };
    case "file":
      return { [LOG_FILES.log]: openLog(log.path, O.WRONLY | O.CREAT | O.APPEND) };
    case "own":
      return openKept(folder, log.isBounded);
  }
}

function openKept(folder: string, isBounded: boolean): Readonly<Record<string, Fd>> {
  const path = `${folder}/${LOG_NAME}`;
  // KERNEL: splice(2) wants a file that is not opened for appending; the init is the only one who writes to it.
  const log = openLog(path, O.WRONLY | O.CREAT);
  if (isBounded) requireHoles(log, folder);
  const pipe = openPipe();
  return {
    [LOG_FILES.log]: log,
    [LOG_FILES.end]: openLog(path, O.WRONLY),
    [LOG_FILES.times]: openLog(`${folder}/${LOG_TIMES_NAME}`, O.WRONLY | O.CREAT | O.APPEND),
    [LOG_PIPE.reader]: pipe.reader,
    [LOG_PIPE.writer]: pipe.writer,
    [LOG_PIPE.sink]: openFile("/dev/null", O.WRONLY),
  };
}

/** Not every file system can take back the beginning of a file, see fallocate(2). */
function requireHoles(log: Fd, folder: string): void {
  const result = rawSyscall("fallocate", log, FALLOC.KEEP_SIZE | FALLOC.PUNCH_HOLE, 0, 4096);
  if (result === 0) return;
  closeFile(log);
  throw new NsboxError("EHOST", `Cannot bound a log in ${JSON.stringify(folder)}: ${explainErrno(-result)}`, {
    syscall: "fallocate",
    errno: -result,
    hint: "use --log-size unlimited, or set NSBOX_STATE_DIR to a folder on tmpfs, ext4, xfs or btrfs",
  });
}

function openLog(path: string, flags: number): Fd {
  try {
    return openFile(path, flags, 0o600);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("ESPEC", `Cannot write the log ${JSON.stringify(path)}: ${explainErrno(cause.errno)}`, {
      syscall: cause.syscall,
      errno: cause.errno,
      hint: "give a file in a folder that exists and that you may write to",
      cause,
    });
  }
}
