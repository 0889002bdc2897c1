// `npm run bench [-- --rounds N] [--boxes N] [--only PART,…] [--json FILE] [--report DIR]`: how fast boxes are and what
// they cost, beside other tools, in one interleaved run. --report writes bench.md, bench.json and bench.svg.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, release, setPriority, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureAlive } from "#scripts/bench/alive.ts";
import { drawCharts } from "#scripts/bench/chart.ts";
import { measureCold } from "#scripts/bench/cold.ts";
import { measureEntering } from "#scripts/bench/entering.ts";
import { measureFilterPart } from "#scripts/bench/filter.ts";
import { measureLibrary } from "#scripts/bench/library.ts";
import { measureListing } from "#scripts/bench/listing.ts";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { measurePhases } from "#scripts/bench/phases.ts";
import { measureRates } from "#scripts/bench/rates.ts";
import {
  explainMachine,
  explainPart,
  explainTargets,
  type Machine,
  markdownReport,
  type Report,
} from "#scripts/bench/report.ts";

const ROOT: string = join(import.meta.dir, "../..");
/** So many that two runs differ by less than what a target may be missed by. */
const DEFAULTS = { rounds: 400, boxes: 1000 } as const;

type Measure = (context: BenchContext) => Part | Promise<Part>;

/** In the order of the report. */
const PARTS: Readonly<Record<string, Measure>> = {
  cold: measureCold,
  phases: measurePhases,
  rates: measureRates,
  library: measureLibrary,
  exec: measureEntering,
  alive: measureAlive,
  ls: measureListing,
  filters: measureFilterPart,
};

function readMachine(): Machine {
  return {
    kernel: release().split("-")[0] ?? "",
    arch: process.arch,
    processors: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    virtual: /^flags.*\bhypervisor\b/m.test(readFileSync("/proc/cpuinfo", "utf8")),
    root: process.getuid?.() === 0,
    load: loadavg()[0] ?? 0,
  };
}

/** What runs beside it then disturbs less. */
function goFirst(): void {
  if (process.getuid?.() === 0) setPriority(-20);
}

/** What is measured is what nsbox does by itself, whatever the caller has set. */
function forgetVariables(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith("NSBOX_")) delete process.env[name];
}

/** One part that can't be measured is no reason to lose all others. */
async function measureOrSay(name: string, measure: Measure, context: BenchContext): Promise<Part> {
  try {
    return await measure(context);
  } catch (error) {
    process.exitCode = 1;
    const reason = error instanceof Error ? error.message : String(error);
    return { name, title: name, explain: "", table: [], notes: [`all of it: ${reason}`], targets: [], data: null };
  }
}

async function bench(context: BenchContext, measures: readonly (readonly [string, Measure])[]): Promise<Report> {
  const machine = readMachine();
  console.log(`${explainMachine(machine)}\n`);
  const parts: Part[] = [];
  for (const [name, measure] of measures) {
    const part = await measureOrSay(name, measure, context);
    console.log(explainPart(part));
    parts.push(part);
  }
  console.log(explainTargets(parts.flatMap(({ targets }) => targets)));
  return { machine, rounds: context.rounds, parts };
}

function json({ machine, rounds, parts }: Report): string {
  const results = Object.fromEntries(parts.map(({ name, data }) => [name, data]));
  const targets = parts.flatMap((part) => part.targets);
  return `${JSON.stringify({ machine, rounds, ...results, targets }, undefined, 2)}\n`;
}

function writeReport(folder: string, report: Report): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "bench.json"), json(report));
  writeFileSync(join(folder, "bench.md"), markdownReport(report, "bench.svg"));
  writeFileSync(join(folder, "bench.svg"), drawCharts(report.parts.flatMap(({ chart }) => chart ?? [])));
  // As the check wants them.
  Bun.spawnSync([process.execPath, "fmt", join(folder, "bench.md"), join(folder, "bench.json")], { stdout: "ignore" });
}

function count(value: string | undefined, flag: string, usual: number): number {
  const number = Number(value ?? usual);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`Cannot bench: ${flag} "${value}" is no count`);
}

function measureNamed(name: string): readonly [string, Measure] {
  const measure = PARTS[name];
  if (measure !== undefined) return [name, measure];
  throw new Error(`Cannot bench "${name}": there is only ${Object.keys(PARTS).join(", ")}`);
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { rounds: text, boxes: text, only: text, json: text, report: text } });
  const rounds = count(values.rounds, "--rounds", DEFAULTS.rounds);
  const boxes = count(values.boxes, "--boxes", DEFAULTS.boxes);
  const measures = (values.only?.split(",") ?? Object.keys(PARTS)).map(measureNamed);
  goFirst();
  forgetVariables();
  const temp = mkdtempSync(join(tmpdir(), "nsbox-bench-"));
  try {
    const report = await bench({ root: ROOT, temp, rounds, boxes }, measures);
    if (values.json !== undefined) writeFileSync(values.json, json(report));
    if (values.report !== undefined) writeReport(values.report, report);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

if (import.meta.main) await main();
