// A Diagnosis as text for people. Pure.
import type { Answer, Diagnosis, Finding } from "./finding.ts";

export interface TextOptions {
  readonly color: boolean;
  readonly width: number;
}

const COLORS: Readonly<Record<Answer, number>> = { yes: 32, no: 31, partly: 33, unknown: 36 };
const ANSWER_WIDTH = 7;

type Paint = (code: number, text: string) => string;

/** Groups of findings, then whether `run` works and what to do first. */
export function explainDiagnosis(
  { works, first, meanwhile, findings }: Diagnosis,
  { color, width }: TextOptions,
): string {
  const paint: Paint = (code, text) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const lines: string[] = [];
  for (const [group, rows] of Map.groupBy(findings, (finding) => finding.group)) {
    lines.push(paint(1, group), ...rows.flatMap((row) => findingLines(row, width, paint)), "");
  }
  const verdict = works ? "nsbox run works here." : "nsbox run does not work here with its defaults.";
  lines.push(paint(works ? 32 : 31, verdict));
  if (first !== undefined) lines.push(...wrap(`First: ${first}`, width));
  if (meanwhile !== undefined) lines.push(...wrap(`Meanwhile: ${meanwhile}`, width));
  return `${lines.join("\n")}\n`;
}

const NAME_WIDTH = 18;
const INDENT: number = 2 + ANSWER_WIDTH + 1 + NAME_WIDTH;
/** Further left than the evidence: a command to type should stand on one line. */
const REMEDY_INDENT = 6;

function findingLines(row: Finding, width: number, paint: Paint): readonly string[] {
  const start = `  ${paint(COLORS[row.answer], row.answer.padEnd(ANSWER_WIDTH))} ${row.name.padEnd(NAME_WIDTH)}`;
  const text = row.answer === "yes" ? row.evidence : `${row.evidence} (for ${row.enables})`;
  const [head = "", ...rest] = wrap(text, width - INDENT);
  const remedy = row.remedy === undefined ? [] : wrap(row.remedy, width - REMEDY_INDENT - 2);
  return [
    start + head,
    ...rest.map((line) => " ".repeat(INDENT) + line),
    ...remedy.map((line, n) => `${" ".repeat(REMEDY_INDENT)}${n === 0 ? "→ " : "  "}${paint(1, line)}`),
  ];
}

/** Lines of at most `width`, broken at spaces; a word that is longer stays whole, so that it can be copied. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}
