// linux/wait.h: wait4(2) and waitid(2).

/** Flags of wait4(2) and waitid(2), by name without W. STOPPED is wait4's WUNTRACED; the last three are __W… in C. */
export const W = {
  NOHANG: 0x1,
  STOPPED: 0x2,
  EXITED: 0x4,
  CONTINUED: 0x8,
  NOWAIT: 0x1000000,
  NOTHREAD: 0x20000000,
  ALL: 0x40000000,
  CLONE: 0x80000000,
} as const;

/** What the id of waitid(2) names. */
export const P = {
  ALL: 0,
  PID: 1,
  PGID: 2,
  PIDFD: 3, // since 5.4
} as const;
