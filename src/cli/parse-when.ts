// A moment, as --since and --until take it.
import { usageError } from "#src/spec/grammar/usage-error.ts";
import { parseDuration } from "#src/spec/grammar/parse-number.ts";

/** "10m" ago, or a date: ms since 1970. A date without a zone is in the caller's. Throws NsboxError EUSAGE. */
export function parseWhen(flag: string, text: string, nowMs: number): number {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return nowMs - parseDuration(flag, text);
  // 2026-11-26, 2026-11-26T12:00, 2026-11-26T12:00:00.5Z; a date alone is its first moment here, not in Greenwich.
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  const [, date = "", time = "00:00", fraction = ".0", zone = ""] = match ?? [];
  const seconds = Date.parse(`${date}T${time}${zone}`);
  // To the nanosecond, as logs has them: or the very line whose time this is would be left out.
  if (!Number.isNaN(seconds)) return seconds + Number(fraction.slice(1).padEnd(9, "0")) / 1_000_000;
  throw usageError(flag, text, "it is no time", `write how long ago, such as 10m, or a date: 2026-01-31T12:00`);
}
