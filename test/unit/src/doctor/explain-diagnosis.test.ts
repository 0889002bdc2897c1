import { describe, expect, test } from "bun:test";
import { explainDiagnosis, wrap } from "#src/doctor/explain-diagnosis.ts";
import type { Diagnosis } from "#src/doctor/finding.ts";

const DIAGNOSIS: Diagnosis = {
  works: false,
  first: "sysctl a=1",
  meanwhile: "that works",
  findings: [
    { name: "good", group: "One", enables: "this", answer: "yes", evidence: "it is there" },
    { name: "bad", group: "One", enables: "that", answer: "no", evidence: "it is 0", remedy: "sysctl a=1" },
    { name: "other", group: "Two", enables: "those", answer: "unknown", evidence: "not tried" },
  ],
};

describe("explainDiagnosis()", () => {
  test("groups findings, with what rests on those that do not hold and what to do", () => {
    expect(explainDiagnosis(DIAGNOSIS, { color: false, width: 80 })).toBe(`One
  yes     good              it is there
  no      bad               it is 0 (for that)
      → sysctl a=1

Two
  unknown other             not tried (for those)

nsbox run does not work here with its defaults.
First: sysctl a=1
Meanwhile: that works
`);
  });

  test("says in one line that all is well", () => {
    const text = explainDiagnosis(
      { works: true, first: undefined, meanwhile: undefined, findings: [] },
      { color: false, width: 80 },
    );
    expect(text).toBe("nsbox run works here.\n");
  });

  test("colours nothing but what it is told to, and the same text", () => {
    const colored = explainDiagnosis(DIAGNOSIS, { color: true, width: 80 });
    expect(colored).toContain("\x1b[31mno");
    expect(Bun.stripANSI(colored)).toBe(explainDiagnosis(DIAGNOSIS, { color: false, width: 80 }));
  });

  test("keeps to the width", () => {
    const evidence = "word ".repeat(60).trim();
    const text = explainDiagnosis(
      { ...DIAGNOSIS, findings: [{ name: "x", group: "G", enables: "y", answer: "no", evidence, remedy: evidence }] },
      { color: false, width: 60 },
    );
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

test("wrap() leaves a word that is too long whole", () => {
  expect(wrap("a bbbbbbbbbb c", 5)).toEqual(["a", "bbbbbbbbbb", "c"]);
});
