// The watcher: what the launcher becomes once the box runs and nothing needs JavaScript any more. A tape as an
// executable again: it forwards signals, ends the box when its time is over, and ends as the box ends.
import { CLONE } from "#ffi/uapi/clone.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { RLIMIT } from "#ffi/uapi/resource.ts";
import { CLD, SIG, SIG_HOW, signalSet } from "#ffi/uapi/signal.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { type Farewell, NO_FAREWELL } from "#src/spec/network.ts";
import { type Arg, type Call, call, memory, type MemoryArg, result, strings, tolerate, words } from "#ffi/tape/call.ts";

export interface Watch {
  /** The box's first process, a child of the watcher, or where its pid stands. */
  readonly pid: number | MemoryArg;
  readonly forward: readonly number[];
  readonly timeoutMs: number | undefined;
  readonly placeholders: readonly Placeholder[];
  readonly farewell?: Farewell;
  /** It stands for the box to a program: it says nothing, SIGALRM ends the box, and a signal that ended it ends both. */
  readonly standsIn?: boolean;
}

/** What was made on the host to keep the box from making it, and goes when the box has ended. */
export interface Placeholder {
  readonly host: string;
  readonly isFile: boolean;
}

const siginfo = (at: number) => memory("siginfo", 128, at);
/** Offsets in siginfo_t of a child's end, see waitid(2). */
const SI = { code: 8, pid: 16, status: 24 } as const;
const ITIMER_REAL = 0;
const STDERR = 2;

/** The watcher's calls. */
export function watchCalls(watch: Watch): readonly Call[] {
  return [call("prctl", [PR.SET_NAME, "nsbox"]), ...waitCalls(watch)];
}

/** A call that is about the box: where its pid stands in memory it is loaded before. */
export function aim(pid: number | MemoryArg, label: string, aimed: (pid: Arg) => Call): readonly Call[] {
  if (typeof pid === "number") return [aimed(pid)];
  const { label: first = label } = aimed(0);
  const { label: _, ...rest } = aimed(result(first));
  return [call("load", [pid, 0], { label: first }), rest];
}

/** Waits, forwards signals and ends as the box ends; begins by looking whether it has ended already. */
export function waitCalls(watch: Watch): readonly Call[] {
  const { pid, forward, timeoutMs, placeholders, farewell = NO_FAREWELL, standsIn = false } = watch;
  const mask = signalSet([...forward, SIG.CHLD, SIG.ALRM]);
  const set = new Uint8Array(new BigUint64Array([mask]).buffer);
  const signal = memory("signal", 8);
  return [
    // A pipe that the command has closed is closed; stderr stays, to say that the time is over.
    call("close_range", [0, 1, 0]),
    ...(timeoutMs === undefined ? [] : [call("setitimer", [ITIMER_REAL, timerBytes(timeoutMs), 0])]),
    ...aim(pid, "reap", (box) => call("waitid", [P.PID, box, siginfo(0), W.EXITED | W.NOHANG, 0], { label: "reap" })),
    call("load", [siginfo(SI.pid), 0], {
      cases: [{ equals: 0, then: "waiting" }],
      then: placeholders.length > 0 ? "placeholder 0" : "farewell",
    }),
    call("rt_sigtimedwait", [set, 0, 0, 8], {
      label: "waiting",
      save: signal,
      cases: [
        { equals: SIG.CHLD, then: "reap" },
        { equals: SIG.TSTP, then: "stop" },
      ],
      fail: "waiting", // EINTR, after a stop
    }),
    call("load", [signal, 0], { label: "caught", cases: [{ equals: SIG.ALRM, then: "late" }] }),
    ...aim(pid, "target", (box) => call("kill", [box, result("caught")], { ...tolerate("ESRCH"), then: "waiting" })),
    // The caller's shell expects its job to stop; SIGCONT is forwarded when it comes.
    ...aim(pid, "stop", (box) => call("kill", [box, SIG.TSTP], { label: "stop", ...tolerate("ESRCH") })),
    call("getpid", [], { label: "self" }),
    call("kill", [result("self"), SIG.STOP], { then: "waiting" }),
    ...(standsIn ? endCalls(pid, "late") : lateCalls(pid, timeoutMs)),
    ...placeholderCalls(placeholders, "farewell"),
    ...farewellCalls(farewell),
    call("load", [siginfo(SI.code), 0], { label: "ended", cases: [{ equals: CLD.EXITED, then: "exited" }] }),
    ...(standsIn ? raiseCalls() : []),
    call("load", [siginfo(SI.status), 128], { label: "killed" }),
    call("exit_group", [result("killed")]),
    call("load", [siginfo(SI.status), 0], { label: "exited" }),
    call("exit_group", [result("exited")]),
  ];
}

