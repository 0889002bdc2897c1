// Whole plans, as `--dry-run` prints them. NSBOX_TEST_UPDATE=1 writes them anew; a change is then a readable diff.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explainPlan } from "#src/plan/explain-plan.ts";
import { GOLDEN_CASES, goldenPlan } from "#test/support/golden-plans.ts";

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
