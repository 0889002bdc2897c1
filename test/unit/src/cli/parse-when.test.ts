import { describe, expect, test } from "bun:test";
import { parseWhen } from "#src/cli/parse-when.ts";

const NOW = Date.UTC(2026, 0, 31, 12);

describe("parseWhen()", () => {
  test.each([
    ["10m", NOW - 600_000],
    ["1.5h", NOW - 5_400_000],
    ["2026-01-31T12:00Z", NOW],
    ["2026-01-31 12:00:00Z", NOW],
    ["2026-01-31T13:00:00+01:00", NOW],
    ["2026-01-31T12:00:00.250000001Z", NOW + 250.000001],
    ["2026-01-31", new Date(2026, 0, 31).getTime()],
    ["2026-01-31T12:00", new Date(2026, 0, 31, 12).getTime()],
  ])("%s is that moment", (text, ms) => {
    expect(parseWhen("--since", text, NOW)).toBe(ms);
  });

  test.each(["", "yesterday", "10", "2026", "2026-13-01", "2026-01-31T25:00", "-5m"])("%j is none", (text) => {
    expect(() => parseWhen("--since", text, NOW)).toThrow(`Cannot parse --since ${JSON.stringify(text)}`);
  });
});