const NULL_DEVICE = "/dev/null";

/** Ends what served the box, and takes back what was made for it; goes on at the next call, whatever fails. */
export function farewellCalls({ processes, files, commands }: Farewell): readonly Call[] {
  const ignored = (one: Call, n: number): readonly Call[] => {
    const past = `past ${one.name} ${n}`;
    return [{ ...one, fail: past }, call("getpid", [], { label: past })];
  };
  const first = call("getpid", [], { label: "farewell" });
  if (processes.length + files.length + commands.length === 0) return [first];
  return [
    first,
    ...processes.flatMap((pid, n) => ignored(call("kill", [pid, SIG.TERM]), n)),
    ...files.flatMap((file, n) => ignored(call("unlinkat", [AT.FDCWD, file, 0]), n)),
    ...commands.flatMap(commandCalls),
  ];
}

/** Runs a program to its end; what it says is nobody's concern any more. */
function commandCalls(command: readonly string[], n: number): readonly Call[] {
  const [child, past] = [`command ${n}`, `past command ${n}`];
  const [path = ""] = command;
  return [
    call("clone", [CLONE.VM | CLONE.VFORK | SIG.CHLD, 0, 0, 0, 0], {
      label: `run ${n}`,
      cases: [{ equals: 0, then: child }],
      fail: past,
    }),
    call("waitid", [P.PID, result(`run ${n}`), 0, W.EXITED, 0], { fail: past, then: past }),
    call("openat", [AT.FDCWD, NULL_DEVICE, O.RDWR, 0], { label: child, fail: `exec ${n}` }),
    call("dup3", [0, STDERR, 0], { fail: `exec ${n}` }),
    call("execve", [path, strings(command), strings([])], { label: `exec ${n}`, fail: `lost ${n}` }),
    call("exit_group", [0], { label: `lost ${n}` }),
    call("getpid", [], { label: past }),
  ];
}

const STATX_SIZE = 0x200;
const STATX_BYTES = 256;
const STX_SIZE = 40;

/** Removes each placeholder that is still empty, and goes on at `end`, which has to be the call behind these. */
export function placeholderCalls(
  placeholders: readonly Placeholder[],
  end: string,
  name = "placeholder",
): readonly Call[] {
  if (placeholders.length === 0) return [];
  const statx = (at: number) => memory("statx", STATX_BYTES, at);
  return placeholders.flatMap(({ host, isFile }, n) => {
    const label = `${name} ${n}`;
    const next = n + 1 < placeholders.length ? `${name} ${n + 1}` : end;
    // KERNEL: a folder that is not empty is not removed.
    if (!isFile) return [call("unlinkat", [AT.FDCWD, host, AT.REMOVEDIR], { label, fail: next })];
    return [
      call("statx", [AT.FDCWD, host, AT.SYMLINK_NOFOLLOW, STATX_SIZE, statx(0)], { label, fail: next }),
      call("load", [statx(STX_SIZE), 0], { cases: [{ equals: 0, then: "next" }], then: next }),
      call("unlinkat", [AT.FDCWD, host, 0], { fail: next }),
    ];
  });
}

function lateCalls(pid: Watch["pid"], timeoutMs: number | undefined): readonly Call[] {
  const text = new TextEncoder().encode(timeoutText(timeoutMs ?? 0));
  return [call("write", [STDERR, text, text.length], { label: "late", fail: "end" }), ...endCalls(pid, "end")];
}

function endCalls(pid: Watch["pid"], label: string): readonly Call[] {
  return aim(pid, label, (box) => call("kill", [box, SIG.KILL], { label, ...tolerate("ESRCH"), then: "waiting" }));
}

/** Ends by the signal that has ended the box; goes on where that does not. No core is dumped a second time. */
function raiseCalls(): readonly Call[] {
  return [
    call("prlimit64", [0, RLIMIT.CORE, words(0, 0), 0], { fail: "next" }),
    call("rt_sigprocmask", [SIG_HOW.SETMASK, new Uint8Array(8), 0, 8]),
    call("getpid", [], { label: "itself" }),
    call("load", [siginfo(SI.status), 0], { label: "same signal" }),
    call("kill", [result("itself"), result("same signal")], { fail: "next" }),
  ];
}

/** What is said when a box's time is over. */
export function timeoutText(timeoutMs: number): string {
  return `nsbox: the box ran longer than --timeout allows (${timeoutMs / 1000} s) and was ended\n`;
}

/** struct itimerval: no interval, then the time; see setitimer(2). */
function timerBytes(ms: number): Uint8Array {
  const value = [0n, 0n, BigInt(Math.floor(ms / 1000)), BigInt((ms % 1000) * 1000)];
  return new Uint8Array(new BigInt64Array(value).buffer);
}
