import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../../..");
const ROWS = readFileSync(join(ROOT, "docs/security.md"), "utf8")
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter((cells) => /^\d+$/.test(cells[1] ?? ""))
  .map(([, line = "", attack = "", , tests = ""]) => ({
    line,
    attack,
    tests: [...tests.matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? ""),
  }));

describe("docs/security.md", () => {
  test.each(ROWS)("$line: $attack names tests that are there", ({ tests }) => {
    expect(tests.length).toBeGreaterThan(0);
    for (const name of tests) expect(existsSync(join(ROOT, `test/${name}.test.ts`))).toBe(true);
  });

  test("has a row for every attack that is tested", () => {
    const files = readdirSync(join(ROOT, "test/attack"));
    const numbers = files.flatMap((name) => {
      const text = readFileSync(join(ROOT, "test/attack", name), "utf8");
      return [...text.matchAll(/"(?:files|processes|kernel|network|nsbox), (\d+):|^\s+line: (\d+),/gm)].map(
        (m) => m[1] ?? m[2],
      );
    });
    expect(numbers.length).toBeGreaterThan(20);
    const known = new Set(ROWS.map(({ line }) => line));
    expect(numbers.filter((line) => !known.has(line ?? ""))).toEqual([]);
  });

  test("has a row for each number, and none twice", () => {
    const numbers = ROWS.map(({ line }) => Number(line)).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => n + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(38);
  });

  test.each(ROWS)("$line: $attack is attempted by a test that says so", ({ line, tests }) => {
    const own = tests.filter((name) => name.startsWith("attack/"));
    // Where no attack alone shows it, the rules of the part that defends are tested.
    if (own.length === 0) return expect(tests.some((name) => /^(?:user|unit)\//.test(name))).toBe(true);
    const texts = own.map((name) => readFileSync(join(ROOT, `test/${name}.test.ts`), "utf8"));
    const marks = new RegExp(`"[a-z]+, ${line}:|^\\s+line: ${line},|\\bline: number = ${line}\\b`, "m");
    expect(texts.some((text) => marks.test(text))).toBe(true);
  });
});
