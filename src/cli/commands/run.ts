// `nsbox run`: flags → Spec → a box in the foreground. On the hot path: what isn't needed is loaded where it is.
import { compileProfile } from "#src/cli/compile-profile.ts";
import type { FilterSession } from "#src/cli/listen-to-filter.ts";
import { parseRun } from "#src/cli/parse-run.ts";
import { warnOfExposure } from "#src/cli/warn-of-exposure.ts";
import { NsboxError } from "#src/error.ts";
import { printError, printOut } from "#src/host/print.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { readEnvFiles } from "#src/host/read-env-files.ts";
import { mark } from "#src/run/trace.ts";
import { type BoxNetworkSession, type BoxOutcome, runBox, type RunBoxOptions } from "#src/run/run-box.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { timeoutText } from "#src/plan/steps/watch.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";

/** The exit code: the command's own, or 128+N if signal N ended it; "help" if that was asked for. Throws NsboxError. */
export async function runCommand(argv: readonly string[]): Promise<number | "help"> {
  mark("the modules of run are loaded");
  const options = await readOptions(argv);
  if (options.help) return "help";
  mark("flags are parsed");
  if (options.detach && !options.dryRun) {
    const { runDetached } = await import("./run-detached.ts");
    return runDetached(options);
  }
  if (options.namespaces.net?.kind === "network" || options.namespaces.net?.kind === "box") {
    const { runWithNetwork } = await import("#src/cli/run-with-network.ts");
    return runWithNetwork(options, (resolved, facts, network) => runInForeground(resolved, facts, argv, network));
  }
  return runInForeground(options, readFacts(options), argv, undefined);
}

async function runInForeground(
  options: RunOptions,
  facts: HostFacts,
  argv: readonly string[],
  network: BoxNetworkSession | undefined,
): Promise<number> {
  mark("facts about the machine are read");
  const spec = buildSpec(options, facts, await compileProfile(options, facts));
  await warnOfExposure(options, spec, facts);
  mark("flags and facts become the Spec");
  if (options.dryRun) return dryRun(spec, facts, options.json);
  const watcherArgv = options.json ? undefined : ["nsbox", "run", ...argv];
  const outcome = await runListening(spec, facts, { watcherArgv, network }, options.json);
  if (outcome.timedOut && !options.json) {
    printError(timeoutText(options.timeoutMs ?? 0));
  }
  if (options.json) printError(`${JSON.stringify({ name: spec.box.name ?? null, ...outcome })}\n`);
  return outcome.exitCode;
}

async function readOptions(argv: readonly string[]): Promise<RunOptions> {
  let options = parseRun(argv);
  if (options.help) return options;
  if (options.config !== undefined) {
    const { loadConfig } = await import("#src/cli/config-file.ts");
    options = parseRun(argv, loadConfig(options.config));
  }
  if (options.envFiles.length > 0) options = { ...options, env: [...readEnvFiles(options.envFiles), ...options.env] };
  if (Object.values(options.namespaces).some(({ kind }) => kind === "name")) {
    const { resolvePins } = await import("#src/cli/pin-names.ts");
    options = resolvePins(options);
  }
  if (options.args.length > 0) return options;
  throw new NsboxError("EUSAGE", "Cannot run: no command is given", {
    hint: "write the command after the flags, for example: nsbox run -- sh -c 'id; hostname'",
  });
}

/** With whoever the filter asks, or the audit of the proxy alone. */
async function runListening(spec: Spec, facts: HostFacts, run: RunBoxOptions, json: boolean): Promise<BoxOutcome> {
  if (spec.box.audit === undefined && spec.linux.seccomp?.listener === undefined)
    return runOrExplain(spec, facts, run, undefined);
  const { listenToFilter } = await import("#src/cli/listen-to-filter.ts");
  const { refusals, end, ...session } = listenToFilter(spec, facts);
  try {
    return await runOrExplain(spec, facts, { ...run, ...session }, refusals);
  } finally {
    end(json);
  }
}

async function runOrExplain(
  spec: Spec,
  facts: HostFacts,
  run: RunBoxOptions,
  refusals: FilterSession["refusals"],
): Promise<BoxOutcome> {
  // Its process begins while the box is being made, and serves a socket that connections wait at until it is there.
  const files = { ...run.files, ...(await startEgress(spec.box, refusals)) };
  try {
    return runBox(spec, facts, { ...run, files });
  } catch (error) {
    const { explainRefusedClone } = await import("#src/cli/explain-refused-clone.ts");
    throw explainRefusedClone(error, spec);
  }
}

async function startEgress(
  { egress }: Spec["box"],
  refusals: FilterSession["refusals"],
): Promise<NonNullable<RunBoxOptions["files"]>> {
  if (egress === undefined) return {};
  const { startProxy } = await import("#src/egress/start-proxy.ts");
  return { "egress-socket": startProxy(egress, refusals) };
}

async function dryRun(spec: Spec, facts: HostFacts, json: boolean): Promise<number> {
  const [{ buildPlan }, explain] = await Promise.all([
    import("#src/plan/build-plan.ts"),
    import("#src/plan/explain-plan.ts"),
  ]);
  const plan = buildPlan(spec, facts);
  if (!json) printOut(explain.explainPlan(plan));
  else printOut(`${JSON.stringify({ spec, steps: explain.explainSteps(plan) }, null, 2)}\n`);
  return 0;
}
