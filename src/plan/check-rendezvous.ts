// Two processes that wait for each other: refused where they could wait for ever.
import { assert } from "#src/error.ts";
import type { Plan } from "./plan.ts";

/** Every wait of the box has its signal of the launcher, in the same order, and a vforking launcher signals nothing. */
export function checkRendezvous(plan: Plan): Plan {
  const waits = plan.setup.flatMap((step) => (step.kind === "wait" ? [step.for] : []));
  const signals = plan.launcher.flatMap((step) => (step.kind === "signal" ? [step.of] : []));
  const [clone] = plan.launcher;
  assert(clone?.kind === "clone", "a plan begins with its clone");
  assert(
    waits.join() === signals.join(),
    `the box waits for [${waits.join()}], the launcher signals [${signals.join()}]`,
  );
  assert(!clone.vfork || plan.launcher.length === 1, "a launcher that is suspended until the exec can't act before it");
  const firsts = plan.setup.filter((step) => step.kind === "wait").map((step) => step.first);
  assert(
    firsts.every((first, n) => first === (n === 0)),
    "the first wait, and no other, closes the pipe's other end",
  );
  return plan;
}
