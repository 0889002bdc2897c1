// `npm run bench [-- --rounds N] [--json FILE]`: how fast boxes start, beside other tools, in one interleaved run.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Absent, type Contestant, NAMES, openContestants } from "#scripts/bench/contestants.ts";
import { openCrowd } from "#scripts/bench/crowd.ts";
import { filterTable, filterTargets, measureFilters } from "#scripts/bench/filter.ts";
import { openLimit } from "#scripts/bench/limit.ts";
import { alignColumns, explainTarget, type Summary, summarize, type Target } from "#scripts/bench/stats.ts";
import { warmBoxes } from "#scripts/bench/warm.ts";

const ROOT: string = join(import.meta.dir, "../..");
const ROUNDS_DEFAULT = 40;
const WARM_UP_ROUNDS = 3;
const WARM_BOXES = 100;
const WARM_ROUNDS = 7;
// Seven namespaces a group: 300 and one.
const CROWD = { processes: 2000, groups: 43 };
const CROWD_ROUNDS = 10;

interface Measured extends Contestant {
  readonly summary: Summary;
}

function milliseconds(command: readonly string[]): number {
  const start = Bun.nanoseconds();
  const { exitCode } = Bun.spawnSync([...command], { stdio: ["ignore", "ignore", "ignore"] });
  const took = (Bun.nanoseconds() - start) / 1e6;
  if (exitCode !== 0) throw new Error(`Cannot measure "${command.join(" ")}": it ended with ${exitCode}`);
  return took;
}

/** A B C A B C …: whatever slows the machine for a while slows all of them. */
function measureCold(contestants: readonly Contestant[], rounds: number): Measured[] {
  const times = contestants.map((): number[] => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++)
    for (const [index, { command }] of contestants.entries()) {
      const took = milliseconds(command);
      if (round >= 0) times[index]?.push(took);
    }
  return contestants.map((contestant, index) => ({ ...contestant, summary: summarize(times[index] ?? []) }));
}

interface Warm {
  readonly nsbox: Summary;
  readonly limit: Summary;
}

function measureWarm(): Warm | Absent {
  const limit = openLimit(ROOT);
  if (limit === undefined) return { name: "warm boxes", reason: "gcc is not installed" };
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = -1; round < WARM_ROUNDS; round++) {
    const [mine, its] = [warmBoxes(WARM_BOXES), limit.run(WARM_BOXES)];
    if (Number.isNaN(mine))
      return { name: "warm boxes", reason: `not measured; limit.c takes ${its.toFixed(2)} ms a box` };
    if (round >= 0) {
      ours.push(mine);
      theirs.push(its);
    }
  }
  return { nsbox: summarize(ours), limit: summarize(theirs) };
}

/** `ls` beside lsns, while the crowd is there. */
async function measureCrowd(): Promise<readonly Measured[] | Absent> {
  const name = "ls in a crowd";
  if (Bun.which("lsns") === null) return { name, reason: "lsns is not installed" };
  const crowd = await openCrowd(ROOT, CROWD);
  if (typeof crowd === "string") return { name, reason: crowd };
  await using _ = crowd;
  const contestants = [
    { name: NAMES.ls, command: [join(ROOT, "dist/nsbox"), "ls"] },
    { name: NAMES.lsns, command: ["lsns"] },
  ];
  return measureCold(contestants, CROWD_ROUNDS);
}

function crowdTargets(crowd: readonly Measured[]): Target[] {
  const [ours, theirs] = crowd.map(({ summary }) => summary.median);
  if (ours === undefined || theirs === undefined) return [];
  return [{ what: `${NAMES.ls} / ${NAMES.lsns}`, ratio: ours / theirs, limit: 1 }];
}

function crowdTable(crowd: readonly Measured[]): string[] {
  const rows = crowd.map(({ name, summary: { median, p10, p90 } }) => [
    name,
    median.toFixed(1),
    `${p10.toFixed(1)}–${p90.toFixed(1)}`,
  ]);
  return alignColumns([[`${CROWD.processes} processes, 301 namespaces`, "median ms", "p10–p90"], ...rows]);
}

