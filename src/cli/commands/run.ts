// `nsbox run`: flags → Spec → a box in the foreground. This is on the way to every box: without a promise where nothing
// has to be waited for, and what else there is to prepare is loaded where it is asked for.
import { parseRun } from "#src/cli/parse-run.ts";
import { readyForNext, type Started } from "#src/cli/ready-for-next.ts";
import { runInForeground, sayEnd } from "#src/cli/run-in-foreground.ts";
import { showsMore } from "#src/cli/shows-more.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { mark } from "#src/run/trace.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { RunOptions } from "#src/spec/options.ts";

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
  const started = readyForNext(options, facts);
  const run = (given: Started | undefined): Ending | Promise<Ending> => {
    const outcome = runInForeground(spec, facts, { watcherArgv: ["nsbox", "run", ...argv], started: given });
    return outcome instanceof Promise ? outcome : sayEnd(outcome, spec, options);
  };
  return started instanceof Promise ? started.then(run) : run(started);
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
