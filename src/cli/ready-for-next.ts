// What `run` leaves for the next time that the same comes. On the way to every box.
import { emptyDraft } from "#src/cli/run-draft.ts";
import { findReady, markSeen } from "#src/ready/find-ready.ts";
import { mayBeReady } from "#src/ready/may-be-ready.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";

/** What to do once the command runs. */
export type Started = () => void;

/**
 * undefined where nothing is left; a promise where a box is to be made ready, which takes more modules.
 *
 * `options` are those of the flags alone: what a file says is not in a ready box's key.
 */
export function readyForNext(options: RunOptions, facts: HostFacts): Started | Promise<Started> | undefined {
  const place = mayBeReady(options, emptyDraft(), facts) ? findReady(facts) : undefined;
  if (place === undefined) return undefined;
  if (!place.wanted) return () => markSeen(place);
  return import("#src/ready/make-ready.ts").then(
    ({ makeReady }) =>
      () =>
        makeReady(place, options, facts),
  );
}
