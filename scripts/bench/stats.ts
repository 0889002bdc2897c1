// What many measured times come to. Pure.

/** Times of one contestant, in milliseconds. */
export interface Summary {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/** The value below which this part of the sorted numbers lies, between two of them where it falls there. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Median and spread of some times, in any order. */
export function summarize(times: readonly number[]): Summary {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), p10: quantile(sorted, 0.1), p90: quantile(sorted, 0.9) };
}

/** A ratio that must not be above its limit. */
export interface Target {
  readonly what: string;
  readonly ratio: number;
  /** None where the ratio is there to be compared with the one before it. */
  readonly limit?: number;
}

/** "nsbox / runc: 0.21 (≤ 0.40) ok", or MISS in place of ok. A ratio that is not a number is a MISS. */
export function explainTarget({ what, ratio, limit }: Target): string {
  if (limit === undefined) return `${what}: ${ratio.toFixed(2)} (no target)`;
  return `${what}: ${ratio.toFixed(2)} (≤ ${limit.toFixed(2)}) ${ratio <= limit ? "ok" : "MISS"}`;
}

/** Rows as lines with aligned columns: the first to the left, numbers to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}
