// Starts an executable as a child of this process, and makes sense of what it reports.
import { closeFile, type Fd, fillAndSeal, openMemfd, openPipe, readAll } from "#ffi/libc/fd.ts";
import { errnoNumber, isErrnoName } from "#ffi/uapi/errno.ts";
import { explainRefusedClone } from "#src/cli/explain-refused-clone.ts";
import { PID_BYTES } from "#src/compile/caller.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { findHint } from "#src/hints.ts";
import { pathKind } from "#src/host/read-facts.ts";
import type { Spec } from "#src/spec/spec.ts";
import { checkStreams } from "#src/spec/check-streams.ts";
import { type Failure, failureOf } from "#src/run/report.ts";
import { REPORT_BYTES } from "#ffi/tape/format.ts";
import { EXECUTABLE_FD, type Executable } from "./executable.ts";

type In = Bun.Spawn.Writable;
type Out = Bun.Spawn.Readable;

/** What is left to Bun. */
export interface Supervision {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly maxBuffer?: number;
  readonly killSignal?: string | number;
}

type Variables = Readonly<Record<string, string>>;

export interface StartOptions<I extends In, O extends Out, E extends Out> {
  readonly stdio: readonly [I, O, E];
  /** The command with its arguments; empty where the box runs none. */
  readonly command: readonly string[];
  readonly env: Variables;
  /** For the names of Executable.files, in their order. */
  readonly files: readonly Fd[];
  readonly supervision?: Supervision;
}

export interface Started<I extends In, O extends Out, E extends Out> {
  readonly process: Bun.Subprocess<I, O, E>;
  /** What it reports; to be closed. */
  readonly reports: Fd;
}

/** Throws NsboxError where not even that is possible. The files that it is given stay open here. */
export function start<const I extends In, const O extends Out, const E extends Out>(
  executable: Executable,
  options: StartOptions<I, O, E>,
): Started<I, O, E> {
  const { reader, writer } = openPipe();
  try {
    return { process: spawn(executable, options, [writer]), reports: reader };
  } catch (error) {
    closeFile(reader);
    throw error;
  } finally {
    closeFile(writer);
  }
}

/** The same of what reports to its stdout. */
export function startReporting<const I extends In, const E extends Out>(
  executable: Executable,
  options: StartOptions<I, "pipe", E>,
): Bun.Subprocess<I, "pipe", E> {
  return spawn(executable, options, []);
}

function spawn<const I extends In, const O extends Out, const E extends Out>(
  { bytes }: Executable,
  { stdio, command, env, files, supervision }: StartOptions<I, O, E>,
  reports: readonly Fd[],
): Bun.Subprocess<I, O, E> {
  checkStreams({ openFolders: [0, 1, 2].filter((n) => isFolder(stdio[n], n)) });
  const image = openMemfd("nsbox");
  try {
    fillAndSeal(image, bytes);
    return Bun.spawn([`/proc/self/fd/${EXECUTABLE_FD}`, ...command], {
      ...supervision,
      argv0: "nsbox",
      cwd: "/",
      env,
      stdio: [...stdio, image, ...reports, ...files],
    });
  } catch (error) {
    throw startFailure(error);
  } finally {
    closeFile(image);
  }
}

/** Whether what is given as the standard stream `n` is an open folder. */
function isFolder(given: unknown, n: number): boolean {
  const file = given === "inherit" ? n : given;
  return typeof file === "number" && pathKind(`/proc/self/fd/${file}`) === "dir";
}

/** The command's variables, as Bun.spawn takes them. */
export function variablesOf({ process }: Spec): Variables {
  return Object.fromEntries(process.env.map(splitVariable));
}

function splitVariable(entry: string): readonly [string, string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}

/** What Bun.spawn says, as an error of ours. */
function startFailure(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  if (!isErrnoName(error.code)) return error;
  const errno = errnoNumber(error.code);
  return new NsboxError("ESETUP", `Cannot start a process: ${explainErrno(errno)}`, {
    syscall: "syscall" in error && typeof error.syscall === "string" ? error.syscall : undefined,
    errno,
    hint: findHint({ syscall: "clone", errno, kind: "clone", operand: undefined }),
    cause: error,
  });
}

export interface Report {
  /** Of the box's init, or of the command; as this process sees it. */
  readonly pid: number;
  readonly error: unknown;
}

/** What a whole report says; an error where nothing runs. */
export function readReport(bytes: Uint8Array, executable: Executable): Report {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pid = bytes.length < PID_BYTES ? 0 : view.getInt32(0, true);
  const failures: (Failure & { readonly what: string; readonly kind: string | undefined })[] = [];
  for (let at = PID_BYTES; at + REPORT_BYTES <= bytes.length; at += REPORT_BYTES) {
    const facts = executable.failures.find(Number(view.getBigUint64(at, true)));
    const { origin, what, kind, syscall, operand } = facts ?? UNKNOWN;
    const result = Number(view.getBigInt64(at + 8, true));
    failures.push({ origin, what, kind, syscall, operand, errno: result < 0 ? -result : 0 });
  }
  // No errno says no more than that another process has given up: that one has told why.
  const last = failures.findLast(({ errno }) => errno !== 0) ?? failures.at(-1);
  if (last === undefined) return { pid, error: pid > 0 ? undefined : silent() };
  if (last.origin !== undefined) {
    const error = failureOf(failures, executable.plan);
    return { pid, error: error === undefined ? undefined : explainRefusedClone(error, executable.spec) };
  }
  const { what, syscall, errno, kind, operand } = last;
  const hint = findHint({ syscall, errno, kind, operand });
  const message = `Cannot ${what}: ${syscall} gave ${explainErrno(errno)}`;
  return { pid, error: new NsboxError("ESETUP", message, { syscall, errno, hint }) };
}

const UNKNOWN = { origin: undefined, what: "start the box", kind: undefined, syscall: "unknown", operand: undefined };

/** Nothing was said: it was ended before it could. */
function silent(): NsboxError {
  return new NsboxError("ESETUP", "Cannot start the box: it was ended before it stood", {
    hint: "it was aborted or killed from outside, or its time was over",
  });
}

/** Hardly ever there is more than a PID. */
const FEW_REPORTS = 64;

/** Waits until nobody can report any more: for the time that the set-up takes, unless it has ended already. */
export function takeReport(reports: Fd, executable: Executable): Report {
  try {
    return readReport(readAll(reports, FEW_REPORTS), executable);
  } finally {
    closeFile(reports);
  }
}
