// Rows of `ls` → a table or JSON. Pure.
import { escapeText } from "./escape-text.ts";
import type { Cell, Column, NamespaceRow } from "./ls-columns.ts";

function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  return typeof cell === "object" ? cell.join(",") : String(cell);
}

/** Aligned columns under their names; lines longer than `width` are cut. */
export function explainRows(
  rows: readonly NamespaceRow[],
  columns: readonly Column[],
  width: number | undefined,
): string {
  const texts = columns.map((column) =>
    rows.map((row) => escapeText(column.text?.(row) ?? cellText(column.value(row)))),
  );
  const widths = columns.map(({ name }, at) => Math.max(name.length, ...(texts[at] ?? []).map((text) => text.length)));
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, at) =>
      columns[at]?.align === "right" ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
    );
    const whole = padded.join(" ").trimEnd();
    return width !== undefined && whole.length > width ? `${whole.slice(0, width - 1)}…` : whole;
  };
  const lines = [columns.map(({ name }) => name), ...rows.map((_, at) => texts.map((column) => column[at] ?? ""))];
  return `${lines.map(line).join("\n")}\n`;
}

/** As lsns --json has it, with notes: what could not be seen. */
export function rowsJson(rows: readonly NamespaceRow[], columns: readonly Column[], notes: readonly string[]): string {
  const namespaces = rows.map((row) =>
    Object.fromEntries(columns.map((column) => [column.name.toLowerCase(), column.value(row)])),
  );
  return `${JSON.stringify({ namespaces, notes }, null, 2)}\n`;
}
