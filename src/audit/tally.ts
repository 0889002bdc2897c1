// How often what was refused. A box can be refused things for ever: what is kept, and what is written, is bounded.
import type { Refusal } from "./refusal.ts";

/** Lines written for each call or host; beyond that they are counted only. */
export const LINES_EACH = 1000;
/** Calls and hosts told apart; beyond that they are counted together. */
const ROWS_MAX = 500;

/** One call or host that was refused. */
export interface TallyRow {
  readonly kind: Refusal["kind"];
  /** "keyctl", or "example.org:443". */
  readonly what: string;
  /** EPERM and the like, or why the host was not reached. */
  readonly answer: string;
  /** Names that the callers had: the first few. */
  readonly commands: readonly string[];
  readonly count: number;
}

interface Row extends TallyRow {
  commands: string[];
  count: number;
}

const COMMANDS_MAX = 4;
const OTHERS = "others";

/** Counts refusals. */
export class Tally {
  readonly #rows: Map<string, Row> = new Map();

  /** Whether this one is to be written down, too. */
  add(refusal: Refusal): boolean {
    const { kind } = refusal;
    const what = kind === "syscall" ? refusal.syscall : `${refusal.host}:${refusal.port}`;
    const answer = kind === "syscall" ? refusal.errno : refusal.reason;
    const row = this.#row(kind, what, kind === "syscall" ? answer : "refused");
    row.count++;
    const command = refusal.process?.command;
    if (command !== undefined && row.commands.length < COMMANDS_MAX && !row.commands.includes(command))
      row.commands.push(command);
    return row.count <= LINES_EACH;
  }

  #row(kind: Refusal["kind"], what: string, answer: string): Row {
    const isFull = this.#rows.size >= ROWS_MAX;
    const key = `${kind} ${answer} ${what}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (isFull && what !== OTHERS) return this.#row(kind, OTHERS, answer);
    const row: Row = { kind, what, answer, commands: [], count: 0 };
    this.#rows.set(key, row);
    return row;
  }

  /** What was refused most comes first. */
  get rows(): readonly TallyRow[] {
    return [...this.#rows.values()].toSorted((a, b) => b.count - a.count);
  }
}

/** The summary for people; `shown` makes names harmless for a terminal. */
export function explainTally(rows: readonly TallyRow[], shown: (text: string) => string): string {
  if (rows.length === 0) return "nsbox: Nothing was refused to the box\n";
  const total = (kind: TallyRow["kind"]): number =>
    rows.reduce((sum, row) => sum + (row.kind === kind ? row.count : 0), 0);
  const parts = [
    ...(total("syscall") > 0 ? [counted(total("syscall"), "system call")] : []),
    ...(total("host") > 0 ? [counted(total("host"), "connection")] : []),
  ];
  const width = Math.max(...rows.map(({ what }) => shown(what).length));
  const lines = rows.map(({ what, answer, count, commands }) => {
    const by = commands.length === 0 ? "" : `  by ${commands.map(shown).join(", ")}`;
    return `  ${shown(what).padEnd(width)}  ${answer.padEnd(7)} ${String(count).padStart(5)}${by}\n`;
  });
  return `nsbox: The box was refused ${parts.join(" and ")}\n${lines.join("")}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
