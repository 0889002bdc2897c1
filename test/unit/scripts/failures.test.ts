import { describe, expect, test } from "bun:test";
import { FailureLines } from "#scripts/failures.ts";

function failuresIn(output: string): readonly string[] {
  const told = new FailureLines();
  for (const line of output.split("\n")) told.take(line);
  return told.failures;
}

describe("FailureLines", () => {
  test("keeps what came between the last result and a failed one, with its name", () => {
    const output =
      "a.test.ts:\n(pass) x [1.00ms]\nerror: expected 1\n  at a.test.ts:4\n(fail) y > z [2.00ms]\n(pass) w\n";
    expect(failuresIn(output)).toEqual(["error: expected 1\n  at a.test.ts:4\n(fail) y > z [2.00ms]"]);
  });

  test("keeps each of several, and nothing of what passed, was skipped, or is of another file", () => {
    const output = "noise\n(pass) a\nnoise\n(skip) b\none\n(fail) c\nnoise\nb.test.ts:\ntwo\n(fail) d\nnoise\n 2 fail";
    expect(failuresIn(output)).toEqual(["one\n(fail) c", "two\n(fail) d"]);
  });

  test("does not take bun's own summary for failures", () => {
    expect(failuresIn("x\n(fail) a\n\n\n1 tests failed:\n(fail) a\n\n 1 fail")).toEqual(["x\n(fail) a"]);
    expect(failuresIn("x\n(fail) a\n\n2 tests skipped:\n(skip) b\n\n1 tests failed:\n(fail) a")).toEqual([
      "x\n(fail) a",
    ]);
  });

  test("has no colors", () => {
    expect(failuresIn("\u001b[31merror\u001b[0m: x\n\u001b[31m(fail)\u001b[0m a")).toEqual(["error: x\n(fail) a"]);
  });

  test("keeps the last lines of a test that prints without end", () => {
    const [failure = ""] = failuresIn(`${"line\n".repeat(1000)}the last\n(fail) a`);
    expect(failure.split("\n")).toHaveLength(41);
    expect(failure).toEndWith("line\nthe last\n(fail) a");
  });
});
