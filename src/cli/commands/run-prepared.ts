// `nsbox run`, where something comes first: a configuration file, names to look up, a profile to compile, a network or
// a proxy to make, warnings to give, or a plan to print instead.
import { loadConfig } from "#src/cli/config-file.ts";
import { compileProfile } from "#src/cli/compile-profile.ts";
import type { FilterSession } from "#src/cli/listen-to-filter.ts";
import { parseRun } from "#src/cli/parse-run.ts";
import { readyForNext } from "#src/cli/ready-for-next.ts";
import { runInForeground, sayEnd } from "#src/cli/run-in-foreground.ts";
import { warnOfExposure } from "#src/cli/warn-of-exposure.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { readEnvFiles } from "#src/host/read-env-files.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { BoxNetworkSession, BoxOutcome, RunBoxOptions } from "#src/run/run-box.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { EGRESS_SOCKET } from "#src/spec/egress.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";

/** As runCommand(), which has read the flags. Throws NsboxError. */
export async function runPrepared(parsed: RunOptions, argv: readonly string[]): Promise<number | "help"> {
  if (parsed.help) return "help";
  const options = await completeOptions(parsed, argv);
  if (options.detach && !options.dryRun) {
    const { runDetached } = await import("./run-detached.ts");
    return runDetached(options);
  }
  if (options.namespaces.net?.kind === "network" || options.namespaces.net?.kind === "box") {
    const { runWithNetwork } = await import("#src/cli/run-with-network.ts");
    return runWithNetwork(options, (resolved, facts, network) => runOrPrint(resolved, facts, { argv, network }));
  }
  return runOrPrint(options, readFacts(options), { argv, fromFlags: options === parsed });
}

async function completeOptions(parsed: RunOptions, argv: readonly string[]): Promise<RunOptions> {
  let options = parsed.config === undefined ? parsed : parseRun(argv, loadConfig(parsed.config));
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

interface Asked {
  readonly argv: readonly string[];
  readonly network?: BoxNetworkSession | undefined;
  /** Flags alone say what the options are, no file and nobody's name. */
  readonly fromFlags?: boolean;
}

async function runOrPrint(options: RunOptions, facts: HostFacts, asked: Asked): Promise<number> {
  const { argv, network, fromFlags = false } = asked;
  const spec = buildSpec(options, facts, await compileProfile(options, facts));
  const warnings = await warnOfExposure(options, spec, facts);
  if (options.dryRun) return dryRun(spec, facts, options.json);
  // SECURITY: without an init the command's process is nsbox's own executable up to its exec; Landlock lets nothing be
  // executed that lies outside of the box.
  if (!spec.box.init && spec.box.landlock?.files === undefined && network === undefined) {
    const { becomeReadOnly } = await import("#src/run/read-only-self.ts");
    becomeReadOnly(facts.signalMask);
  }
  const watcherArgv = options.json ? undefined : ["nsbox", "run", ...argv];
  const started = fromFlags && warnings === 0 ? await readyForNext(options, facts) : undefined;
  const outcome = await runListening(spec, facts, { watcherArgv, network, started }, options.json);
  return sayEnd(outcome, spec, options);
}

/** With whoever the filter asks, or the audit of the proxy alone. */
async function runListening(spec: Spec, facts: HostFacts, run: RunBoxOptions, json: boolean): Promise<BoxOutcome> {
  if (spec.box.audit === undefined && spec.linux.seccomp?.listener === undefined)
    return runInForeground(spec, facts, { ...run, files: await startEgress(spec.box, undefined) });
  const { listenToFilter } = await import("#src/cli/listen-to-filter.ts");
  const { refusals, end, ...session } = listenToFilter(spec, facts);
  try {
    const files = { ...session.files, ...(await startEgress(spec.box, refusals)) };
    return await runInForeground(spec, facts, { ...run, ...session, files });
  } finally {
    end(json);
  }
}

/** Its process begins while the box is being made, and serves a socket that connections wait at until it is there. */
async function startEgress(
  { egress }: Spec["box"],
  refusals: FilterSession["refusals"],
): Promise<NonNullable<RunBoxOptions["files"]>> {
  if (egress === undefined) return {};
  const { startProxy } = await import("#src/egress/start-proxy.ts");
  return { [EGRESS_SOCKET]: startProxy(egress, { refusals }) };
}

async function dryRun(spec: Spec, facts: HostFacts, json: boolean): Promise<number> {
  const explain = await import("#src/plan/explain-plan.ts");
  const plan = buildPlan(spec, facts);
  if (!json) printOut(explain.explainPlan(plan));
  else printOut(`${JSON.stringify({ spec, steps: explain.explainSteps(plan) }, null, 2)}\n`);
  return 0;
}
