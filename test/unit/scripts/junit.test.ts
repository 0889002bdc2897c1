import { describe, expect, test } from "bun:test";
import { explainTotals, parseJunit } from "#scripts/junit.ts";

const suites = (body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bun test">${body}</testsuites>`;
const attributes = (name: string, group = ""): string =>
  `name="${name}" classname="${group}" time="0.01" file="test/unit/a.test.ts" line="2" assertions="1"`;
const passing = `<testcase ${attributes("ok")} />`;
const failing = `<testcase ${attributes("bad")}>\n<failure type="AssertionError" message="a &gt; b">x</failure>\n</testcase>`;
const skipped = `<testcase ${attributes("idle [needs cc]", "inner &gt; outer")}>\n<skipped />\n</testcase>`;
const todo = `<testcase ${attributes("later &lt;&quot;&#10;")}><skipped message="TODO" /></testcase>`;

describe("parseJunit()", () => {
  test("counts each outcome once", () => {
    const report = parseJunit(suites(passing + failing + skipped + passing + todo));
    expect([report.passed, report.failed, report.skipped]).toEqual([2, 1, 2]);
  });

  test("names what failed", () => {
    expect(parseJunit(suites(passing + failing)).failedNames).toEqual(["bad"]);
  });

  test("names a skipped test with its groups, outermost first", () => {
    expect(parseJunit(suites(skipped)).skippedNames).toEqual(["outer > inner > idle [needs cc]"]);
  });

  test("marks a todo and takes XML's escapes off", () => {
    expect(parseJunit(suites(todo)).skippedNames).toEqual(['later <"\n [todo]']);
  });

  test("does not take a failure for that of the test before it", () => {
    expect(parseJunit(suites(passing + failing)).passed).toBe(1);
  });

  test("lists the test files once each", () => {
    expect(parseJunit(suites(passing + failing)).files).toEqual(["test/unit/a.test.ts"]);
  });

  test("counts nothing in an empty report", () => {
    const none = { passed: 0, failed: 0, skipped: 0, failedNames: [], skippedNames: [], files: [] };
    expect(parseJunit(suites(""))).toEqual(none);
  });

  test("refuses a report that a crash cut off", () => {
    expect(() => parseJunit(`<testsuites>${passing}`)).toThrow("Cannot read the test report: it does not end");
  });
});

describe("explainTotals()", () => {
  test("is silent about skipped tests when there are none", () => {
    expect(explainTotals({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
  });

  test("ends with the skipped tests", () => {
    expect(explainTotals({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
  });
});
