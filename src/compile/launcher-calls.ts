// What a compiled box does around the plan's own steps: checks who runs it, opens what the launch needs, writes the
// init's file, and, where only a process outside may, the id maps. Then it reads reports and waits.
import { AT, F, O, openFlags } from "#ffi/uapi/fcntl.ts";
import { MFD } from "#ffi/uapi/mman.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG, SIG_HOW, signalSet } from "#ffi/uapi/signal.ts";
import { P, W } from "#ffi/uapi/wait.ts";
import { type Arg, type Call, call, fd, memory, type MemoryArg, result, tolerate } from "#ffi/tape/call.ts";
import { folderStream, type Stream } from "#src/spec/check-streams.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";
import { CLONED, HELPER_PID, type WriteIdMapStep } from "#src/plan/steps/launch.ts";
import { NETWORK_RECEIVER, NETWORK_SENDER } from "#src/plan/steps/namespaces.ts";
import { aim } from "#src/plan/steps/watch.ts";
import { networkSocketCalls } from "./namespace-calls.ts";
import { REPORT, REPORT_BYTES, REPORTS } from "./report-calls.ts";

const OWN_FAILURE = "own failure";

/** Calls of the launcher's own: where one fails it reports to itself. */
export function ownCalls(calls: readonly Call[]): readonly Call[] {
  return calls.map((one) => (one.fail === undefined || one.fail === CLONED ? { ...one, fail: OWN_FAILURE } : one));
}

const STDERR = 2;
const ALL = 0xffff_ffff_ffff_ffffn;
const SIGACTION_BYTES = 32;
const ALL_SEALS = 0xf;

function text(bytes: string): readonly [Uint8Array, number] {
  const encoded = new TextEncoder().encode(bytes);
  return [encoded, encoded.length];
}

function set64(mask: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array([mask]).buffer);
}

/** Says one thing and ends. */
function giveUp(label: string, message: string): readonly Call[] {
  return [call("write", [STDERR, ...text(message)], { label, fail: "next" }), call("exit_group", [125])];
}

export interface Beginning {
  readonly uid: number;
  /** undefined where the plan doesn't depend on it. */
  readonly gid: number | undefined;
  readonly dieWithParent: boolean;
  /** Where the caller's signal mask goes. */
  readonly maskAt: Arg;
  readonly passFds: readonly number[];
}

/** Signals held, ids checked, standard streams open, everything else closed: from here on descriptors are known. */
export function beginCalls({ uid, gid, dieWithParent, maskAt, passFds }: Beginning): readonly Call[] {
  return [
    ...(dieWithParent ? [call("prctl", [PR.SET_PDEATHSIG, SIG.KILL])] : []),
    call("rt_sigprocmask", [SIG_HOW.SETMASK, set64(ALL), maskAt, 8]),
    // A caller that ignores SIGCHLD would have the kernel reap the box unseen.
    call("rt_sigaction", [SIG.CHLD, new Uint8Array(SIGACTION_BYTES), 0, 8]),
    call("geteuid", [], {
      cases: [{ equals: uid, then: gid === undefined ? "stream 0" : "uid is right" }],
      then: "wrong uid",
    }),
    ...giveUp("wrong uid", wrongId("uid", uid)),
    ...(gid === undefined ? [] : gidCalls(gid)),
    ...([0, 1, 2] as const).flatMap(streamCalls),
    ...gaps(passFds).map(([first, last], n) =>
      call("close_range", [first, last, 0], n === 0 ? { label: "streams" } : {}),
    ),
  ];
}

function gidCalls(gid: number): readonly Call[] {
  return [
    call("getegid", [], { label: "uid is right", cases: [{ equals: gid, then: "stream 0" }], then: "wrong gid" }),
    ...giveUp("wrong gid", wrongId("gid", gid)),
  ];
}

function wrongId(kind: "uid" | "gid", id: number): string {
  return `nsbox: Cannot start the box: it was compiled for ${kind} ${id}\n  hint  run it as that one, or compile it anew as who runs it\n`;
}

/** A closed standard stream would become the number of something else, and a folder is a way out: checkStreams(). */
function streamCalls(stream: Stream): readonly Call[] {
  const [label, ifClosed, ifFolder] = [`stream ${stream}`, `null ${stream}`, `folder ${stream}`];
  const next = stream === 2 ? "streams" : `stream ${stream + 1}`;
  const cases = [
    { equals: "ENOTDIR", then: next },
    { equals: "EBADF", then: ifClosed },
  ] as const;
  const { message, hint } = folderStream(stream);
  return [
    // Only in a folder there is something to look up, allowed or not. No descriptor is needed, as there may be none.
    call("faccessat", [stream, ".", 0], { label, cases, fail: ifFolder, then: ifFolder }),
    call("openat", [AT.FDCWD, "/dev/null", O.RDWR], { label: ifClosed, then: next }),
    ...giveUp(ifFolder, `nsbox: ${message}\n  hint  ${hint}\n`),
  ];
}

/** Everything from 3 on but these. */
function gaps(kept: readonly number[]): readonly (readonly [first: number, last: number])[] {
  const ranges: (readonly [number, number])[] = [];
  let first = 3;
  for (const file of [...kept].sort((a, b) => a - b)) {
    if (file > first) ranges.push([first, file - 1]);
    first = Math.max(first, file + 1);
  }
  return [...ranges, [first, 0xffffffff]];
}

/** The lowest numbers that are free then, in the order in which they are given. */
export function freeNumbers(passFds: readonly number[], count: number): readonly number[] {
  const numbers: number[] = [];
  for (let number = 3; numbers.length < count; number++) if (!passFds.includes(number)) numbers.push(number);
  return numbers;
}

