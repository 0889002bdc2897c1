import { describe, expect, test } from "bun:test";
import { alignColumns, explainTarget, quantile, summarize } from "#scripts/bench/stats.ts";

describe("quantile()", () => {
  test.each([
    [[1, 2, 3], 0.5, 2],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[10, 20], 0.1, 11],
    [[7], 0.9, 7],
  ])("of %p at %p is %p", (sorted, part, value) => {
    expect(quantile(sorted, part)).toBeCloseTo(value);
  });

  test("of nothing is not a number", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("summarize()", () => {
  test("sorts numbers as numbers and leaves the given order alone", () => {
    const times = [10, 9, 100];
    expect(summarize(times).median).toBe(10);
    expect(times).toEqual([10, 9, 100]);
  });
});

describe("explainTarget()", () => {
  test.each([
    [0.4, "a / b: 0.40 (≤ 0.40) ok"],
    [0.41, "a / b: 0.41 (≤ 0.40) MISS"],
    [Number.NaN, "a / b: NaN (≤ 0.40) MISS"],
  ])("judges %p", (ratio, text) => {
    expect(explainTarget({ what: "a / b", ratio, limit: 0.4 })).toBe(text);
  });

  test("judges nothing that has no limit", () => {
    expect(explainTarget({ what: "a / b", ratio: 3 })).toBe("a / b: 3.00 (no target)");
  });
});

describe("alignColumns()", () => {
  test("puts names to the left and numbers to the right", () => {
    expect(
      alignColumns([
        ["name", "ms"],
        ["a", "1.25"],
      ]),
    ).toEqual(["name    ms", "a     1.25"]);
  });
});
