// A box that commands enter, one after another or side by side; it ends with its handle, or with this process.
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { openPidfd, sendSignal } from "#ffi/libc/process.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { AT } from "#ffi/uapi/fcntl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { NsboxError } from "#src/error.ts";
import { buildIdlePlan } from "#src/plan/plan-idle.ts";
import { buildExecPlan } from "#src/plan/plan-exec.ts";
import { TARGET, TARGET_CGROUP } from "#src/plan/steps/enter.ts";
import { openCgroup, otherNamespaces } from "#src/run/run-exec.ts";
import { buildBoxExec } from "#src/spec/build-exec.ts";
import type { NamespaceType, Spec } from "#src/spec/spec.ts";
import { type BoxOptions, saidBy } from "./box-options.ts";
import { BoxProcess, signalNumber, standInSignal } from "./box-process.ts";
import { collect, type Finished } from "./collect.ts";
import * as command from "./command-options.ts";
import type { Decision } from "./decide.ts";
import { Cache, compile, type Executable, REPORT_FD, STDOUT } from "./executable.ts";
import { parentOf } from "./parent-of.ts";
import { recall } from "./recall.ts";
import { EGRESS_SOCKET, type HostServer, openHostServer } from "./serve-hosts.ts";
import { readReport, type Started, start, startReporting, type Supervision, takeReport, variablesOf } from "./start.ts";

type In = Bun.Spawn.Writable;
type Out = Bun.Spawn.Readable;

/** What boxes with the same options on the same machine have in common. */
interface Definition extends Decision {
  readonly idle: Executable;
  readonly commands: Cache<Executable>;
}

const DEFINITIONS_MAX = 64;
const COMMANDS_MAX = 64;
const definitions: Cache<Definition> = new Cache(DEFINITIONS_MAX);
const defined: WeakMap<Decision, Definition> = new WeakMap();

/** What a plan depends on. */
export function decisionKey({ spec, facts }: Decision): string {
  return JSON.stringify([spec, { ...facts, env: 0, signalMask: 0 }]);
}

/** Stands in for the command of a box that has none. */
const NO_COMMAND = "nsbox-idle";

/**
 * Makes a box: its namespaces, its root, its limits, and in it nothing but an init. Throws NsboxError.
 *
 * `await using b = await box({ rw: ["."] })` ends it with the block.
 */
export async function box(options: BoxOptions = {}): Promise<Box> {
  const decision = await recall(saidBy({ ...options }), NO_COMMAND);
  const definition = definitionOf(decision);
  const { egress } = decision.spec.box;
  const hosts = egress === undefined ? undefined : openHostServer(egress);
  try {
    return await openBox(definition, hosts);
  } catch (error) {
    hosts?.close();
    throw error;
  }
}

/** By the decision itself where it is one that has come before. */
function definitionOf(decision: Decision): Definition {
  const known = defined.get(decision);
  if (known !== undefined) return known;
  const definition = definitions.get(decisionKey(decision), () => define(decision));
  defined.set(decision, definition);
  return definition;
}

function define(decision: Decision): Definition {
  const { spec, facts } = decision;
  checkEnterable(spec);
  const files = spec.box.egress === undefined ? [] : [EGRESS_SOCKET];
  const idle = compile({ spec, facts, plan: buildIdlePlan(spec, facts), caller: STDOUT, files });
  return { ...decision, idle, commands: new Cache(COMMANDS_MAX) };
}

function checkEnterable({ linux }: Spec): void {
  if (linux.namespaces.pid.kind === "new") return;
  throw new NsboxError("EUSAGE", "Cannot make a box to be entered without a PID namespace of its own", {
    hint: "nothing would end what a command leaves behind: leave out pid and noNamespaces, or use run()",
  });
}

async function openBox(definition: Definition, hosts: HostServer | undefined): Promise<Box> {
  const { idle } = definition;
  let process: Bun.Subprocess<"ignore", "pipe", "ignore">;
  try {
    const files = hosts === undefined ? [] : [hosts.forBox];
    process = startReporting(idle, { stdio: ["ignore", "pipe", "ignore"], command: [], env: {}, files });
  } finally {
    if (hosts !== undefined) closeFile(hosts.forBox);
  }
  const { pid, error } = readReport(await process.stdout.bytes(), idle);
  if (error !== undefined) {
    await process.exited;
    throw error;
  }
  hosts?.serve();
  return new Box(definition, { process, pid, ...openInit(pid, process.pid, definition) }, hosts);
}

