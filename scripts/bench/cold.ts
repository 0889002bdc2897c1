// How long it takes to start a process, to run /bin/true in a box of its own, and to look at one.
import type { Absent, Contestant } from "#scripts/bench/contestants.ts";
import { NAMES, openContestants } from "#scripts/bench/contestants.ts";
import type { Bar, BenchContext, Part } from "#scripts/bench/part.ts";
import { type Summary, summarize, type Target } from "#scripts/bench/stats.ts";
import { openStopwatch } from "#scripts/bench/stopwatch.ts";

export interface Measured extends Contestant {
  readonly summary: Summary;
  /** Until nothing of it runs any more; not a number where that is not measured. */
  readonly goneMs: number;
}

/** [one, other, limit of their ratio] */
const LIMITS: readonly (readonly [string, string, number])[] = [
  [NAMES.nsbox, NAMES.empty, 1.6],
  [NAMES.nsbox, NAMES.runc, 0.4],
  [NAMES.compiled, NAMES.bwrap, 0.5],
  // These three make the same namespaces and mount the same /proc.
  [NAMES.compiledLimit, NAMES.unshare, 0.8],
  [NAMES.compiledLimit, NAMES.limit, 1.05],
];

/** Those that start a box, for the chart. */
const BOXES: readonly string[] = [
  NAMES.compiled,
  NAMES.unshare,
  NAMES.bwrap,
  NAMES.nsbox,
  NAMES.firejail,
  NAMES.runc,
  NAMES.crun,
];
const OURS: readonly string[] = [NAMES.compiled, NAMES.nsbox];

export async function measureCold({ root, temp, rounds }: BenchContext): Promise<Part> {
  const found = await openContestants(root, temp);
  const present = found.filter((one): one is Contestant => "command" in one);
  const absent = found.filter((one): one is Absent => "reason" in one);
  const stopwatch = openStopwatch(root);
  const times = stopwatch.time(
    present.map(({ command }) => command),
    rounds,
  );
  const measured = present.map((one, n): Measured => ({
    ...one,
    summary: summarize(times[n]?.returned ?? []),
    goneMs: summarize(times[n]?.gone ?? []).median,
  }));
  return {
    name: "cold",
    title: "Cold start: /bin/true in a box, as a whole process",
    explain: `Each is started ${rounds} times, in turn, by ${stopwatch.name}. Some return before their sandbox has ended: then "all gone" is later.`,
    table: [
      ["", "median ms", "p10–p90", "all gone, ms", "nsbox run / it", "compiled box / it"],
      ...measured.map((one) => coldRow(one, medianOf(measured, NAMES.nsbox), medianOf(measured, NAMES.compiled))),
    ],
    notes: absent.map(({ name, reason }) => `${name}: ${reason}`),
    targets: coldTargets(measured),
    chart: { title: "Cold start of /bin/true in a box, ms", digits: 1, bars: coldBars(measured) },
    data: measured.map(({ name, summary, goneMs }) => ({ name, ms: summary, goneMs })),
  };
}

function medianOf(measured: readonly Measured[], name: string): number {
  return measured.find((one) => one.name === name)?.summary.median ?? Number.NaN;
}

function coldRow({ name, summary, goneMs }: Measured, nsbox: number, compiled: number): string[] {
  const { median, p10, p90 } = summary;
  const ratios = [nsbox / median, compiled / median].map((ratio) => ratio.toFixed(2));
  return [name, median.toFixed(2), `${p10.toFixed(2)}–${p90.toFixed(2)}`, goneMs.toFixed(2), ...ratios];
}

function coldBars(measured: readonly Measured[]): readonly Bar[] {
  return measured
    .filter(({ name }) => BOXES.includes(name))
    .map(({ name, summary }) => ({ name, value: summary.median, ours: OURS.includes(name) }))
    .sort((a, b) => a.value - b.value);
}

function coldTargets(measured: readonly Measured[]): readonly Target[] {
  const looking = medianOf(measured, NAMES.inspect) / (1.5 * medianOf(measured, NAMES.empty) + 5);
  const starting = LIMITS.map(([name, other, limit]) => ({
    what: `cold ${name} / ${other}`,
    ratio: medianOf(measured, name) / medianOf(measured, other),
    limit,
  }));
  const gone = (name: string): number => measured.find((one) => one.name === name)?.goneMs ?? Number.NaN;
  const targets = [
    ...starting,
    {
      what: `cold ${NAMES.compiled} / ${NAMES.bwrap}, until all is gone`,
      ratio: gone(NAMES.compiled) / gone(NAMES.bwrap),
      limit: 0.5,
    },
    { what: `cold nsbox inspect / (1.5 × ${NAMES.empty} + 5 ms)`, ratio: looking, limit: 1 },
  ];
  return targets.filter(({ ratio }) => !Number.isNaN(ratio));
}
