import { describe, expect, test } from "bun:test";
import { drawCharts } from "#scripts/bench/chart.ts";
import type { Part } from "#scripts/bench/part.ts";
import { parseTrace } from "#scripts/bench/phases.ts";
import { explainMachine, explainPart, type Machine, markdownReport } from "#scripts/bench/report.ts";

const MACHINE: Machine = {
  kernel: "6.1.0",
  arch: "x64",
  processors: 4,
  memoryGb: 8,
  virtual: true,
  root: false,
  load: 0.1,
};

const PART: Part = {
  name: "cold",
  title: "Cold start",
  explain: "Each is started 3 times.",
  table: [
    ["", "median ms"],
    ["nsbox run", "4.00"],
    ["a|b", "12.50"],
  ],
  remarks: ["Some come twice.", "Others don't."],
  notes: ["runc run: it is not installed"],
  targets: [
    { what: "nsbox / it", ratio: 0.32, limit: 0.4 },
    { what: "nsbox / other", ratio: 1.2, limit: 1 },
    { what: "nsbox, once / other", ratio: 2.5 },
  ],
  chart: {
    title: "Cold start, ms",
    digits: 1,
    bars: [
      { name: "nsbox run", value: 4, ours: true },
      { name: "a & <b>", value: 12.5, ours: false },
    ],
  },
  data: null,
};

describe("explainMachine()", () => {
  test("says what figures depend on", () => {
    expect(explainMachine(MACHINE)).toBe(
      "a virtual machine with 4 processors (x64) and 8 GB, Linux 6.1.0, as an ordinary user",
    );
    expect(explainMachine({ ...MACHINE, virtual: false, root: true })).toStartWith("a machine with");
    expect(explainMachine({ ...MACHINE, load: 9.75 })).toEndWith(", busy with other work too (a load of 9.8)");
  });
});

describe("explainPart()", () => {
  test("aligns the table, and says who was left out", () => {
    expect(explainPart(PART)).toBe(`Cold start
  Each is started 3 times.
             median ms
  nsbox run       4.00
  a|b            12.50
  Some come twice.
  Others don't.
  left out: runc run: it is not installed
`);
  });
});

describe("markdownReport()", () => {
  const text = markdownReport({ machine: MACHINE, rounds: 3, parts: [PART] }, "bench.svg");

  test("has each part as a table whose cells stay cells", () => {
    expect(text).toContain("## Cold start\n\nEach is started 3 times.\n\n|  | median ms |\n| --- | ---: |\n");
    expect(text).toContain("| a\\|b | 12.50 |\n");
    expect(text).toContain("Left out: runc run: it is not installed.\n");
    expect(text).toContain("![what was measured, as bars](bench.svg)");
  });

  test("has what is to be known of the rows right behind them", () => {
    expect(text).toContain("| a\\|b | 12.50 |\n\nSome come twice.\n\nOthers don't.\n\nLeft out: ");
  });

  test("says of each target whether it was met", () => {
    expect(text).toContain("| nsbox / it | 0.32 | ≤ 0.40 | met |\n");
    expect(text).toContain("| nsbox / other | 1.20 | ≤ 1.00 | missed |\n");
    expect(text).toContain("| nsbox, once / other | 2.50 | none |  |\n");
  });
});

describe("drawCharts()", () => {
  const svg = drawCharts(PART.chart === undefined ? [] : [PART.chart, PART.chart]);

  test("draws bars as long as their values, ours in another colour", () => {
    const bars = [...svg.matchAll(/<rect class="(\w+)"[^>]* width="(\d+)"/g)].map(([, kind, width]) => [
      kind,
      Number(width),
    ]);
    expect(bars.map(([kind]) => kind)).toEqual(["ours", "bar", "ours", "bar"]);
    expect(Number(bars[0]?.[1]) / Number(bars[1]?.[1])).toBeCloseTo(4 / 12.5, 2);
    expect(svg).toContain(">12.5</text>");
  });

  test("is one that can be read on a dark page too, whatever is named", () => {
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg).toContain(">a &amp; &lt;b&gt;</text>");
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 720 204"/);
  });
});

describe("parseTrace()", () => {
  test("takes phases and their milliseconds out of all that was printed", () => {
    const text = "nsbox: trace    4.334 ms  the engine starts\nhello\nnsbox: trace   11.693 ms  in all\n";
    expect([...parseTrace(text)]).toEqual([
      ["the engine starts", 4.334],
      ["in all", 11.693],
    ]);
  });
});
