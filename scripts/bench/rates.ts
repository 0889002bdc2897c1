// Boxes a second from one program, one after another: made by nsbox itself, and by starting other tools.
import { join } from "node:path";
import { type Contestant, openContestants } from "#scripts/bench/contestants.ts";
import { openLimit } from "#scripts/bench/limit.ts";
import { NAMES } from "#scripts/bench/names.ts";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { type Summary, summarize, type Target } from "#scripts/bench/stats.ts";
import { warmBoxes } from "#scripts/bench/warm.ts";

const ROUNDS = 7;
const BOXES = 40;

/** One way to make boxes. */
interface Maker {
  readonly name: string;
  /** Makes so many; gives milliseconds a box. */
  make(count: number): number | Promise<number>;
}

const LIMIT = "limit.c, its calls in C";
const SAME_CALLS = "nsbox, the calls of limit.c";

function spawning({ name, command }: Contestant): Maker {
  return {
    name: `spawning ${name}`,
    make: (count) => {
      const start = Bun.nanoseconds();
      for (let left = count; left > 0; left--) {
        const { exitCode } = Bun.spawnSync([...command], { stdio: ["ignore", "ignore", "ignore"] });
        if (exitCode !== 0) throw new Error(`Cannot measure "${command.join(" ")}": it ended with ${exitCode}`);
      }
      return (Bun.nanoseconds() - start) / 1e6 / count;
    },
  };
}

const SPAWNED: readonly string[] = [NAMES.compiled, NAMES.unshare, NAMES.bwrap, NAMES.runc, NAMES.crun];

async function openMakers({ root, temp }: BenchContext): Promise<readonly Maker[]> {
  const limit = openLimit(root);
  const found = await openContestants(root, join(temp, "rates"));
  const others = found.filter((one): one is Contestant => "command" in one && SPAWNED.includes(one.name));
  return [
    { name: SAME_CALLS, make: warmBoxes },
    ...(limit === undefined ? [] : [{ name: LIMIT, make: limit.run }]),
    ...others.map(spawning),
  ];
}

export async function measureRates(context: BenchContext): Promise<Part> {
  const makers = await openMakers(context);
  const times = makers.map((): number[] => []);
  for (let round = -1; round < ROUNDS; round++)
    for (const [n, { make }] of makers.entries()) {
      const ms = await make(BOXES);
      if (round >= 0) times[n]?.push(ms);
    }
  const rows = makers.map(({ name }, n) => ({ name, ms: summarize(times[n] ?? []) }));
  return {
    name: "rates",
    title: "Boxes a second from one program, one after another",
    explain: `${ROUNDS} rounds of ${BOXES} boxes each, in turn. Each runs /bin/true and is waited for.`,
    table: [
      ["", "median ms a box", "p10–p90", "boxes a second"],
      ...rows.map(({ name, ms: { median, p10, p90 } }) => [
        name,
        median.toFixed(2),
        `${p10.toFixed(2)}–${p90.toFixed(2)}`,
        (1000 / median).toFixed(0),
      ]),
    ],
    notes: [],
    targets: rateTargets(rows),
    data: rows,
  };
}

function rateTargets(rows: readonly { readonly name: string; readonly ms: Summary }[]): readonly Target[] {
  const median = (name: string): number => rows.find((row) => row.name === name)?.ms.median ?? Number.NaN;
  const targets = [{ what: "warm nsbox / limit.c", ratio: median(SAME_CALLS) / median(LIMIT), limit: 1.15 }];
  return targets.filter(({ ratio }) => !Number.isNaN(ratio));
}
