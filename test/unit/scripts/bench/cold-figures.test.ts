import { describe, expect, test } from "bun:test";
import { coldBars, coldRemarks, coldTable, coldTargets, type Measured } from "#scripts/bench/cold-figures.ts";
import { NAMES } from "#scripts/bench/names.ts";

function measured(name: string, median: number, goneMs: number = median): Measured {
  return { name, summary: { median, p10: median - 1, p90: median + 1 }, goneMs };
}

const ALL: readonly Measured[] = [
  measured(NAMES.empty, 4),
  measured(NAMES.inspect, 12),
  measured(NAMES.ready, 3.2),
  measured(NAMES.first, 12),
  measured(NAMES.second, 31.5),
  measured(NAMES.compiled, 2),
  measured(NAMES.bwrap, 4, 5),
  measured(NAMES.runc, 24),
];
const NOT_READY = ALL.filter(({ name }) => name !== NAMES.ready && name !== NAMES.second);

describe("coldTargets()", () => {
  const targets = coldTargets(ALL);
  const find = (what: string) => targets.find((target) => target.what === what);

  test("are for a run that is ready", () => {
    expect(find("cold nsbox run, ready / empty Bun program")).toMatchObject({ limit: 1.6 });
    expect(find("cold nsbox run, ready / empty Bun program")?.ratio).toBeCloseTo(0.8);
    expect(find("cold nsbox run, ready / runc run")).toMatchObject({ limit: 0.4 });
    expect(find("cold nsbox run, ready / runc run")?.ratio).toBeCloseTo(3.2 / 24);
  });

  test.each(["empty Bun program", "runc run"])(
    "show the first time's ratio to %s behind it, without a limit",
    (name) => {
      const at = targets.findIndex(({ what }) => what === `cold nsbox run, the first time / ${name}`);
      expect(targets[at - 1]?.what).toBe(`cold nsbox run, ready / ${name}`);
      expect(targets[at]?.ratio).toBeCloseTo(12 / (name === NAMES.runc ? 24 : 4));
      expect(targets[at]).not.toHaveProperty("limit");
    },
  );

  test("are only of what was measured", () => {
    expect(find("cold compiled box / bwrap --unshare-all, until all is gone")?.ratio).toBeCloseTo(0.4);
    expect(targets.map(({ what }) => what).join()).not.toMatch(/limit\.c|unshare -U/);
    expect(
      coldTargets(NOT_READY)
        .map(({ what }) => what)
        .join(),
    ).not.toContain("ready");
  });
});

describe("coldTable()", () => {
  test("compares everybody with both runs and the compiled box", () => {
    const [head, ...rows] = coldTable(ALL);
    expect(head?.slice(4)).toEqual(["ready run / it", "first run / it", "compiled box / it"]);
    expect(rows.find(([name]) => name === NAMES.bwrap)).toEqual([
      ...[NAMES.bwrap, "4.00", "3.00–5.00", "5.00"],
      ...["0.80", "3.00", "0.50"],
    ]);
  });

  test("has no column of what could not be measured", () => {
    const widths = coldTable(NOT_READY).map(({ length }) => length);
    expect(coldTable(NOT_READY)[0]?.slice(4)).toEqual(["first run / it", "compiled box / it"]);
    expect(new Set(widths)).toEqual(new Set([6]));
  });
});

describe("coldBars()", () => {
  test("has both runs as ours, and says when which comes", () => {
    expect(coldBars(ALL)).toEqual([
      { name: "compiled box", value: 2, ours: true },
      { name: "nsbox run, third time and later", value: 3.2, ours: true },
      { name: "bwrap --unshare-all", value: 4, ours: false },
      { name: "nsbox run, the first time", value: 12, ours: true },
      { name: "runc run", value: 24, ours: false },
    ]);
  });
});

describe("coldRemarks()", () => {
  test("say what ready is, what the first time takes, and what the second costs", () => {
    const [ready = "", first = "", second = ""] = coldRemarks(ALL);
    expect(ready).toContain("the third time or later");
    expect(ready).toContain("(0.80 × an empty Bun program)");
    expect(first).toContain("NSBOX_READY=0");
    expect(first).toContain("(3.00 × an empty Bun program; no target)");
    expect(second).toContain("19.5 ms more than the first time");
  });

  test("are none where nothing is made ready", () => {
    expect(coldRemarks(NOT_READY)).toEqual([]);
  });
});
