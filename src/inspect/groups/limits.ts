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

/** Rows of the file; its columns are as wide as the head says. */
export function parseLimits(text: string): readonly Limit[] {
  return parseLines(text, (line) => {
    const match = /^Max ([a-z ]+?) +(unlimited|\d{1,20}) +(unlimited|\d{1,20}) +([a-z]*) *$/.exec(line);
    if (match === null) return undefined;
    const [, name = "", soft = "", hard = "", unit = ""] = match;
    return { name, soft: limitOf(soft), hard: limitOf(hard), unit };
  });
}

function limitOf(text: string): number | undefined {
  return text === "unlimited" ? undefined : Number(text);
}

export function explainLimits(limits: Readable<readonly Limit[]>): Group {
  return {
    title: "Limits",
    meaning: "of the process alone (rlimits): the soft one holds, and it may raise that up to the hard one",
    blocks: shownBlocks(limits, "limits", (list) => {
      const set = list.filter(({ soft, hard }) => soft !== undefined || hard !== undefined);
      const rest = list.filter((limit) => !set.includes(limit)).map(({ name }) => name);
      return [
        ...table(
          ["of", "soft", "hard"],
          set.map((limit) => [limit.name, explainLimit(limit.soft, limit.unit), explainLimit(limit.hard, limit.unit)]),
        ),
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