function coldTargets(measured: readonly Measured[]): Target[] {
  const median = (name: string): number | undefined => measured.find((one) => one.name === name)?.summary.median;
  const limits = [
    [NAMES.nsbox, NAMES.empty, 1.8],
    [NAMES.nsbox, NAMES.runc, 0.4],
    [NAMES.compiled, NAMES.bwrap, 0.5],
    // These three make the same namespaces and mount the same /proc.
    [NAMES.compiledLimit, NAMES.unshare, 0.8],
    [NAMES.compiledLimit, NAMES.limit, 1.05],
  ] as const;
  const [inspect, empty] = [median(NAMES.inspect), median(NAMES.empty)];
  const looking =
    inspect === undefined || empty === undefined
      ? []
      : [
          {
            what: `cold ${NAMES.inspect} / (1.5 × ${NAMES.empty} + 5 ms)`,
            ratio: inspect / (1.5 * empty + 5),
            limit: 1,
          },
        ];
  const starting = limits.flatMap(([name, otherName, limit]) => {
    const [one, other] = [median(name), median(otherName)];
    if (one === undefined || other === undefined) return [];
    return [{ what: `cold ${name} / ${otherName}`, ratio: one / other, limit }];
  });
  return [...starting, ...looking];
}

function coldTable(measured: readonly Measured[]): string[] {
  const nsbox = measured.find(({ name }) => name === NAMES.nsbox)?.summary.median ?? Number.NaN;
  const rows = measured.map(({ name, summary: { median, p10, p90 } }) => [
    name,
    median.toFixed(2),
    `${p10.toFixed(2)}–${p90.toFixed(2)}`,
    (nsbox / median).toFixed(2),
  ]);
  return alignColumns([["cold, whole process", "median ms", "p10–p90", "nsbox / it"], ...rows]);
}

function warmTable({ nsbox, limit }: Warm): string[] {
  const row = (name: string, { median, p10, p90 }: Summary): string[] => [
    name,
    median.toFixed(2),
    `${p10.toFixed(2)}–${p90.toFixed(2)}`,
    (1000 / median).toFixed(0),
  ];
  const rows = [row("one Bun process", nsbox), row("limit.c", limit)];
  return alignColumns([["warm, each box", "median ms", "p10–p90", "boxes/s"], ...rows]);
}

async function bench(rounds: number, temp: string): Promise<object> {
  const found = await openContestants(ROOT, temp);
  const present = found.filter((one) => "command" in one);
  const absent = found.filter((one) => "reason" in one);
  const cold = measureCold(present, rounds);
  console.log(coldTable(cold).join("\n"));
  for (const { name, reason } of absent) console.log(`left out: ${name}: ${reason}`);
  const crowd = await measureCrowd();
  console.log("reason" in crowd ? `\nleft out: ${crowd.name}: ${crowd.reason}` : `\n${crowdTable(crowd).join("\n")}`);
  const warm = measureWarm();
  console.log("reason" in warm ? `\nleft out: warm boxes: ${warm.reason}` : `\n${warmTable(warm).join("\n")}`);
  const warmTarget =
    "reason" in warm
      ? []
      : [{ what: "warm nsbox / limit.c", ratio: warm.nsbox.median / warm.limit.median, limit: 1.15 }];
  const filters = measureFilters(ROOT);
  console.log("reason" in filters ? `\nleft out: filters: ${filters.reason}` : `\n${filterTable(filters).join("\n")}`);
  const filterTarget = "reason" in filters ? [] : filterTargets(filters);
  const crowdTarget = "reason" in crowd ? [] : crowdTargets(crowd);
  const targets = [...coldTargets(cold), ...warmTarget, ...crowdTarget, ...filterTarget];
  console.log(`\n${targets.map(explainTarget).join("\n")}`);
  return { rounds, cold, absent, warm, crowd, filters, targets };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: "string" }, json: { type: "string" } } });
  const rounds = Number(values.rounds ?? ROUNDS_DEFAULT);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`Cannot bench: --rounds "${values.rounds}" is no count`);
  const temp = mkdtempSync(join(tmpdir(), "nsbox-bench-"));
  try {
    const results = await bench(rounds, temp);
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

if (import.meta.main) await main();
