import { expect, test } from "bun:test";
import { parseName } from "#src/spec/grammar/parse-identity.ts";
import { makeUpName } from "#src/state/box-names.ts";

test("makeUpName() makes names that --name takes, from the first word to the last", () => {
  const names = [0, 0.25, 0.5, 0.999999].map((chance) => makeUpName(() => chance));
  expect(names[0]).toBe("able-acorn");
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(parseName(name)).toBe(name);
});
