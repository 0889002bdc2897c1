// The figures in docs/ are those of one report, and tell of the machine no more than its kind.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { explainMachine, type Machine } from "#scripts/bench/report.ts";
import { coldRemarks, coldTable, type Measured } from "#scripts/bench/cold-figures.ts";
import { NAMES } from "#scripts/bench/names.ts";
import type { Summary, Target } from "#scripts/bench/stats.ts";

const read = (name: string): string => readFileSync(join(import.meta.dir, "../../../docs", name), "utf8");

/** As main.ts writes it; what it is read for here. */
interface WrittenReport {
  readonly machine: Machine;
  readonly cold: readonly { readonly name: string; readonly ms: Summary; readonly goneMs: number }[];
  readonly targets: readonly Target[];
}

describe("docs/bench.md, bench.json and bench.svg", () => {
  const text = read("bench.md").replace(/ +/g, " ");
  const report: WrittenReport = JSON.parse(read("bench.json"));

  test("are of the same run", () => {
    expect(text).toContain(explainMachine(report.machine));
    for (const { what, ratio } of report.targets) expect(text).toContain(`| ${what} | ${ratio.toFixed(2)} |`);
    expect(report.targets.length).toBeGreaterThan(10);
    expect(text).toContain("](bench.svg)");
  });

  test("show a ready run and the first time side by side, and what the second costs", () => {
    const cold = report.cold.map(({ name, ms, goneMs }): Measured => ({ name, summary: ms, goneMs }));
    for (const row of coldTable(cold).slice(1)) expect(text).toContain(`\n| ${row.join(" | ")} |\n`);
    const names = cold.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([NAMES.ready, NAMES.first, NAMES.second]));
    const remarks = coldRemarks(cold);
    expect(remarks).toHaveLength(3);
    for (const remark of remarks) expect(text).toContain(`\n${remark}\n`);
    for (const { what, limit } of report.targets)
      if (what.startsWith("cold nsbox run"))
        expect([what, limit !== undefined]).toEqual([what, what.includes("ready")]);
  });

  test.each(["bench.md", "bench.json", "bench.svg"])(
    "%s names no folder and no host of where it was measured",
    (name) => {
      expect(read(name)).not.toMatch(/\/(home|root|tmp|work)\b|https?:\/\/(?!www\.w3\.org)/);
    },
  );
});