/** Pipes, in the order of freeNumbers(); see launcherFds(). */
export function pipeCalls({ waits, helped }: Rendezvous): readonly Call[] {
  const pipe = (name: string): Call => call("pipe2", [memory(name, 8), O.CLOEXEC]);
  return [pipe("report pipe"), ...(waits ? [pipe("go pipe")] : []), ...(helped ? networkSocketCalls() : [])];
}

/** What there is besides reports. */
export interface Rendezvous {
  /** The box waits for the launcher. */
  readonly waits: boolean;
  /** A helper sends it its net namespace. */
  readonly helped: boolean;
}

/** Open files by name, as pipeCalls() and the plan's joins leave them. */
export function launcherFds(
  passFds: readonly number[],
  { waits, helped }: Rendezvous,
): Readonly<Record<string, number>> {
  const names = [
    ...["report-reader", "report"],
    ...(waits ? ["go", "go-writer"] : []),
    ...(helped ? [NETWORK_RECEIVER, NETWORK_SENDER] : []),
  ];
  const numbers = freeNumbers(passFds, names.length);
  return Object.fromEntries(names.map((name, n) => [name, numbers[n] ?? -1]));
}

export interface InitFile {
  readonly head: Arg;
  readonly headBytes: number;
  /** Behind the head. */
  readonly code: number;
  readonly codeBytes: number;
  readonly data: Arg;
  readonly dataBytes: number;
  readonly dataOffset: number;
}

/** The init as a sealed file in memory, see memfd_create(2). */
export function initFileCalls(file: InitFile): readonly Call[] {
  const flags = MFD.CLOEXEC | MFD.ALLOW_SEALING;
  const image = { as: "init-image" } as const;
  return [
    // KERNEL: MFD_EXEC is since 6.3, and required where vm.memfd_noexec is 1.
    call("memfd_create", ["nsbox-init", flags | MFD.EXEC], {
      ...image,
      cases: [{ equals: "EINVAL", then: "older kernel" }],
      then: "init file",
    }),
    call("memfd_create", ["nsbox-init", flags], { ...image, label: "older kernel" }),
    call("pwrite64", [fd("init-image"), file.head, file.headBytes, 0], { label: "init file" }),
    call("pwrite64", [fd("init-image"), file.code, file.codeBytes, file.headBytes]),
    call("pwrite64", [fd("init-image"), file.data, file.dataBytes, file.dataOffset]),
    call("fcntl", [fd("init-image"), F.ADD_SEALS, ALL_SEALS]),
  ];
}

/** The child's part in having its id maps written: it tells its number in /proc, which it shares memory to do. */
export function numberCalls(): readonly Call[] {
  return [
    call("readlinkat", [AT.FDCWD, "/proc/self", boxNumber(), NUMBER_BYTES - 1]),
    call("write", [fd("report"), new Uint8Array(REPORT_BYTES), REPORT_BYTES]),
  ];
}

const NUMBER_BYTES = 24;
const boxNumber = (): MemoryArg => memory("box number", NUMBER_BYTES);

/** The launcher's part. */
export function idMapCalls(arch: "x64" | "arm64", maps: readonly WriteIdMapStep[]): readonly Call[] {
  if (maps.length === 0) return [];
  const flags = O.PATH | O.CLOEXEC | openFlags(arch).DIRECTORY;
  return [
    // A report of nothing: the number is there. None at all: the box has gone.
    call("read", [fd("report-reader"), REPORT, REPORT_BYTES], { cases: [{ equals: 0, then: "finish" }] }),
    call("load", [REPORT, 0], { cases: [{ equals: 0, then: "next" }], then: "late report" }),
    call("openat", [AT.FDCWD, "/proc", flags], { as: "proc" }),
    call("openat", [fd("proc"), boxNumber(), flags], { as: "box in proc" }),
    ...maps.flatMap(({ file, text: map }) => [
      call("openat", [fd("box in proc"), file, O.WRONLY | O.CLOEXEC], { label: `open ${file}` }),
      call("write", [result(`open ${file}`), ...text(map)]),
    ]),
    call("write", [fd("go-writer"), new Uint8Array(1), 1], { then: "finish" }),
    // What was read is written back, behind nothing: its writer has ended.
    call("write", [fd("report"), REPORT, REPORT_BYTES], { label: "late report", then: "finish" }),
  ];
}

/** Signals that the launcher goes on to hold. */
const HELD: bigint = signalSet([...FORWARDED_SIGNALS, SIG.CHLD, SIG.ALRM, SIG.PIPE]);

/** The launcher, once the box has been cloned, up to its first look at the reports. */
export function clonedCalls(
  between: readonly Call[],
  { joins, waits, helped }: Rendezvous & { readonly joins: boolean },
): readonly Call[] {
  const close = (name: string): Call => call("close", [fd(name)], tolerate("EBADF"));
  return [
    call("getpid", [], { label: CLONED }),
    ...(joins
      ? aim(memory(HELPER_PID, 8), "helper", (pid) => call("waitid", [P.PID, pid, 0, W.EXITED, 0], { fail: "next" }))
      : []),
    ...between,
    { ...close("report"), label: "finish" },
    ...(waits ? [close("go-writer")] : []),
    ...(helped ? [close(NETWORK_SENDER), close(NETWORK_RECEIVER)] : []),
    // What is not waited for has its usual effect again.
    call("rt_sigprocmask", [SIG_HOW.UNBLOCK, set64(ALL & ~HELD), 0, 8], { then: REPORTS, fail: REPORTS }),
    call("write", [fd("report"), { kind: "failure" }, REPORT_BYTES], {
      label: OWN_FAILURE,
      fail: "finish",
      then: "finish",
    }),
  ];
}
