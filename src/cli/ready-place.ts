// Whether what has just been asked for may be ready the next time, and where. On the way to every box.
import { emptyDraft } from "#src/cli/run-draft.ts";
import { findReady, type ReadyPlace } from "#src/ready/find-ready.ts";
import { mayBeReady } from "#src/ready/may-be-ready.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";

/** undefined where nothing is left. `options` are those of the flags alone: what a file says is not in a ready box's key. */
export function readyPlace(options: RunOptions, facts: HostFacts): ReadyPlace | undefined {
  return mayBeReady(options, emptyDraft(), facts) ? findReady(facts) : undefined;
}
