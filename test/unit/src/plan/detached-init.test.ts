// The init of a box that lives on: what it holds decides how much memory each such box takes.
import { expect, test } from "bun:test";
import { elfTapeBase } from "#ffi/runner/elf.ts";
import { lowerInit } from "#src/plan/lower-plan.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { goldenPlan } from "#test/support/golden-plans.ts";
import { SAMPLE_FACTS } from "#test/support/sample-facts.ts";
import { placeTape } from "#test/support/simulate-plan.ts";

const PAGE = 4096;
const RESTARTS: readonly RunOptions["restart"][] = [
  undefined,
  { kind: "always" },
  { kind: "on-failure", max: undefined },
  { kind: "on-failure", max: 3 },
];
const LOGS = [{}, { logSize: "unlimited" }, { log: "none" }, { tty: true }] as const;
const CASES = RESTARTS.flatMap((restart) =>
  LOGS.flatMap((log) => [undefined, 60_000].map((timeoutMs) => ({ restart, timeoutMs, ...log }))),
);

test.each(CASES)("the init's tape and data fit into two pages, which with code and stack are 16 kB: %j", (options) => {
  const plan = goldenPlan({ name: "", facts: SAMPLE_FACTS, options: { detach: true, ...options } });
  for (const arch of ["x64", "arm64"] as const) {
    const base = elfTapeBase(arch);
    const { bytes } = placeTape(lowerInit(plan), base, { command: 0x700000 });
    expect((base % PAGE) + bytes.length).toBeLessThanOrEqual(2 * PAGE);
  }
});
