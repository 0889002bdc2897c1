import { describe, expect, test } from "bun:test";
import { parseDuration, parseOctal, parseSeconds, parseSize, parseWhole } from "#src/spec/grammar/parse-number.ts";

const size = (text: string): number => parseSize("--x", text);
const duration = (text: string): number => parseDuration("--x", text);
const seconds = (text: string): number => parseSeconds("--x", text);
const umask = (text: string): number => parseOctal("--x", text, 0o777);
const fd = (text: string): number => parseWhole("--x", text, [3, 699]);

describe("numbers", () => {
  test.each([
    [size, "1", 1],
    [size, "1b", 1],
    [size, "2k", 2048],
    [size, "64M", 64 * 2 ** 20],
    [size, "1g", 2 ** 30],
    [size, "1t", 2 ** 40],
    [duration, "500ms", 500],
    [duration, "30", 30_000],
    [duration, "0.5s", 500],
    [duration, "5m", 300_000],
    [duration, "1h", 3_600_000],
    [duration, "1d", 86_400_000],
    [seconds, "-86400", -86400],
    [seconds, "0", 0],
    [umask, "022", 0o22],
    [umask, "777", 0o777],
    [fd, "3", 3],
    [fd, "699", 699],
  ])("%p takes %j", (parse, text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  test.each([
    [size, ["", "0", "-1", "1.5m", "1kb", "64 m", "k", "9999999999t"], "it is not a size"],
    [duration, ["", "0", "0s", "0.4ms", "-1s", "1w", "s", "1 s", "1e3"], "it is not a time above 0"],
    [seconds, ["", "1.5", "+1", "x", "12345678901"], "it is not a whole number of seconds"],
    [umask, ["", "8", "0o22", "1000", "-1"], "it is not a file mode"],
    [fd, ["", "2", "700", "3.0", "x", "-3"], "it is not such a number"],
  ])("%p refuses %j", (parse, texts, why) => {
    for (const text of texts) expect(() => parse(text)).toThrow(`Cannot parse --x ${JSON.stringify(text)}: ${why}`);
  });
});
