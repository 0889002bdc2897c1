import { describe, expect, test } from "bun:test";
import { checkRendezvous } from "#src/plan/check-rendezvous.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { buildIdlePlan } from "#src/plan/plan-idle.ts";
import { explainStep, lowerStep } from "#src/plan/steps.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { NO_OPTIONS, ROOT_FACTS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

describe("buildIdlePlan()", () => {
  test.each([
    ["a user", SAMPLE_FACTS],
    ["root", ROOT_FACTS],
  ])("of %s sets up what a box with a command has, and has none", (_, facts) => {
    const spec = buildSpec(NO_OPTIONS, facts);
    const plan = buildIdlePlan(spec, facts);
    const { launcher, join, setup } = buildPlan(spec, facts);
    expect(plan).toMatchObject({ launcher, join, setup, command: [] });
    expect(plan.init.map(explainStep)).toEqual([
      "close the report when the command starts",
      "set oom_score_adj to 100, if it is not lower than now",
      "reap orphans, hold no capability and no file",
    ]);
    expect(checkRendezvous(plan)).toBe(plan);
  });

  test("ends when the time is over", () => {
    const spec = buildSpec({ ...NO_OPTIONS, timeoutMs: 1500 }, SAMPLE_FACTS);
    const idle = buildIdlePlan(spec, SAMPLE_FACTS).init.at(-1);
    expect(idle).toEqual({ kind: "idle", timeoutMs: 1500 });
    if (idle === undefined) throw new Error("no step");
    expect(explainStep(idle)).toEndWith(", end after 1.5 s");
    const time = new Uint8Array(new BigInt64Array([1n, 500_000_000n]).buffer);
    expect(lowerStep(idle).find(({ name }) => name === "ppoll")?.args[2]).toEqual(time);
  });
});
