// Groups → lines for a terminal or a pipe. Names that others chose are made harmless here, and nowhere else.
import { escapeText } from "./escape-text.ts";
import { type Block, gather, type Group, type Row } from "./groups/group.ts";

export interface TextOptions {
  readonly color: boolean;
  readonly width: number;
}

const INDENT = 2;
const GAP = 2;
/** A text that is wrapped gets at least this much, however narrow the terminal is. */
const LEAST = 16;
/** The last column of a table gets this much before others may be as wide as they like. */
const LAST_LEAST = 24;

export function renderGroups(groups: readonly Group[], options: TextOptions): string {
  return groups.map((group) => renderGroup(group, options).join("\n")).join("\n\n");
}

function renderGroup({ title, meaning, blocks }: Group, options: TextOptions): readonly string[] {
  const start = title.length + GAP;
  const meanings = wrapText(meaning, Math.max(options.width - start, LEAST)).map((line) => paint(line, DIM, options));
  const heading = meanings.map(
    (line, n) => `${n === 0 ? `${paint(title, BOLD, options)}  ` : " ".repeat(start)}${line}`,
  );
  let labelWidth = 0;
  for (const block of blocks)
    if (block.kind === "rows") for (const { label } of block.rows) labelWidth = Math.max(labelWidth, label.length);
  return [...heading, ...gather(blocks, (block) => renderBlock(block, labelWidth, options))];
}

function renderBlock(block: Block, labelWidth: number, options: TextOptions): readonly string[] {
  if (block.kind === "rows") return gather(block.rows, (row) => renderRow(row, labelWidth, options));
  return renderTable([block.head, ...block.rows], options);
}

/** A note stands behind its value where both fit in the line, else below it. */
function renderRow(row: Row, labelWidth: number, options: TextOptions): readonly string[] {
  const { label, value } = row;
  const note = noteText(row, options);
  const start = `${" ".repeat(INDENT)}${escapeText(label).padEnd(labelWidth)}${" ".repeat(GAP)}`;
  const room = Math.max(options.width - start.length, LEAST);
  const text = escapeText(value);
  const lines = wrapText(text, room);
  const [first = "", ...rest] = lines;
  if (note === "") return hang(start, lines);
  if (rest.length === 0 && first.length + GAP + note.length <= room)
    return [`${start}${first}${" ".repeat(GAP)}${paint(note, DIM, options)}`];
  return hang(start, [...lines, ...wrapText(note, room).map((line) => paint(line, DIM, options))]);
}

/** Where no colour sets it apart, brackets do. */
function noteText({ note = "" }: Row, { color }: TextOptions): string {
  return note === "" || color ? note : `(${note})`;
}

function hang(start: string, [first = "", ...rest]: readonly string[]): readonly string[] {
  return [start + first, ...rest.map((line) => " ".repeat(start.length) + line)];
}

/** Aligned columns; the last is wrapped within its own width. The first row is the head. */
function renderTable(table: readonly (readonly string[])[], options: TextOptions): readonly string[] {
  const cells = table.map((row) => row.map(escapeText));
  const columns = cells[0]?.length ?? 0;
  const widths: number[] = Array<number>(Math.max(columns - 1, 0)).fill(0);
  for (const row of cells) for (const n of widths.keys()) widths[n] = Math.max(widths[n] ?? 0, row[n]?.length ?? 0);
  fitColumns(widths, options.width - INDENT - GAP * (columns - 1) - LAST_LEAST);
  const start = INDENT + widths.reduce((sum, width) => sum + width + GAP, 0);
  return gather(cells, (row, n) => {
    const fixed = widths.map((width, column) => shorten(row[column] ?? "", width).padEnd(width) + " ".repeat(GAP));
    const last = wrapText(row.at(-1) ?? "", Math.max(options.width - start, LEAST));
    const lines = hang(" ".repeat(INDENT) + fixed.join(""), last).map((line) => line.trimEnd());
    return n === 0 ? lines.map((line) => paint(line, DIM, options)) : lines;
  });
}

/** Takes width from the widest column until all fit. */
function fitColumns(widths: number[], room: number): void {
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > room; sum--) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= LEAST / 2) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** The middle goes: of a path, both ends say most. */
function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${tail === 0 ? "" : text.slice(-tail)}`;
}

/** Lines of at most `width` where blanks and commas allow it; longer words are cut. */
export function wrapText(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const piece of text.split(/(?<=[ ,])/)) {
    if (line !== "" && (line + piece).trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
    for (; line.trimEnd().length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line.trimEnd()];
}

const BOLD = "1";
const DIM = "2";

function paint(text: string, code: string, { color }: TextOptions): string {
  return color && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text;
}