interface Init {
  readonly pidfd: Fd;
  readonly namespaces: readonly NamespaceType[];
  readonly cgroup: Fd | undefined;
}

/** The init by descriptor, proved to be the child of who stands for it. */
function openInit(pid: number, parent: number, { facts }: Definition): Init {
  let pidfd: Fd | undefined;
  try {
    pidfd = openPidfd(pid);
    if (parentOf(pid) !== parent) throw boxEnded("make a box");
    return { pidfd, namespaces: otherNamespaces(pid), cgroup: openCgroup(pid, facts.uid === 0) };
  } catch (error) {
    if (pidfd !== undefined) closeFile(pidfd);
    if (error instanceof SyscallError && (error.is("ESRCH") || error.is("ENOENT"))) throw boxEnded("make a box");
    throw error;
  }
}

function boxEnded(what: string): NsboxError {
  return new NsboxError("ESPEC", `Cannot ${what}: the box has ended`, {
    hint: "it was closed, or killed from outside, or its time was over",
  });
}

/** A box; see box(). */
export class Box implements AsyncDisposable {
  /** Its init's PID as this process sees it: what `nsbox inspect` takes. */
  readonly pid: number;
  /** Fulfilled once the box, and all that was in it, has ended. */
  readonly exited: Promise<void>;
  readonly #definition: Definition;
  readonly #init: Init & { readonly process: Bun.Subprocess<"ignore", "pipe", "ignore"> };
  readonly #running: Set<Promise<unknown>> = new Set();
  #ended = false;

  /** Not for others: box() makes them. */
  constructor(
    definition: Definition,
    init: Init & { readonly pid: number; readonly process: Bun.Subprocess<"ignore", "pipe", "ignore"> },
    hosts: HostServer | undefined,
  ) {
    this.pid = init.pid;
    this.#definition = definition;
    this.#init = init;
    // A box that is merely there keeps no program from ending.
    init.process.unref();
    this.exited = init.process.exited.then(() => {
      this.#ended = true;
      hosts?.close();
      closeFile(init.pidfd);
      if (init.cgroup !== undefined) closeFile(init.cgroup);
    });
  }

  /**
   * Starts a command in the box, in the manner of Bun.spawn; it is as confined as the box. Returns once it runs.
   *
   * Throws NsboxError: ENOTFOUND where the command is not there, EEXEC where it can't be executed, ESPEC where the box
   * has ended.
   */
  spawn<const I extends In = "ignore", const O extends Out = "pipe", const E extends Out = "inherit">(
    args: readonly string[],
    options: command.SpawnOptions<I, O, E> = {},
  ): BoxProcess<I, O, E> {
    command.checkNames(options, command.SPAWN_NAMES);
    const { stdin = "ignore", stdout = "pipe", stderr = "inherit", signal, timeout, maxBuffer } = options;
    signal?.throwIfAborted();
    const kill = signalNumber(options.killSignal ?? "SIGKILL");
    const timeoutMs = command.timeoutMs(timeout);
    const supervision: Supervision = {
      killSignal: standInSignal(kill) ?? kill,
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      ...(maxBuffer === undefined ? {} : { maxBuffer: command.maxBytes(maxBuffer) }),
    };
    // As Bun.spawn has it: what is not said is the default, which the type parameters say too.
    const stdio = [stdin, stdout, stderr] as [I, O, E];
    const { started, executable } = this.#start(args, options, stdio, supervision);
    const { process, reports } = started;
    const { pid, error } = takeReport(reports, executable);
    if (error === undefined) return new BoxProcess(pid, process);
    throw this.#explain(error, args);
  }

