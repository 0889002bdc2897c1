// A box in the foreground, from its Spec to what is said of its end.
import { printError } from "#src/host/print.ts";
import { timeoutText } from "#src/plan/steps/watch.ts";
import { type BoxOutcome, runBox, type RunBoxOptions } from "#src/run/run-box.ts";
import { mark } from "#src/run/trace.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";

/** A promise only of an error: what explains it is loaded when there is one. Throws NsboxError. */
export function runInForeground(spec: Spec, facts: HostFacts, run: RunBoxOptions): BoxOutcome | Promise<never> {
  mark("flags and facts become the Spec");
  try {
    return runBox(spec, facts, run);
  } catch (error) {
    return explain(error, spec);
  }
}

/** Says what there is to say of a box's end, and gives the exit code. */
export function sayEnd(outcome: BoxOutcome, spec: Spec, options: RunOptions): number {
  if (options.json) printError(`${JSON.stringify({ name: spec.box.name ?? null, ...outcome })}\n`);
  else if (outcome.timedOut) printError(timeoutText(options.timeoutMs ?? 0));
  return outcome.exitCode;
}

async function explain(error: unknown, spec: Spec): Promise<never> {
  const { explainRefusedClone } = await import("#src/cli/explain-refused-clone.ts");
  throw explainRefusedClone(error, spec);
}
