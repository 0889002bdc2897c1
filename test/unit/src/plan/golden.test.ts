// Whole plans, as `--dry-run` prints them. NSBOX_TEST_UPDATE=1 writes them anew; a change is then a readable diff.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkRendezvous } from "#src/plan/check-rendezvous.ts";
import { explainPlan } from "#src/plan/explain-plan.ts";
import { GOLDEN_CASES, goldenPlan } from "#test/support/golden-plans.ts";
import { SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const FOLDER = join(import.meta.dir, "../../../golden");

describe("buildPlan()", () => {
  test.each(GOLDEN_CASES.map((one) => [one.name, one] as const))("makes the plan %s as before", (name, one) => {
    const file = join(FOLDER, `${name}.plan.txt`);
    const text = explainPlan(goldenPlan(one));
    if (process.env["NSBOX_TEST_UPDATE"] === "1" || !existsSync(file)) {
      if (process.env["CI"] !== undefined) throw new Error(`${file} is missing`);
      writeFileSync(file, text);
    }
    expect(text).toBe(readFileSync(file, "utf8"));
  });

  test("never lets the launcher and the box wait for each other for ever", () => {
    for (const one of GOLDEN_CASES) expect(() => checkRendezvous(goldenPlan(one))).not.toThrow();
    const plan = goldenPlan(GOLDEN_CASES[0] ?? { name: "", facts: SAMPLE_FACTS, options: {} });
    const launcher = plan.launcher.filter((step) => step.kind !== "signal");
    expect(() => checkRendezvous({ ...plan, launcher })).toThrow(
      "the box waits for [init image], the launcher signals []",
    );
    const [clone, ...rest] = plan.launcher;
    if (clone?.kind !== "clone") throw new Error("a plan begins with its clone");
    expect(() => checkRendezvous({ ...plan, launcher: [{ ...clone, vfork: true }, ...rest] })).toThrow("suspended");
  });

  test("gives the same plan for the same input", () => {
    for (const one of GOLDEN_CASES) expect(goldenPlan(one)).toEqual(goldenPlan(one));
  });

  test("is plain data: JSON and back changes nothing but the mask's type", () => {
    for (const one of GOLDEN_CASES) {
      const json = JSON.stringify(goldenPlan(one), (_, value: unknown) =>
        typeof value === "bigint" ? `${value}n` : value,
      );
      const back: unknown = JSON.parse(json, (_, value: unknown) =>
        typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
      );
      // toEqual, not toStrictEqual: JSON leaves out what is undefined.
      expect(back).toEqual(goldenPlan(one));
    }
  });
});
