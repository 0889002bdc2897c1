// Whole numbers, sizes, durations, file modes.
import { usageError } from "./usage-error.ts";

/** A whole number from `min` to `max`. */
export function parseWhole(flag: string, text: string, [min, max]: readonly [number, number]): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw usageError(flag, text, "it is not such a number", `give a whole number from ${min} to ${max}`);
}

/** A number as in proc_pid_oom_score_adj(5). */
export function parseOomScore(flag: string, text: string): number {
  const value = /^-?\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= -1000 && value <= 1000) return value;
  throw usageError(flag, text, "it is not such a number", "give a whole number from -1000 (never) to 1000 (first)");
}

/** A whole number of seconds, of either sign. */
export function parseSeconds(flag: string, text: string): number {
  if (/^-?\d{1,10}$/.test(text)) return Number(text);
  throw usageError(flag, text, "it is not a whole number of seconds", `write for example ${flag} 86400`);
}

const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** "64m" → bytes. */
export function parseSize(flag: string, text: string): number {
  const match = /^(\d{1,12})([bkmgt]?)$/.exec(text.toLowerCase());
  const bytes = Number(match?.[1]) * (SIZE_UNITS[match?.[2] ?? ""] ?? 1);
  if (match !== null && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw usageError(flag, text, "it is not a size", "write bytes, or a number with k, m, g or t: 64m");
}

const TIME_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  "": 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** "500ms", "30s", "5m", "1h", "1d" → milliseconds; a bare number is seconds. */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(text);
  const value = Math.round(Number(match?.[1]) * (TIME_UNITS[match?.[2] ?? ""] ?? 1));
  if (match !== null && value > 0) return value;
  throw usageError(flag, text, "it is not a time above 0", "write a number with ms, s, m, h or d: 30s");
}

/** "022" → 0o22. */
export function parseOctal(flag: string, text: string, max: number): number {
  const value = /^[0-7]{1,5}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if (value <= max) return value;
  throw usageError(flag, text, "it is not a file mode", `write an octal number up to ${max.toString(8)}: 022`);
}
