// One command in a box of its own, in one go: what `nsbox run` does.
import { closeFile } from "#ffi/libc/fd.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { decisionKey, finish } from "./box.ts";
import { BOX_OPTIONS, type BoxOptions, saidBy } from "./box-options.ts";
import type { Finished } from "./collect.ts";
import { checkCommand, checkNames, type Input, inputOf, maxBytes, timeoutMs } from "./command-options.ts";
import type { Decision } from "./decide.ts";
import { Cache, compile, type Executable, REPORT_FD } from "./executable.ts";
import { recall } from "./recall.ts";
import { EGRESS_SOCKET, openHostServer } from "./serve-hosts.ts";
import { start, variablesOf } from "./start.ts";

/** Options of run(): of the box, and of the one command in it. */
export interface RunOptions extends BoxOptions {
  readonly stdin?: Input | undefined;
  /** Ends the box when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes of stdout, and of stderr, after which the box is ended. */
  readonly maxBuffer?: number | undefined;
}

const NAMES: readonly string[] = [...Object.keys(BOX_OPTIONS), "stdin", "signal", "maxBuffer"];
const EXECUTABLES_MAX = 64;
const executables: Cache<Executable> = new Cache(EXECUTABLES_MAX);

/**
 * Runs a command in a box that ends with it; what it has written is in the result.
 *
 * Throws NsboxError where the box can't be made or the command can't be started, not for its exit code.
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  checkNames(options, NAMES);
  const words = checkCommand(command);
  const { stdin, signal, maxBuffer, timeout, ...rest } = options;
  const limits = { signal, timeoutMs: timeoutMs(timeout), maxBytes: maxBytes(maxBuffer) };
  const decision = await recall(saidBy({ ...rest }), words[0] ?? "");
  const { executable, env } = startableOf(decision);
  signal?.throwIfAborted();
  const { egress } = decision.spec.box;
  const hosts = egress === undefined ? undefined : openHostServer(egress);
  try {
    const files = hosts === undefined ? [] : [hosts.forBox];
    const started = start(executable, { stdio: [inputOf(stdin), "pipe", "pipe"], command: words, env, files });
    if (hosts !== undefined) closeFile(hosts.forBox);
    hosts?.serve();
    const { finished, error } = await finish(started, executable, limits);
    if (error !== undefined) throw error;
    return finished;
  } finally {
    hosts?.close();
  }
}

/** What a decision comes to. */
interface Startable {
  readonly executable: Executable;
  readonly env: ReturnType<typeof variablesOf>;
}

const startables: WeakMap<Decision, Startable> = new WeakMap();

/** By the decision itself where it is one that has come before. */
function startableOf(decision: Decision): Startable {
  const known = startables.get(decision);
  if (known !== undefined) return known;
  const executable = executables.get(decisionKey(withoutVariables(decision)), () => compileRun(decision));
  const startable = { executable, env: variablesOf(decision.spec) };
  startables.set(decision, startable);
  return startable;
}

function compileRun({ spec, facts }: Decision): Executable {
  const files = spec.box.egress === undefined ? [] : [EGRESS_SOCKET];
  return compile({ spec, facts, plan: buildPlan(spec, facts), caller: REPORT_FD, files });
}

/** Which the executable is given when it starts; but for where the command is looked for. */
function withoutVariables({ spec, facts }: Decision): Decision {
  const { process } = spec;
  const env = process.env.filter((entry) => entry.startsWith("PATH="));
  return { spec: { ...spec, process: { ...process, env } }, facts };
}
