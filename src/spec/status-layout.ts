// The status file of a box that lives on: written by its init, read by whoever asks. All of it in one write.
//
//   0        8          16          24         32        40       48
//   version  starts     started at (s, ns)     ended at (s, ns)   siginfo_t of the command's end, 128 bytes
//
//   176: PID of the command inside the box
//
// `starts` counts the command's starts. si_code 0: the command has not ended since it was started last.
// The file is this long from the beginning, so that a full disk has room for it.

/** Offsets of the fields, and the whole file's size. */
export const STATUS = {
  version: 0,
  starts: 8,
  startedAt: 16,
  endedAt: 32,
  siginfo: 48,
  command: 176,
  bytes: 184,
} as const;

export const STATUS_VERSION = 1;

/** Offsets in siginfo_t of a child's end, see waitid(2); the same on x86-64 and arm64. */
export const SIGINFO = { code: 8, pid: 16, status: 24, bytes: 128 } as const;
