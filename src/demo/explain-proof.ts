// A proof as text: the statement, the calls made, what was seen inside beside outside, the verdict. Pure.
import type { ExplainedStep } from "#src/plan/explain-plan.ts";
import type { Demo, Proof, Sight, Verdict } from "./proof.ts";

export interface TextOptions {
  readonly color: boolean;
  readonly width: number;
}

/** What a look's box was made of. */
export interface ShownPlan {
  readonly look: string;
  readonly steps: readonly ExplainedStep[];
}

type Style = "bold" | "dim" | "green" | "red" | "yellow" | "cyan";
const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, green: 32, red: 31, yellow: 33, cyan: 36 };

function paint(style: Style, text: string, { color }: TextOptions): string {
  return color ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
}

/** Above the proofs of a kind. */
export function explainHead({ kind, meaning, manual }: Demo, options: TextOptions): string {
  const gap = kind.length + meaning.length + manual.length + 5 > options.width ? "\n  " : " ";
  return `${paint("bold", kind, options)}: ${meaning}${gap}${paint("dim", `(${manual})`, options)}\n`;
}

/** Steps that every box needs and no proof is about: order, streams, signals, exec. */
const UNSHOWN: readonly string[] = [
  ...["parent-death", "not-dumpable", "wait", "signal", "streams", "signals", "close-files", "exec"],
];

/** The steps that are worth a look, in the order of time, without those that `before` has shown. */
export function shownSteps(
  steps: readonly ExplainedStep[],
  before: readonly ExplainedStep[],
): readonly ExplainedStep[] {
  const known = new Set(before.map(({ explain }) => explain));
  const shown = steps.filter(
    ({ kind, explain }) => kind === "join" || (!UNSHOWN.includes(kind) && !known.has(explain)),
  );
  // A helper joins before it clones the box.
  return [...shown.filter(({ kind }) => kind === "join"), ...shown.filter(({ kind }) => kind !== "join")];
}

/** The statement, and the calls with which each box was made, without those of the proof before. */
export function explainCalls(
  proof: Proof,
  plans: readonly ShownPlan[],
  options: TextOptions,
  earlier: readonly ShownPlan[] = [],
): string {
  const lines = wrapText(proof.statement, options.width).map((line) => paint("bold", line, options));
  const before = earlier.flatMap(({ steps }) => steps);
  for (const { look, steps } of plans) {
    const shown = shownSteps(steps, before);
    before.push(...steps);
    if (shown.length === 0) lines.push(`  ${paint("cyan", look, options)}: made in the way shown`);
    else lines.push(`  ${paint("cyan", look, options)}`);
    for (const step of shown) lines.push(...stepLines(step, options));
  }
  return `${lines.join("\n")}\n`;
}

/** A step of more calls than this is one call again and again. */
const CALLS_MAX = 8;
const CALLS_SHOWN = 3;

function stepLines({ explain, calls }: ExplainedStep, options: TextOptions): readonly string[] {
  const text = wrapText(explain, options.width - 6).map((line, n) => `${n === 0 ? "    " : "      "}${line}`);
  const few = calls.length <= CALLS_MAX ? calls : calls.slice(0, CALLS_SHOWN);
  const made = few.flatMap((call) =>
    wrapText(call, options.width - 8).map((line, n) => (n === 0 ? line : `  ${line}`)),
  );
  const more = calls.length === few.length ? [] : [`… and ${calls.length - few.length} more of these`];
  return [...text, ...[...made, ...more].map((line) => paint("dim", `      ${line}`, options))];
}

const COLUMNS_MAX = 3;
const GAP = " │ ";

/** What every look saw, side by side. */
export function explainSights(sights: readonly Sight[], options: TextOptions): string {
  const rows: string[] = [];
  // Four are two and two.
  const across = sights.length === 4 ? 2 : Math.min(sights.length, COLUMNS_MAX);
  for (let at = 0; at < sights.length; at += across) rows.push(...besides(sights.slice(at, at + across), options));
  return rows.length === 0 ? "" : `${rows.join("\n")}\n`;
}

interface Cell {
  readonly text: string;
  readonly style: Style | undefined;
}

function besides(sights: readonly Sight[], options: TextOptions): readonly string[] {
  const width = Math.floor((options.width - 2 - GAP.length * (sights.length - 1)) / sights.length);
  const columns = sights.map((sight) => cells(sight, width));
  const height = Math.max(...columns.map((column) => column.length));
  return Array.from({ length: height }, (_, row) => {
    const line = columns.map((column) => {
      const { text, style } = column[row] ?? { text: "", style: undefined };
      const padded = text.padEnd(width);
      return style === undefined ? padded : paint(style, padded, options);
    });
    return `  ${line.join(paint("dim", GAP, options))}`.trimEnd();
  });
}

function cells({ name, command, answer }: Sight, width: number): readonly Cell[] {
  const prompt = command
    .split("\n")
    .flatMap((line) => wrapText(line, width - 2).map((part, n) => `${n === 0 ? "$ " : "  "}${part}`));
  return [
    ...wrapText(name, width).map((text): Cell => ({ text, style: "cyan" })),
    ...prompt.map((text): Cell => ({ text, style: "dim" })),
    ...answer.split("\n").flatMap((line) => wrapText(line, width).map((text): Cell => ({ text, style: undefined }))),
  ];
}

const VERDICTS: Readonly<Record<Verdict["kind"], Style>> = {
  proved: "green",
  "not proved": "red",
  "not shown": "yellow",
};

/** One line, and a hint where there is one. */
export function explainVerdict(verdict: Verdict, options: TextOptions): string {
  const word = paint(VERDICTS[verdict.kind], verdict.kind, options);
  if (verdict.kind === "proved") return `  ${word}\n`;
  const [first = "", ...rest] = wrapText(verdict.why, options.width - 2 - verdict.kind.length - 2);
  const hint =
    verdict.kind === "not proved" && verdict.hint !== undefined ? wrapText(verdict.hint, options.width - 8) : [];
  const lines = [
    ...rest.map((line) => `    ${line}`),
    ...hint.map((line, n) => (n === 0 ? `  hint  ${line}` : `        ${line}`)),
  ];
  return `  ${word}: ${[first, ...lines].join("\n")}\n`;
}

/** Where all demos are played: a line each. */
export function explainShort({ statement }: Proof, verdict: Verdict, options: TextOptions): string {
  const [first = "", ...rest] = wrapText(statement, options.width - 4);
  const mark = { proved: "✓", "not proved": "✗", "not shown": "–" }[verdict.kind];
  const lines = [`  ${paint(VERDICTS[verdict.kind], mark, options)} ${first}`, ...rest.map((line) => `    ${line}`)];
  return `${lines.join("\n")}\n${verdict.kind === "proved" ? "" : explainVerdict(verdict, options)}`;
}

/** Lines of at most `width`, broken at spaces where there are some; else behind a sign, or anywhere. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.replaceAll("\t", " ").split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
    while (line.length > width) {
      const sign = Math.max(line.lastIndexOf("|", width - 1), line.lastIndexOf("/", width - 1));
      const end = sign > 0 ? sign + 1 : width;
      lines.push(line.slice(0, end));
      line = line.slice(end);
    }
  }
  return [...lines, line];
}
