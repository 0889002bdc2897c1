// What the times of cold starts come to: rows, bars, targets, and what has to be said of them. Pure.
import { NAMES } from "#scripts/bench/names.ts";
import type { Bar } from "#scripts/bench/part.ts";
import type { Summary, Target } from "#scripts/bench/stats.ts";

export interface Measured {
  readonly name: string;
  readonly summary: Summary;
  /** Until nothing of it runs any more; not a number where that is not measured. */
  readonly goneMs: number;
}

/** [one, other, limit of their ratio, where it has one] */
const RATIOS: readonly (readonly [string, string, number?])[] = [
  [NAMES.ready, NAMES.empty, 1.6],
  [NAMES.first, NAMES.empty],
  [NAMES.ready, NAMES.runc, 0.4],
  [NAMES.first, NAMES.runc],
  [NAMES.compiled, NAMES.bwrap, 0.5],
  // These three make the same namespaces and mount the same /proc.
  [NAMES.compiledLimit, NAMES.unshare, 0.8],
  [NAMES.compiledLimit, NAMES.limit, 1.05],
];

/** Those that start a box, for the chart; with what they are called there. */
const BARS: ReadonlyMap<string, string> = new Map([
  [NAMES.compiled, NAMES.compiled],
  [NAMES.unshare, NAMES.unshare],
  [NAMES.bwrap, NAMES.bwrap],
  // "Ready" says nothing to whoever has not read on.
  [NAMES.ready, "nsbox run, third time and later"],
  [NAMES.first, NAMES.first],
  [NAMES.firejail, NAMES.firejail],
  [NAMES.runc, NAMES.runc],
  [NAMES.crun, NAMES.crun],
]);
const OURS: readonly string[] = [NAMES.compiled, NAMES.ready, NAMES.first];

/** Every row has its part of what these take. */
const COMPARED: readonly (readonly [head: string, name: string])[] = [
  ["ready run / it", NAMES.ready],
  ["first run / it", NAMES.first],
  ["compiled box / it", NAMES.compiled],
];

const medianOf = (all: readonly Measured[], name: string): number =>
  all.find((one) => one.name === name)?.summary.median ?? Number.NaN;

/** The header, and a row for each. A column of who was not measured is left out. */
export function coldTable(all: readonly Measured[]): readonly (readonly string[])[] {
  const compared = COMPARED.map(([head, name]) => ({ head, median: medianOf(all, name) })).filter(
    ({ median }) => !Number.isNaN(median),
  );
  return [
    ["", "median ms", "p10–p90", "all gone, ms", ...compared.map(({ head }) => head)],
    ...all.map(({ name, summary: { median, p10, p90 }, goneMs }) => [
      name,
      median.toFixed(2),
      `${p10.toFixed(2)}–${p90.toFixed(2)}`,
      goneMs.toFixed(2),
      ...compared.map((other) => (other.median / median).toFixed(2)),
    ]),
  ];
}

export function coldBars(all: readonly Measured[]): readonly Bar[] {
  const bars = all.flatMap(({ name, summary }) => {
    const label = BARS.get(name);
    return label === undefined ? [] : [{ name: label, value: summary.median, ours: OURS.includes(name) }];
  });
  return bars.sort((a, b) => a.value - b.value);
}

export function coldTargets(all: readonly Measured[]): readonly Target[] {
  const gone = (name: string): number => all.find((one) => one.name === name)?.goneMs ?? Number.NaN;
  const targets: readonly Target[] = [
    ...RATIOS.map(([name, other, limit]) => ({
      what: `cold ${name} / ${other}`,
      ratio: medianOf(all, name) / medianOf(all, other),
      ...(limit === undefined ? {} : { limit }),
    })),
    {
      what: `cold ${NAMES.compiled} / ${NAMES.bwrap}, until all is gone`,
      ratio: gone(NAMES.compiled) / gone(NAMES.bwrap),
      limit: 0.5,
    },
    {
      what: `cold ${NAMES.inspect} / (1.5 × ${NAMES.empty} + 5 ms)`,
      ratio: medianOf(all, NAMES.inspect) / (1.5 * medianOf(all, NAMES.empty) + 5),
      limit: 1,
    },
  ];
  return targets.filter(({ ratio }) => !Number.isNaN(ratio));
}

/** What "ready" means, and what it costs whom. */
export function coldRemarks(all: readonly Measured[]): readonly string[] {
  const [ready, first] = [medianOf(all, NAMES.ready), medianOf(all, NAMES.first)];
  if (Number.isNaN(ready)) return [];
  const more = (medianOf(all, NAMES.second) - first).toFixed(1);
  const times = (ms: number): string => `${(ms / medianOf(all, NAMES.empty)).toFixed(2)} × an empty Bun program`;
  return [
    `A run is ready where the same flags and program come in the same folder for the third time or later: dist/nsbox begins with native code that finds the box compiled, asks the machine again what its plan rests on, and starts it before the JavaScript engine would (${times(ready)}). Targets for a cold run are for this one.`,
    `Every other run goes through the engine: the first with its flags, one after something on the machine has changed, one with flags that are never made ready, and all where NSBOX_READY=0 is set, as it is for "the first time" here (${times(first)}; no target).`,
    `The second time, the engine also compiles the box, while the command runs. With a command that does nothing, as here, that is ${more} ms more than the first time. What each second time had made was taken away before the next.`,
  ];
}
