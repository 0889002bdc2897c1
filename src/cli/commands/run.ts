// `nsbox run`: flags → Spec → a box in the foreground. This is on the way to every box: without a promise where nothing
// has to be waited for, and what else there is to prepare is loaded where it is asked for.
import { parseRun } from "#src/cli/parse-run.ts";
import { readyPlace } from "#src/cli/ready-place.ts";
import { runInForeground, sayEnd } from "#src/cli/run-in-foreground.ts";
import { showsMore } from "#src/cli/shows-more.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { markSeen, type ReadyPlace } from "#src/ready/find-ready.ts";
import { mark } from "#src/run/trace.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";

/** An exit code: the command's own, or 128+N if signal N ended it; "help" if that was asked for. */
type Ending = number | "help";

/** Throws NsboxError. */
export function runCommand(argv: readonly string[]): Ending | Promise<Ending> {
  mark("the modules of run are loaded");
  const options = parseRun(argv);
  mark("flags are parsed");
  if (!isPlain(options)) return prepareAndRun(options, argv);
  const facts = readFacts(options);
  mark("facts about the machine are read");
  const spec = buildSpec(options, facts);
  const place = readyPlace(options, facts);
  if (place?.wanted) return runAndMakeReady(place, options, facts, spec, argv);
  const started = place === undefined ? undefined : () => markSeen(place);
  const outcome = runInForeground(spec, facts, { watcherArgv: ["nsbox", "run", ...argv], started });
  return outcome instanceof Promise ? outcome : sayEnd(outcome, spec, options);
}

async function runAndMakeReady(
  place: ReadyPlace,
  options: RunOptions,
  facts: HostFacts,
  spec: Spec,
  argv: readonly string[],
): Promise<Ending> {
  const { makeReady } = await import("#src/ready/make-ready.ts");
  const started = (): void => makeReady(place, options, facts);
  return sayEnd(await runInForeground(spec, facts, { watcherArgv: ["nsbox", "run", ...argv], started }), spec, options);
}

/** Nothing is asked for that takes more than flags and facts. */
function isPlain(options: RunOptions): boolean {
  const { help, config, envFiles, detach, dryRun, json, allowHosts, seccomp, audit, args, namespaces } = options;
  if (help || detach || dryRun || json || config !== undefined || audit !== undefined || args.length === 0)
    return false;
  if (isBare(options) || options.noNamespaces || envFiles.length > 0 || allowHosts.length > 0 || showsMore(options))
    return false;
  for (const type in namespaces) {
    const kind = namespaces[type as keyof typeof namespaces]?.kind; // the keys of namespaces are exactly the types
    if (kind === "name" || kind === "network" || kind === "box") return false;
  }
  return seccomp === undefined || seccomp === "default" || seccomp === "none";
}

/** Without an init, and without Landlock that would keep the command from nsbox's own executable. */
function isBare({ init, landlock, nested, capAdd, overlay, overlayDir, writableRoot }: RunOptions): boolean {
  if (init) return false;
  return landlock === false || nested || capAdd.length > 0 || overlay || overlayDir !== undefined || writableRoot;
}

async function prepareAndRun(options: RunOptions, argv: readonly string[]): Promise<Ending> {
  const { runPrepared } = await import("./run-prepared.ts");
  return runPrepared(options, argv);
}
