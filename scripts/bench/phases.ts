// Where the time of a cold `nsbox run` goes, as NSBOX_TRACE=1 tells it.
import { join } from "node:path";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { summarize } from "#scripts/bench/stats.ts";

const LINE = /^nsbox: trace +([\d.]+) ms {2}(.+)$/gm;
const WARM_UP_ROUNDS = 3;

/** The phases that nsbox has printed, in their order, with their milliseconds. */
export function parseTrace(text: string): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(LINE)].map(([, ms = "", phase = ""]) => [phase, Number(ms)]));
}

export function measurePhases({ root, rounds }: BenchContext): Part {
  const phases = new Map<string, number[]>();
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const start = Bun.nanoseconds();
    const { stderr } = Bun.spawnSync([join(root, "dist/nsbox"), "run", "--", "/bin/true"], {
      env: { ...process.env, NSBOX_TRACE: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const whole = (Bun.nanoseconds() - start) / 1e6;
    if (round < 0) continue;
    const traced = parseTrace(stderr.toString());
    for (const [phase, ms] of [...traced, ["as a whole process", whole] as const]) {
      phases.set(phase, [...(phases.get(phase) ?? []), ms]);
    }
  }
  const rows = [...phases].map(([phase, times]) => ({ phase, ms: summarize(times) }));
  return {
    name: "phases",
    title: "Where the time of nsbox run goes, the first time",
    explain: `NSBOX_TRACE=1 nsbox run -- /bin/true, ${rounds} times, all through the engine: a ready run has none of these phases but what a compiled box does. The first line is processor time, before nsbox's own clock begins.`,
    table: [
      ["phase", "median ms", "p10–p90"],
      ...rows.map(({ phase, ms: { median, p10, p90 } }) => [
        phase,
        median.toFixed(2),
        `${p10.toFixed(2)}–${p90.toFixed(2)}`,
      ]),
    ],
    notes: [],
    targets: [],
    data: rows,
  };
}