  /** Runs a command to its end; what it has written is in the result. Throws as spawn() does, not for its exit code. */
  async exec(args: readonly string[], options: command.CollectedOptions = {}): Promise<Finished> {
    command.checkNames(options, command.EXEC_NAMES);
    const { signal, timeout, maxBuffer, stdin } = options;
    const limits = { signal, timeoutMs: command.timeoutMs(timeout), maxBytes: command.maxBytes(maxBuffer) };
    signal?.throwIfAborted();
    const { started, executable } = this.#start(args, options, [command.inputOf(stdin), "pipe", "pipe"], {});
    const { finished, error } = await finish(started, executable, limits);
    if (error !== undefined) throw this.#explain(error, args);
    return finished;
  }

  /** Ends the box and all that runs in it with SIGKILL, and waits for that. */
  async close(): Promise<void> {
    const { process, pidfd } = this.#init;
    process.ref();
    if (!this.#ended) sendSignal(pidfd, SIG.KILL);
    await this.exited;
    await Promise.all(this.#running);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start<I extends In, O extends Out, E extends Out>(
    args: readonly string[],
    options: command.CommandOptions,
    stdio: readonly [I, O, E],
    supervision: Supervision,
  ): { readonly started: Started<I, O, E>; readonly executable: Executable } {
    const words = command.checkCommand(args);
    if (this.#ended) throw boxEnded(`run ${JSON.stringify(words[0])}`);
    const { spec, facts } = this.#definition;
    const execSpec = buildBoxExec(spec, words, command.execOptions(options), facts);
    const executable = this.#executable(execSpec);
    const { pidfd, cgroup } = this.#init;
    const files = [pidfd, ...(cgroup === undefined ? [] : [cgroup])];
    const started = start(executable, { stdio, command: words, env: variablesOf(execSpec), files, supervision });
    const ended = started.process.exited.finally(() => this.#running.delete(ended));
    this.#running.add(ended);
    return { started, executable };
  }

  /** One for all commands that are looked for in the same places: words and variables are given when it starts. */
  #executable(spec: Spec): Executable {
    const { facts, commands } = this.#definition;
    const { namespaces, cgroup } = this.#init;
    const { args, env, cwd, user } = spec.process;
    const path = env.find((entry) => entry.startsWith("PATH="));
    const key = JSON.stringify([args[0], path, cwd, user, namespaces, cgroup === undefined]);
    return commands.get(key, () => {
      const entry = {
        namespaces,
        joins: [],
        joinsInside: false,
        cgroup: cgroup === undefined ? "none" : facts.uid === 0 ? "required" : "optional",
        root: false,
        preserveCredentials: false,
        groups: "box",
        detach: false,
      } as const;
      const files = [TARGET, ...(cgroup === undefined ? [] : [TARGET_CGROUP])];
      return compile({ spec, facts, plan: buildExecPlan(spec, facts, entry), caller: REPORT_FD, files });
    });
  }

  /** A box that ends while a command enters it is what is to be told. */
  #explain(error: unknown, args: readonly string[]): unknown {
    const actor = error instanceof NsboxError ? error.step?.actor : undefined;
    const entering = actor === "join" || actor === "launcher";
    return this.#ended || (entering && isEnding(this.pid)) ? boxEnded(`run ${JSON.stringify(args[0])}`) : error;
  }
}

/**
 * Whether it has let go of its namespaces.
 *
 * KERNEL: setns(2) then says EPERM or ESRCH, and clone(2) into its PID namespace ENOMEM, see pid_namespaces(7).
 */
function isEnding(pid: number): boolean {
  return rawSyscall("readlinkat", AT.FDCWD, `/proc/${pid}/ns/uts`, new Uint8Array(64), 64) < 0;
}

export interface Limits {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxBytes: number;
}

/** Until the command has ended; what stood in its way is `error`. */
export async function finish(
  { process, reports }: Started<In, "pipe", "pipe">,
  executable: Executable,
  limits: Limits,
): Promise<{ readonly finished: Finished; readonly error: unknown }> {
  let taken = false;
  try {
    const finished = await collect(process, { ...limits, end: () => process.kill("SIGALRM") });
    taken = true;
    const { error } = takeReport(reports, executable);
    // Its time may be over before it has begun.
    return { finished, error: finished.timedOut ? undefined : error };
  } finally {
    if (!taken) closeFile(reports);
  }
}
