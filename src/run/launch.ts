// Executes a plan up to the command's exec. Whatever fails, nothing of the box is left.
import {
  type Fd,
  closeFile,
  fillAndSeal,
  openFile,
  openMemfd,
  openPipe,
  openSocketPair,
  readAll,
  writeAll,
  writeText,
} from "#ffi/libc/fd.ts";
import { mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { openPidfd, sendSignal, waitFor } from "#ffi/libc/process.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { buildElf, elfSecondBase, elfTapeBase } from "#ffi/runner/elf.ts";
import { assemble, type AssembleOptions, type Tape } from "#ffi/tape/assemble.ts";
import { LIMITS, RECORD_BYTES, WORD } from "#ffi/tape/format.ts";
import { CLONE } from "#ffi/uapi/clone.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { assert, explainErrno, NsboxError } from "#src/error.ts";
import { findHint } from "#src/hints.ts";
import { lowerCommand, lowerInit, lowerLaunch, type LoweredTape } from "#src/plan/lower-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { Step } from "#src/plan/steps.ts";
import { BOX_PID, CLONED, HELPER_PID, type LauncherStep } from "#src/plan/steps/launch.ts";
import { joinFd } from "#src/plan/steps/namespaces.ts";
import type { BoxInterface } from "#src/spec/network.ts";
import { COMMAND } from "#src/plan/steps/init.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { mark } from "./trace.ts";
import { nativeRunner } from "./native-runner.ts";
import { sendIdmappedTree } from "./send-idmapped-tree.ts";
import { decodeReports, failureOf, type PlacedTape, placeOf } from "./report.ts";
import { receiveFd } from "#ffi/libc/receive-fd.ts";

/** A box whose command has started. */
export interface RunningBox {
  readonly pid: number;
  readonly pidfd: Fd;
  /** The master side of the box's terminal. */
  readonly terminal: Fd | undefined;
}

/** Status of a process that reported a failure; its number is never shown. */
const FAIL_STATUS = 125;
/** Files of the plan get numbers from here on: above what callers pass, below the usual soft limit of 1024. */
const FD_BASE = 700;

/** What is done on the host for the box's network, in its turn. */
export interface OutsideNetwork {
  makeLink(link: BoxInterface, pid: number): void;
  startHelper(command: readonly string[], pid: number): void;
}

/** What an init's tape holds besides its calls' records. */
const INIT_DATA_BYTES = 960;

export interface LaunchOptions {
  /** Files that steps name and the launcher doesn't open; closed once the box has its own. */
  readonly files?: Readonly<Record<string, Fd>>;
  /** There if the plan has steps for it. */
  readonly network?: OutsideNetwork | undefined;
  /** Called while the box sets itself up, before the launcher waits for it. */
  readonly meanwhile?: (pid: number) => void;
  /** Called where the plan says so, with the master side of the box's terminal. */
  readonly keepTerminal?: (terminal: Fd) => void;
  /** Called where the plan says so: the box exists, and does not go on before this returns. */
  readonly record?: (pid: number) => void;
  /** Tests: break one call of a tape, to see what a failing kernel would do. */
  readonly breakCall?: { readonly tape: "launch" | "init" | "command"; readonly record: number };
}

interface BoxProcess {
  readonly pid: number;
  readonly pidfd: Fd;
}

/** Starts the box. Throws NsboxError naming the step that failed. */
export function launch(plan: Plan, facts: HostFacts, options: LaunchOptions = {}): RunningBox {
  const files = new LaunchFiles(options.files ?? {});
  try {
    files.open(plan);
    return launchWith(plan, facts, files, options);
  } finally {
    files.closeAll();
  }
}

/** Every file that the launch needs, closed when it is over. */
class LaunchFiles {
  readonly byName: Record<string, Fd> = {};
  goWriter: Fd | undefined;
  terminalReader: Fd | undefined;

  constructor(given: Readonly<Record<string, Fd>>) {
    Object.assign(this.byName, given);
  }

  /** Throws NsboxError ESPEC where a namespace to join can't be opened; what is open by then stays to be closed. */
  open(plan: Plan): void {
    const report = openPipe();
    this.byName["report"] = report.writer;
    this.byName["report-reader"] = report.reader;
    for (const step of plan.setup) this.openFor(step);
    for (const step of plan.join) {
      if (step.kind === "join") this.byName[joinFd(step.type)] = openNamespace(step.path);
    }
  }

  /** What a step and the launcher talk through. */
  openFor({ kind }: Step): void {
    if (kind === "wait" && this.goWriter === undefined) {
      const go = openPipe();
      this.byName["go"] = go.reader;
      this.byName["go-writer"] = go.writer;
      this.goWriter = go.writer;
    } else if (kind === "open-terminal") {
      const socket = openSocketPair();
      this.byName["terminal-socket"] = socket.writer;
      this.byName["terminal-reader"] = socket.reader;
      this.terminalReader = socket.reader;
    } else if (kind === "receive-tree") {
      const socket = openSocketPair();
      this.byName["tree-socket"] = socket.reader;
      this.byName["tree-writer"] = socket.writer;
    }
  }

  close(name: string): void {
    const fd = this.byName[name];
    if (fd === undefined) return;
    closeFile(fd);
    delete this.byName[name];
  }

  closeAll(): void {
    for (const name of Object.keys(this.byName)) this.close(name);
  }
}

function openNamespace(path: string): Fd {
  try {
    return openFile(path, 0);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("ESPEC", `Cannot join the namespace ${JSON.stringify(path)}: ${explainErrno(cause.errno)}`, {
      syscall: cause.syscall,
      errno: cause.errno,
      hint: "give the PID of a running process of yours, or a path such as /proc/PID/ns/net",
      cause,
    });
  }
}

function launchWith(plan: Plan, facts: HostFacts, files: LaunchFiles, options: LaunchOptions): RunningBox {
  // Shared where a helper joins: it may have memory of its own, and tells the box's PID through the tape.
  const base = mapMemory(LIMITS.bytes, plan.join.length > 0 ? "shared" : "private");
  try {
    if (plan.init.length > 0) files.byName["init-image"] = openMemfd("nsbox-init");
    const launchTape = place(lowerLaunch(plan), { ...common(facts), base, fds: files.byName });
    breakRecord(launchTape.tape, "launch", options);
    const memory = viewMemory(base, launchTape.tape.bytes.length);
    memory.set(launchTape.tape.bytes);
    mark("the launcher's tape is assembled");
    nativeRunner(facts.arch)(launchTape.tape.entry);
    mark("the box is cloned");
    const box = clonedBox(plan, launchTape, memory, files);
    return finishLaunch({ plan, facts, files, tapes: [launchTape], box, options });
  } finally {
    // The report has ended, or the box has: nobody runs out of this memory any more.
    unmapMemory(base, LIMITS.bytes);
  }
}

function common(facts: HostFacts): Pick<AssembleOptions, "arch" | "fdBase" | "failStatus"> {
  return { arch: facts.arch, fdBase: FD_BASE, failStatus: FAIL_STATUS };
}

/** Fills the memfd that the box will become, and gives back what was in it. */
function writeInitImage({ plan, facts, files, options }: Launching): readonly PlacedTape[] {
  const fds = files.byName;
  const lowered = lowerInit(plan);
  const base = elfSecondBase(facts.arch, lowered.calls.length * RECORD_BYTES + INIT_DATA_BYTES);
  // A holder of namespaces starts nothing.
  const command = plan.command.length === 0 ? undefined : place(lowerCommand(plan), { ...common(facts), base, fds });
  const labels: Readonly<Record<string, number>> = command === undefined ? {} : { [COMMAND]: command.tape.entry };
  const init = place(lowered, { ...common(facts), base: elfTapeBase(facts.arch), fds, labels });
  breakRecord(init.tape, "init", options);
  if (command !== undefined) breakRecord(command.tape, "command", options);
  const image = fds["init-image"];
  assert(image !== undefined, "a box with an init has a place for its image");
  fillAndSeal(image, buildElf(facts.arch, init.tape, command?.tape));
  return command === undefined ? [init] : [init, command];
}

function place(lowered: LoweredTape, options: AssembleOptions): PlacedTape {
  return { lowered, tape: assemble(lowered.calls, options) };
}

function breakRecord(tape: Tape, name: "launch" | "init" | "command", options: LaunchOptions): void {
  const { breakCall } = options;
  if (breakCall?.tape !== name) return;
  const NO_SUCH_CALL = 0xffff;
  new DataView(tape.bytes.buffer, tape.bytes.byteOffset).setBigInt64(
    breakCall.record * 112,
    BigInt(NO_SUCH_CALL),
    true,
  );
}

/** What the clone left in memory. Throws NsboxError where it failed. */
function clonedBox(plan: Plan, placed: PlacedTape, bytes: Uint8Array, files: LaunchFiles): BoxProcess {
  const { tape } = placed;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pidAt = (name: string) => view.getInt32((tape.memory.get(name) ?? tape.base) - tape.base, true);
  const helper = plan.join.length > 0 ? pidAt(HELPER_PID) : 0;
  if (helper > 0) reap(openPidfd(helper));
  const pid = pidAt(BOX_PID);
  if (pid > 0) return { pid, pidfd: openPidfd(pid) };
  if (helper > 0) throw failureNow(plan, files, [placed]) ?? new NsboxError("EINTERNAL", "Cannot join: no report");
  const last = tape.labels.get(CLONED) ?? tape.base;
  const errno = -Number(view.getBigInt64(last - tape.base + WORD.failedResult * 8, true));
  const step = placeOf(plan, { actor: "launcher", index: 0 });
  throw new NsboxError("ESETUP", `Cannot ${step.explain}: ${explainErrno(errno)}`, {
    syscall: cloneName(plan),
    errno,
    step,
    hint: findHint({ syscall: cloneName(plan), errno, kind: cloneKind(plan), operand: undefined }),
  });
}

/** Without a user namespace of its own a box takes root. */
function cloneKind(plan: Plan): "clone" | "clone-without-user" {
  const [clone] = plan.launcher;
  return clone?.kind === "clone" && (clone.namespaces & CLONE.NEWUSER) === 0 ? "clone-without-user" : "clone";
}

function cloneName(plan: Plan): "clone3" | "clone" {
  const [clone] = plan.launcher;
  return clone?.kind === "clone" && !clone.clone3 ? "clone" : "clone3";
}

/** What the reports say, once nobody can write one any more or the command runs. */
function failureNow(plan: Plan, files: LaunchFiles, tapes: readonly PlacedTape[]): NsboxError | undefined {
  files.close("report");
  const report = files.byName["report-reader"];
  return report === undefined ? undefined : failureOf(decodeReports(readAll(report), tapes), plan);
}

function reap(pidfd: Fd): void {
  waitFor(pidfd);
  closeFile(pidfd);
}

interface Launching {
  readonly plan: Plan;
  readonly facts: HostFacts;
  readonly files: LaunchFiles;
  /** Grows with the init's image. */
  readonly tapes: PlacedTape[];
  readonly box: BoxProcess;
  readonly options: LaunchOptions;
}

/** The launcher's own steps, then waiting until the command runs or something has failed. */
function finishLaunch(launching: Launching): RunningBox {
  const { plan, files, tapes, box, options } = launching;
  try {
    for (const step of plan.launcher) launcherStep(step, launching);
    options.meanwhile?.(box.pid);
    const failure = failureNow(plan, files, tapes);
    if (failure !== undefined) throw failure;
    const terminal = files.terminalReader === undefined ? undefined : receiveFd(files.terminalReader);
    return { ...box, terminal };
  } catch (error) {
    sendSignal(box.pidfd, SIG.KILL);
    reap(box.pidfd);
    throw error;
  }
}

function launcherStep(step: LauncherStep, launching: Launching): void {
  const { files, tapes, options } = launching;
  const { network } = options;
  const { pid } = launching.box;
  switch (step.kind) {
    case "clone":
      return;
    case "keep-terminal":
      return keepTerminal(launching);
    case "record":
      return options.record?.(pid);
    case "init-image":
      tapes.push(...writeInitImage(launching));
      mark("the init's tapes are assembled and written, while the box sets itself up");
      return;
    case "signal":
      if (files.goWriter !== undefined) writeAll(files.goWriter, new Uint8Array(1));
      return;
    case "idmap-tree": {
      const socket = files.byName["tree-writer"];
      assert(socket !== undefined, "a plan that sends a mount has a socket for it");
      return sendIdmappedTree(pid, step.source, socket);
    }
    case "write-id-map":
      return writeIdMap(pid, step.file, step.text);
    case "new-id-map":
      return runIdMapTool(step.tool, [String(pid), ...step.args]);
    case "make-link":
      return network?.makeLink(step.link, pid);
    case "start-network":
      return network?.startHelper(step.command, pid);
  }
}

/** A box that fails before it sends its terminal says so in its report. */
function keepTerminal({ files, options }: Launching): void {
  files.close("terminal-socket");
  const terminal = files.terminalReader === undefined ? undefined : receiveFd(files.terminalReader);
  if (terminal === undefined) return;
  options.keepTerminal?.(terminal);
  closeFile(terminal);
}

function writeIdMap(pid: number, file: string, text: string): void {
  try {
    writeText(`/proc/${pid}/${file}`, text);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("ESETUP", `Cannot write the box's ${file}: ${explainErrno(cause.errno)}`, {
      syscall: cause.syscall,
      errno: cause.errno,
      hint: findHint({ syscall: "write", errno: cause.errno, kind: "write-id-map", operand: file }),
      cause,
    });
  }
}

function runIdMapTool(tool: string, args: readonly string[]): void {
  const path = Bun.which(tool);
  if (path === null) {
    throw new NsboxError("EHOST", `Cannot map a range of ids: ${tool} is not installed`, {
      hint: "install the package uidmap (Debian, Ubuntu) or shadow-utils (Fedora), or leave out --uid-map and --gid-map",
    });
  }
  const { exitCode, stderr } = Bun.spawnSync([path, ...args], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    env: process.env,
  });
  if (exitCode === 0) return;
  throw new NsboxError("ESETUP", `Cannot map a range of ids: ${stderr.toString().trim()}`, {
    hint: "a user may map his own id and the ranges that /etc/subuid and /etc/subgid give him",
  });
}
