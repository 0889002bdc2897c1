// (Spec, HostFacts) → the plan of a box in which nothing runs yet: all that a box is, with an init that idles. Pure.
import type { HostFacts } from "#src/spec/facts.ts";
import type { Spec } from "#src/spec/spec.ts";
import { buildPlan } from "./build-plan.ts";
import type { Plan } from "./plan.ts";

/** The same steps as for a box with a command, up to its init. */
export function buildIdlePlan(spec: Spec, facts: HostFacts): Plan {
  const plan = buildPlan(spec, facts);
  return {
    ...plan,
    init: [
      { kind: "close-on-exec", file: "report" },
      // What the command would do for itself.
      ...plan.command.filter((step) => step.kind === "oom-score"),
      { kind: "idle", timeoutMs: spec.box.timeoutMs },
    ],
    command: [],
  };
}
