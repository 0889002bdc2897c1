// How long it takes to start a process, to run /bin/true in a box of its own, and to look at one.
import { join } from "node:path";
import { coldBars, coldRemarks, coldTable, coldTargets, type Measured } from "#scripts/bench/cold-figures.ts";
import { type Absent, type Contestant, openContestants } from "#scripts/bench/contestants.ts";
import { NAMES } from "#scripts/bench/names.ts";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { openRuns } from "#scripts/bench/runs.ts";
import { summarize } from "#scripts/bench/stats.ts";
import { openStopwatch } from "#scripts/bench/stopwatch.ts";

/** Not boxes: the first rows. */
const BEFORE_BOXES: readonly string[] = [NAMES.empty, NAMES.inspect];

export async function measureCold({ root, temp, rounds }: BenchContext): Promise<Part> {
  const others = await openContestants(root, temp);
  const stopwatch = openStopwatch(root);
  using runs = openRuns(join(root, "dist/nsbox"), join(temp, "runs"), stopwatch);
  const isBefore = ({ name }: { readonly name: string }): boolean => BEFORE_BOXES.includes(name);
  const found = [...others.filter(isBefore), ...runs.contestants, ...others.filter((one) => !isBefore(one))];
  const present = found.filter((one): one is Contestant => "command" in one);
  const absent = found.filter((one): one is Absent => "reason" in one);
  const times = stopwatch.time(present, rounds);
  runs.check();
  const measured = present.map(({ name }, n): Measured => ({
    name,
    summary: summarize(times[n]?.returned ?? []),
    goneMs: summarize(times[n]?.gone ?? []).median,
  }));
  return {
    name: "cold",
    title: "Cold start: /bin/true in a box, as a whole process",
    explain: `Each is started ${rounds} times, in turn, by ${stopwatch.name}. Some return before their sandbox has ended: then "all gone" is later.`,
    table: coldTable(measured),
    remarks: coldRemarks(measured),
    notes: absent.map(({ name, reason }) => `${name}: ${reason}`),
    targets: coldTargets(measured),
    chart: { title: "Cold start of /bin/true in a box, ms", digits: 1, bars: coldBars(measured) },
    data: measured.map(({ name, summary, goneMs }) => ({ name, ms: summary, goneMs })),
  };
}
