// decide(), where the same comes again: what was decided before holds while all that it rests on is as it was. D-61.
//
// The options, the command's name, the folder and the variables are compared; what the machine says is asked again.
import { emptyDraft, type RunDraft } from "#src/cli/run-draft.ts";
import { mayBeReady } from "#src/ready/may-be-ready.ts";
import { observePlan } from "#src/ready/observe.ts";
import { writableSources } from "#src/spec/build-protected.ts";
import { draftOf, type Said } from "./box-options.ts";
import { type Decision, decide } from "./decide.ts";
import { Cache } from "./executable.ts";
import { stillSo } from "./still-so.ts";

/** What was decided, and whether it holds. "once": it has come, and is worth keeping when it comes again. */
type Kept = { readonly decision: Decision; readonly holds: () => boolean } | "once";

const KEPT_MAX = 64;
const decisions: Cache<Kept> = new Cache(KEPT_MAX);

/** The decision for a box with this command; the very same one where it still holds. Throws NsboxError. */
export async function recall(said: readonly Said[], word: string): Promise<Decision> {
  const kept = decisions.find(keyOf(said, word, { cwd: process.cwd(), env: process.env }));
  if (kept !== undefined && kept !== "once" && kept.holds()) return kept.decision;
  const draft = draftOf(said);
  const decision = await decide(draft, [word]);
  const holds = kept === "once" ? watch(draft, decision) : undefined;
  // By what the facts say: it is what was decided for.
  if (mayBeKept(draft, decision))
    decisions.set(keyOf(said, word, decision.facts), holds === undefined ? "once" : { decision, holds });
  return decision;
}

interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

function keyOf(said: readonly Said[], word: string, { cwd, env }: Surroundings): string {
  return JSON.stringify([word, cwd, env, said]);
}

/** Where all that is read of the machine is among the facts that can be asked again. */
function mayBeKept(draft: RunDraft, { facts }: Decision): boolean {
  const byDefault = emptyDraft();
  // These decide by what they say, too: it is the front that can't have them.
  const { user, uidMap, gidMap, keepId, allowNewPrivs, nested, protect, allowHosts, denyHosts, netLog } = byDefault;
  const asSaid = { user, uidMap, gidMap, keepId, allowNewPrivs, nested, protect, allowHosts, denyHosts, netLog };
  return mayBeReady({ ...draft, ...asSaid, tty: false }, byDefault, facts);
}

function watch(draft: RunDraft, { facts }: Decision): (() => boolean) | undefined {
  const writable = draft.protect ? writableSources(draft, facts.cwd, facts.homes) : [];
  const observations = observePlan(facts, { writable, made: [] });
  return observations === undefined ? undefined : stillSo(observations, facts.arch);
}
