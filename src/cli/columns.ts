// Plain aligned columns, for terminals and pipes alike. Pure.

/** Each column as wide as its longest cell; the last one is cut where the line would be longer than `width`. */
export function alignColumns(rows: readonly (readonly string[])[], width: number | undefined): string {
  const widths: number[] = [];
  for (const row of rows) for (const [n, cell] of row.entries()) widths[n] = Math.max(widths[n] ?? 0, cell.length);
  return rows
    .map((row) => {
      const cells = row.map((cell, n) => (n === row.length - 1 ? cell : cell.padEnd(widths[n] ?? 0)));
      const line = cells.join("  ").trimEnd();
      return width === undefined || line.length <= width ? line : `${line.slice(0, width - 1)}…`;
    })
    .join("\n");
}
