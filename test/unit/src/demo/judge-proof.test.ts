import { describe, expect, test } from "bun:test";
import { fillPlaces, judgeProof, type Places } from "#src/demo/judge-proof.ts";
import type { Check } from "#src/demo/proof.ts";

const PLACES: Places = {
  sights: [
    { name: "inside", command: "", answer: "alpha", pid: 4711 },
    { name: "outside", command: "", answer: "beta", pid: undefined },
    { name: "three", command: "", answer: "3", pid: undefined },
    { name: "five", command: "", answer: "5.5", pid: undefined },
  ],
  nsbox: 99,
  uid: 1000,
};

describe("fillPlaces()", () => {
  test("puts in what is known", () => {
    expect(fillPlaces("{pid inside} {answer outside} {nsbox} {uid}", PLACES)).toBe("4711 beta 99 1000");
  });

  test.each(["{pid outside}", "{answer nobody}", "{other}", "${x}", "{ print }"])("leaves %s as it is", (text) => {
    expect(fillPlaces(text, PLACES)).toBe(text);
  });
});

const CASES: readonly (readonly [Check, why: string | undefined])[] = [
  [{ kind: "is", of: "inside", text: "alpha" }, undefined],
  [{ kind: "is", of: "inside", text: "{answer inside}" }, undefined],
  [{ kind: "is", of: "inside", text: "alph" }, 'inside saw "alpha" instead of "alph"'],
  [{ kind: "matches", of: "inside", pattern: "^a.*a$", says: "an a" }, undefined],
  [{ kind: "matches", of: "inside", pattern: "^b", says: "a b" }, 'inside saw "alpha" instead of a b'],
  [{ kind: "same", of: "inside", as: "inside" }, undefined],
  [{ kind: "same", of: "inside", as: "outside" }, 'inside saw "alpha" instead of what outside saw, "beta"'],
  [{ kind: "differs", of: "inside", from: "outside" }, undefined],
  [{ kind: "differs", of: "inside", from: "inside" }, 'inside saw "alpha" instead of something else than inside'],
  [{ kind: "ahead", of: "five", than: "three", from: 2, to: 3 }, undefined],
  [{ kind: "ahead", of: "five", than: "three", from: 3, to: 4 }, 'five saw "5.5" instead of 3 to 4 more than three'],
  [{ kind: "ahead", of: "five", than: "three", from: 0, to: 1 }, 'five saw "5.5" instead of 0 to 1 more than three'],
  [
    { kind: "ahead", of: "inside", than: "three", from: 0, to: 9 },
    'inside saw "alpha" instead of 0 to 9 more than three',
  ],
  [{ kind: "is", of: "nobody", text: "x" }, 'nobody saw "nothing" instead of "x"'],
];

describe("judgeProof()", () => {
  test.each(CASES.map(([check, why]) => [`${JSON.stringify(check)}: ${why ?? "proved"}`, check, why] as const))(
    "%s",
    (_, check, why) => {
      expect(judgeProof({ statement: "", looks: [], checks: [check] }, PLACES)).toBe(why);
    },
  );

  test("names the first check that fails", () => {
    const checks: readonly Check[] = [
      { kind: "is", of: "inside", text: "alpha" },
      { kind: "is", of: "outside", text: "x" },
      { kind: "is", of: "inside", text: "y" },
    ];
    expect(judgeProof({ statement: "", looks: [], checks }, PLACES)).toBe('outside saw "beta" instead of "x"');
  });
});
