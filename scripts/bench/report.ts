// What the bench has found, as text for people. Pure.
import type { Part } from "#scripts/bench/part.ts";
import { alignColumns, explainTarget, type Target } from "#scripts/bench/stats.ts";

/** The machine, as far as figures depend on it, and no further: nothing here names one. */
export interface Machine {
  readonly kernel: string;
  readonly arch: string;
  readonly processors: number;
  readonly memoryGb: number;
  readonly virtual: boolean;
  readonly root: boolean;
  /** Processes that wanted to run before the bench began. */
  readonly load: number;
}

export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly parts: readonly Part[];
}

/** One line. */
export function explainMachine({ kernel, arch, processors, memoryGb, virtual, root, load }: Machine): string {
  const busy = load > processors / 2 ? `, busy with other work too (a load of ${load.toFixed(1)})` : "";
  const kind = virtual ? "a virtual machine" : "a machine";
  const who = root ? "root" : "an ordinary user";
  return `${kind} with ${processors} processors (${arch}) and ${memoryGb} GB, Linux ${kernel}, as ${who}${busy}`;
}

/** A part for a terminal. */
export function explainPart({ title, explain, table, remarks = [], notes }: Part): string {
  const lines = [title, ...[explain, ...alignColumns(table), ...remarks].map((line) => `  ${line}`)];
  return [...lines, ...notes.map((note) => `  left out: ${note}`), ""].join("\n");
}

/** Every target, met or missed. */
export function explainTargets(targets: readonly Target[]): string {
  return targets.map(explainTarget).join("\n");
}

const escapeCell = (cell: string): string => cell.replaceAll("|", "\\|");

function markdownTable(rows: readonly (readonly string[])[]): readonly string[] {
  const [head = [], ...rest] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(" | ")} |`;
  const rule = head.map((_, n) => (n === 0 ? "---" : "---:"));
  return [line(head), `| ${rule.join(" | ")} |`, ...rest.map(line)];
}

function targetRow({ what, ratio, limit }: Target): readonly string[] {
  if (limit === undefined) return [what, ratio.toFixed(2), "none", ""];
  return [what, ratio.toFixed(2), `≤ ${limit.toFixed(2)}`, ratio <= limit ? "met" : "missed"];
}

/** The whole report as Markdown; `chart` is the path of a picture. */
export function markdownReport({ machine, parts }: Report, chart: string): string {
  const targets = parts.flatMap((part) => part.targets);
  return [
    "# Figures",
    "",
    `Measured in one run on ${explainMachine(machine)}, by \`npm run bench -- --report docs\`. Times differ from machine to`,
    "machine: it is the ratios that mean something. A spread is from the 10th to the 90th percentile.",
    "",
    `![what was measured, as bars](${chart})`,
    "",
    ...parts.flatMap(({ title, explain, table, remarks = [], notes }) => [
      `## ${title}`,
      "",
      explain,
      "",
      ...markdownTable(table),
      "",
      ...remarks.flatMap((remark) => [remark, ""]),
      ...notes.flatMap((note) => [`Left out: ${note}.`, ""]),
    ]),
    "## Targets",
    "",
    ...markdownTable([["", "ratio", "target", ""], ...targets.map(targetRow)]),
    "",
  ].join("\n");
}
