import { describe, expect, test } from "bun:test";
import { type JudgedGroup, judge } from "#scripts/test.ts";

const USER: JudgedGroup = { title: "user", files: ["test/user/a.test.ts"] };
const PASS = '<testcase name="x" classname="" file="test/user/a.test.ts" />';
const SKIP = '<testcase name="x" classname="" file="test/user/a.test.ts"><skipped /></testcase>';
const FAIL = '<testcase name="x" classname="" file="test/user/a.test.ts"><failure type="Error">x</failure></testcase>';
const xml = (body: string): string => `<testsuites name="bun test">${body}</testsuites>`;

describe("judge()", () => {
  test("has no problem with a group that passed", () => {
    const outcome = judge(USER, xml(PASS), "exit code 0");
    expect([outcome.passed, outcome.failed, outcome.problems]).toEqual([1, 0, []]);
  });

  test("does not count a failed test again for bun's exit code", () => {
    expect(judge(USER, xml(PASS + FAIL), "exit code 1").failed).toBe(1);
  });

  test.each([
    ["a bun that ended before its report", undefined, "signal SIGSEGV", "user: bun wrote no report (signal SIGSEGV)"],
    ["a bun that crashed after its report", xml(PASS), "signal SIGSEGV", "user: bun ended with signal SIGSEGV"],
    ["a group in which nothing ran", xml(SKIP), "exit code 0", "user: no test ran"],
    ["a file that threw while it was loaded", xml(""), "exit code 1", "user: test/user/a.test.ts gave no result"],
  ])("fails %s", (_, report, ending, problem) => {
    const outcome = judge(USER, report, ending);
    expect(outcome.problems).toContain(problem);
    expect(outcome.failed).toBe(outcome.problems.length);
  });
});
