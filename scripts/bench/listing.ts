// `nsbox ls` beside lsns, on a machine with a crowd of processes and namespaces.
import { join } from "node:path";
import { openCrowd } from "#scripts/bench/crowd.ts";
import { NAMES } from "#scripts/bench/names.ts";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { summarize } from "#scripts/bench/stats.ts";
import { openStopwatch } from "#scripts/bench/stopwatch.ts";

// Seven namespaces a group: 300 and one.
const CROWD = { processes: 2000, groups: 43 };
const ROUNDS = 10;

export async function measureListing({ root }: BenchContext): Promise<Part> {
  const part = {
    name: "ls",
    title: `nsbox ls where there are ${CROWD.processes} processes and 301 namespaces`,
    explain: `${ROUNDS} times each, in turn.`,
    table: [],
    targets: [],
    data: null,
  };
  if (Bun.which("lsns") === null) return { ...part, notes: ["all of it: lsns is not installed"] };
  const crowd = await openCrowd(root, CROWD);
  if (typeof crowd === "string") return { ...part, notes: [`all of it: ${crowd}`] };
  await using _ = crowd;
  const names = [NAMES.ls, NAMES.lsns];
  // lsns fails where a process ends while it looks.
  const lsns = ["sh", "-c", "lsns || lsns || lsns"];
  const times = openStopwatch(root).time([{ command: [join(root, "dist/nsbox"), "ls"] }, { command: lsns }], ROUNDS);
  const rows = times.map((list, n) => ({ name: names[n] ?? "", ms: summarize(list.returned) }));
  const [ours, theirs] = rows.map(({ ms }) => ms.median);
  return {
    ...part,
    table: [
      ["", "median ms", "p10–p90"],
      ...rows.map(({ name, ms: { median, p10, p90 } }) => [
        name,
        median.toFixed(1),
        `${p10.toFixed(1)}–${p90.toFixed(1)}`,
      ]),
    ],
    notes: [],
    targets: [{ what: `${NAMES.ls} / ${NAMES.lsns}`, ratio: (ours ?? 0) / (theirs ?? Number.NaN), limit: 1 }],
    data: rows,
  };
}
