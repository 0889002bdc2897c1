// Signals, see signal(7). The numbers are the same on x86-64 and arm64.

/** Signal numbers by name without SIG, see signal(7). */
export const SIG = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
} as const;

/** The name of a signal without SIG, such as "TERM". */
export type SignalName = keyof typeof SIG;

// Second names of the headers; they can be read, but are never printed.
const ALIASES = { IOT: 6, CLD: 17, POLL: 29 } as const;

// KERNEL: real-time signals begin at 32, but libc keeps the first two for its threads, see signal(7).
const RTMIN = 34;
const SIGNAL_MAX = 64;

/** How rt_sigprocmask(2) applies a set. */
export const SIG_HOW = { BLOCK: 0, UNBLOCK: 1, SETMASK: 2 } as const;

/** Flags of rt_sigaction(2). */
export const SA = {
  NOCLDSTOP: 0x1,
  NOCLDWAIT: 0x2,
  SIGINFO: 0x4,
  UNSUPPORTED: 0x400, // since 5.11
  EXPOSE_TAGBITS: 0x800, // since 5.11
  RESTORER: 0x04000000,
  ONSTACK: 0x08000000,
  RESTART: 0x10000000,
  NODEFER: 0x40000000,
  RESETHAND: 0x80000000,
} as const;

/** `si_code` of SIGCHLD and waitid(2): how a child changed. */
export const CLD = { EXITED: 1, KILLED: 2, DUMPED: 3, TRAPPED: 4, STOPPED: 5, CONTINUED: 6 } as const;

/** "SIGTERM", "SIGRTMIN+3"; a number without a name becomes "SIG32". */
export function signalName(number: number): string {
  for (const [name, value] of Object.entries(SIG)) if (value === number) return `SIG${name}`;
  if (number === RTMIN) return "SIGRTMIN";
  if (number > RTMIN && number <= SIGNAL_MAX) return `SIGRTMIN+${number - RTMIN}`;
  return `SIG${number}`;
}

/** The number that "TERM", "SIGTERM", "15" or "RTMIN+3" means, or undefined where it means no signal. */
export function parseSignal(text: string): number | undefined {
  const word = text.toUpperCase().replace(/^SIG/, "");
  if (/^[1-9]\d?$/.test(word)) return Number(word) <= SIGNAL_MAX ? Number(word) : undefined;
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(word);
  if (realTime !== null) return parseRealTime(realTime[1] === "MIN", realTime[2], Number(realTime[3] ?? 0));
  const names: Readonly<Record<string, number>> = { ...SIG, ...ALIASES };
  return Object.hasOwn(names, word) ? names[word] : undefined;
}

// RTMIN counts up and RTMAX counts down; the other direction would leave the range.
function parseRealTime(fromMin: boolean, sign: string | undefined, distance: number): number | undefined {
  if (sign !== undefined && (sign === "+") !== fromMin) return undefined;
  const number = fromMin ? RTMIN + distance : SIGNAL_MAX - distance;
  return number >= RTMIN && number <= SIGNAL_MAX ? number : undefined;
}

/** The kernel's sigset_t holding these signals: bit N-1 stands for signal N. */
export function signalSet(numbers: Iterable<number>): bigint {
  let set = 0n;
  for (const number of numbers) set |= 1n << BigInt(number - 1);
  return set;
}
