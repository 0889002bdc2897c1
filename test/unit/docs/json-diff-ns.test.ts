import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DIFF_GROUPS, type DiffItem, type ProcessDiff } from "#src/inspect/diff-view.ts";
import type { PinView } from "#src/pin/explain-pins.ts";

const TEXT = readFileSync(join(import.meta.dir, "../../../docs/json-diff-ns.md"), "utf8");

// The compiler asks for every field here, and the test for it in the text.
const ITEM: Readonly<Record<keyof DiffItem, true>> = {
  group: true,
  name: true,
  meaning: true,
  state: true,
  first: true,
  second: true,
  reason: true,
};
const DIFF: Readonly<Record<keyof ProcessDiff, true>> = {
  first: true,
  second: true,
  same: true,
  different: true,
  unknown: true,
  items: true,
};
const PIN: Readonly<Record<keyof PinView, true>> = {
  name: true,
  state: true,
  reason: true,
  holder: true,
  namespaces: true,
  madeAt: true,
};

test.each([...Object.keys({ ...ITEM, ...DIFF, ...PIN }), ...DIFF_GROUPS])(
  "docs/json-diff-ns.md says what %p is",
  (name) => {
    expect(TEXT).toContain(`\`${name}\``);
  },
);
