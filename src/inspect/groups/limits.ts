// Resource limits, see getrlimit(2) and proc_pid_limits(5).
import { parseLines } from "../proc-text.ts";
import { explainBytes, type Group, type Readable, shownBlocks, table } from "./group.ts";

export interface Limit {
  /** The kernel's words: "open files". */
  readonly name: string;
  /** Undefined is no limit. */
  readonly soft: number | undefined;
  readonly hard: number | undefined;
  /** "bytes", "files", …; "" where a number is just that. */
  readonly unit: string;
}

/** Where the columns of /proc/PID/limits begin. KERNEL: fixed in proc_pid_limits(). */
const COLUMNS = { name: 4, soft: 26, hard: 47, unit: 68 } as const;

/** Rows of the file, each of which begins with "Max ". */
export function parseLimits(text: string): readonly Limit[] {
  return parseLines(text, (line) => {
    if (!line.startsWith("Max ")) return undefined;
    const cell = (from: number, to?: number): string => line.slice(from, to).trim();
    const [soft, hard] = [cell(COLUMNS.soft, COLUMNS.hard), cell(COLUMNS.hard, COLUMNS.unit)];
    if (!isLimit(soft) || !isLimit(hard)) return undefined;
    const name = cell(COLUMNS.name, COLUMNS.soft);
    return { name, soft: limitOf(soft), hard: limitOf(hard), unit: cell(COLUMNS.unit) };
  });
}

function isLimit(text: string): boolean {
  return text === "unlimited" || (text !== "" && Number(text) >= 0);
}

function limitOf(text: string): number | undefined {
  return text === "unlimited" ? undefined : Number(text);
}

export function explainLimits(limits: Readable<readonly Limit[]>): Group {
  return {
    title: "Limits",
    meaning: "of the process alone (rlimits): the soft one holds, and it may raise that up to the hard one",
    blocks: shownBlocks(limits, "limits", (list) => {
      const set: (readonly string[])[] = [];
      const rest: string[] = [];
      for (const { name, soft, hard, unit } of list)
        if (soft === undefined && hard === undefined) rest.push(name);
        else set.push([name, explainLimit(soft, unit), explainLimit(hard, unit)]);
      return [
        ...table(["of", "soft", "hard"], set),
        ...(rest.length === 0
          ? []
          : [{ kind: "rows" as const, rows: [{ label: "unlimited", value: rest.join(", ") }] }]),
      ];
    }),
  };
}

function explainLimit(limit: number | undefined, unit: string): string {
  if (limit === undefined) return "none";
  return unit === "bytes" ? explainBytes(limit) : `${limit}${unit === "us" ? " µs" : ""}`;
}
