import { describe, expect, test } from "bun:test";
import {
  explainCalls,
  explainHead,
  explainShort,
  explainSights,
  explainVerdict,
  shownSteps,
  wrapText,
} from "#src/demo/explain-proof.ts";
import type { Demo, Proof, Sight } from "#src/demo/proof.ts";
import type { ExplainedStep } from "#src/plan/explain-plan.ts";

const PLAIN = { color: false, width: 80 } as const;
const PROOF: Proof = { statement: "It is so.", looks: [], checks: [] };
const NO_DEMO: Demo = { kind: "uts", meaning: "names", manual: "uts_namespaces(7)", run: "", proofs: [] };

const sight = (name: string, answer: string): Sight => ({ name, command: "uname -n", answer, pid: undefined });
const step = (
  kind: string,
  explain: string,
  calls: readonly string[] = [],
  process: ExplainedStep["process"] = "setup",
) => ({ process, index: 0, phase: "ids", kind, explain, calls }) satisfies ExplainedStep;

describe("explainSights()", () => {
  test("stands two looks side by side", () => {
    expect(explainSights([sight("inside", "alpha"), sight("outside", "host\nmore")], PLAIN)).toBe(
      [
        "  inside                                │ outside",
        "  $ uname -n                            │ $ uname -n",
        "  alpha                                 │ host",
        "                                        │ more",
        "",
      ].join("\n"),
    );
  });

  test.each([1, 2, 3, 4, 5])("keeps %i looks within the width, whatever they saw", (count) => {
    const sights = Array.from({ length: count }, (_, n) => sight(`look ${n}`, "x".repeat(200)));
    const text = explainSights(sights, PLAIN);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text.match(/x/g)?.length).toBe(200 * count);
  });
});

describe("explainCalls()", () => {
  const clone = step("clone", "make the process", ["clone3(…)"]);
  const name = step("hostname", "set the name", ["sethostname(…)"]);

  test("shows the statement, each step and its calls", () => {
    expect(explainCalls(PROOF, [{ look: "inside", steps: [clone, name, step("exec", "run sh")] }], PLAIN)).toBe(
      "It is so.\n  inside\n    make the process\n      clone3(…)\n    set the name\n      sethostname(…)\n",
    );
  });

  test("shows of a second box what is new in it", () => {
    const text = explainCalls(
      PROOF,
      [
        { look: "a", steps: [clone] },
        { look: "b", steps: [clone, name] },
        { look: "c", steps: [clone] },
      ],
      PLAIN,
    );
    expect(text).toContain("  b\n    set the name\n");
    expect(text).toContain("  c: made in the way shown\n");
  });

  test("shows one call of many alike, and how many more there are", () => {
    const text = explainCalls(
      PROOF,
      [{ look: "a", steps: [step("bounding", "drop", Array<string>(20).fill("prctl()"))] }],
      PLAIN,
    );
    expect(text.match(/prctl\(\)/g)?.length).toBe(3);
    expect(text).toContain("… and 17 more of these");
  });

  test("shows what a helper joins before what it clones", () => {
    const join = step("join", "enter it", [], "join");
    expect(shownSteps([clone, join], []).map(({ explain }) => explain)).toEqual(["enter it", "make the process"]);
    expect(shownSteps([join], [join])).toEqual([join]);
  });
});

describe("a verdict", () => {
  test("says why, and what to do", () => {
    expect(explainVerdict({ kind: "proved" }, PLAIN)).toBe("  proved\n");
    expect(explainVerdict({ kind: "not shown", why: "perl: not installed" }, PLAIN)).toBe(
      "  not shown: perl: not installed\n",
    );
    expect(explainVerdict({ kind: "not proved", why: "EPERM", hint: "type this" }, PLAIN)).toBe(
      "  not proved: EPERM\n  hint  type this\n",
    );
  });

  test("stands in one line where all is well", () => {
    expect(explainShort(PROOF, { kind: "proved" }, PLAIN)).toBe("  ✓ It is so.\n");
    expect(explainShort(PROOF, { kind: "not proved", why: "no", hint: undefined }, PLAIN)).toBe(
      "  ✗ It is so.\n  not proved: no\n",
    );
  });
});

test("explainHead() breaks before the manual page where the line is too long", () => {
  expect(explainHead(NO_DEMO, PLAIN)).toBe("uts: names (uts_namespaces(7))\n");
  expect(explainHead({ ...NO_DEMO, meaning: "n".repeat(60) }, PLAIN)).toBe(
    `uts: ${"n".repeat(60)}\n  (uts_namespaces(7))\n`,
  );
});

test("colour changes no text", () => {
  const sights = [sight("inside", "a"), sight("outside", "b")];
  const colored = explainSights(sights, { ...PLAIN, color: true });
  expect(colored).toContain("\x1b[36m");
  const trimmed = Bun.stripANSI(colored)
    .split("\n")
    .map((line) => line.trimEnd());
  expect(trimmed.join("\n")).toBe(explainSights(sights, PLAIN));
});

describe("wrapText()", () => {
  test.each([
    ["a b c", 3, ["a b", "c"]],
    ["CLONE_A|CLONE_B", 10, ["CLONE_A|", "CLONE_B"]],
    ["abcdef", 4, ["abcd", "ef"]],
    ["", 4, [""]],
  ] as const)("%p in %i", (text, width, lines) => {
    expect(wrapText(text, width)).toEqual([...lines]);
  });
});
