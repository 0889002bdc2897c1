// Groups → lines for a terminal or a pipe. Names that others chose are made harmless here, and nowhere else.
import { escapeText, escapeTexts } from "./escape-text.ts";
import type { Block, Group, Row } from "./groups/group.ts";
import { gather, mapList } from "./groups/lists.ts";

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
  return mapList(groups, (group) => renderGroup(group, options).join("\n")).join("\n\n");
}

function renderGroup({ title, meaning, blocks }: Group, options: TextOptions): readonly string[] {
  const start = title.length + GAP;
  const lines: string[] = [];
  for (const line of wrapText(meaning, Math.max(options.width - start, LEAST))) {
    const head = lines.length === 0 ? `${paint(title, BOLD, options)}  ` : " ".repeat(start);
    lines.push(head + paint(line, DIM, options));
  }
  let labelWidth = 0;
  for (const block of blocks)
    if (block.kind === "rows") for (const { label } of block.rows) labelWidth = Math.max(labelWidth, label.length);
  for (const block of blocks) lines.push(...renderBlock(block, labelWidth, options));
  return lines;
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
  if (note === "") return hang(start, lines);
  const first = lines[0] ?? "";
  if (lines.length === 1 && first.length + GAP + note.length <= room)
    return [`${start}${first}${" ".repeat(GAP)}${paint(note, DIM, options)}`];
  return hang(start, [...lines, ...mapList(wrapText(note, room), (line) => paint(line, DIM, options))]);
}

/** Where no colour sets it apart, brackets do. */
function noteText({ note = "" }: Row, { color }: TextOptions): string {
  return note === "" || color ? note : `(${note})`;
}

function hang(start: string, texts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const text of texts) lines.push((lines.length === 0 ? start : " ".repeat(start.length)) + text);
  return lines;
}

/** Aligned columns; the last is wrapped within its own width. The first row is the head. */
function renderTable(table: readonly (readonly string[])[], options: TextOptions): readonly string[] {
  const last = (table[0]?.length ?? 1) - 1;
  const cells = mapList(table, escapeTexts);
  const widths = columnWidths(cells, last);
  fitColumns(widths, options.width - INDENT - GAP * last - LAST_LEAST);
  const room = Math.max(options.width - INDENT - sum(widths) - GAP * last, LEAST);
  const lines: string[] = [];
  for (const row of cells) {
    let fixed = " ".repeat(INDENT);
    for (let n = 0; n < last; n++) fixed += shorten(row[n] ?? "", widths[n] ?? 0).padEnd((widths[n] ?? 0) + GAP);
    const isHead = lines.length === 0;
    for (const line of hang(fixed, wrapText(row[last] ?? "", room)))
      lines.push(isHead ? paint(line.trimEnd(), DIM, options) : line.trimEnd());
  }
  return lines;
}

/** Of the first so many columns what the widest cell takes. */
function columnWidths(cells: readonly (readonly string[])[], count: number): number[] {
  const widths: number[] = [];
  for (let n = 0; n < count; n++) {
    let width = 0;
    for (const row of cells) width = Math.max(width, row[n]?.length ?? 0);
    widths.push(width);
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** Takes width from the widest column until all fit. */
function fitColumns(widths: number[], room: number): void {
  for (let total = sum(widths); total > room; total--) {
    let widest = 0;
    for (let n = 1; n < widths.length; n++) if ((widths[n] ?? 0) > (widths[widest] ?? 0)) widest = n;
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
  for (let from = 0; from < text.length;) {
    const end = pieceEnd(text, from);
    const piece = text.slice(from, end);
    from = end;
    if (line !== "" && (line + piece).trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
    for (; line.trimEnd().length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line.trimEnd()];
}

/** Behind the next blank or comma. */
function pieceEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && text[end] !== " " && text[end] !== ",") end++;
  return end + 1;
}

const BOLD = "1";
const DIM = "2";

function paint(text: string, code: string, { color }: TextOptions): string {
  return color && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text;
}
