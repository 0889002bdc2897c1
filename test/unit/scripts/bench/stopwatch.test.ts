import { describe, expect, test } from "bun:test";
import { stopwatchWords } from "#scripts/bench/stopwatch.ts";

describe("stopwatchWords()", () => {
  test("are a command's own where nothing else is said", () => {
    expect(stopwatchWords({ command: ["sh", "-c", "true"] })).toEqual(["sh", "-c", "true"]);
  });

  test("have the file that it makes first, and then its variables", () => {
    expect(stopwatchWords({ command: ["/a", "b=c"], env: { X: "1", Y: "a=b" }, made: "/tmp/made" })).toEqual([
      ...["--made=/tmp/made", "X=1", "Y=a=b"],
      ...["/a", "b=c"],
    ]);
  });
});
