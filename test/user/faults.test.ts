// Every call of a real launch, broken once: the error names its step, and nothing of the box stays.
import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { closeFile } from "#ffi/libc/fd.ts";
import { waitFor } from "#ffi/libc/process.ts";
import { NsboxError } from "#src/error.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { lowerCommand, lowerInit, lowerLaunch } from "#src/plan/lower-plan.ts";
import { launch } from "#src/run/launch.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { childrenOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { openedSince, openFiles } from "#test/support/open-files.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";

const TAPES = { launch: lowerLaunch, init: lowerInit, command: lowerCommand } as const;

function mountCount(): number {
  return readFileSync("/proc/self/mountinfo", "utf8").split("\n").length;
}

/** Our children that are not bun's own. */
function boxProcesses(): readonly number[] {
  return childrenOf(process.pid);
}

describeWith(["userns"], "a launch whose kernel refuses one call", () => {
  const before = { mounts: mountCount(), children: boxProcesses() };

  test.each([
    ["a default box", {}],
    ["a box without an init", { init: false }],
    ["an overlay", { overlay: true }],
  ] as const)(
    "%s: every step is named, and no process, file or mount stays",
    (_, given) => {
      const options: RunOptions = { ...NO_OPTIONS, ...given };
      const facts = readFacts(options);
      const plan = buildPlan(buildSpec(options, facts), facts);
      // The first launch opens what later ones share: libc, the runner.
      const first = launch(plan, facts);
      waitFor(first.pidfd);
      closeFile(first.pidfd);
      const files = openFiles();
      const tapes = plan.init.length > 0 ? (["launch", "init", "command"] as const) : (["launch"] as const);
      let broken = 0;
      for (const tape of tapes) {
        const { calls, origins } = TAPES[tape](plan);
        let record = 0;
        for (const [index, call] of calls.entries()) {
          const at = record;
          record += call.as === undefined ? 1 : 2;
          const origin = origins[index];
          // What the init does after the command's start is its own affair, as is a clone of the launcher's (below).
          if (origin === undefined || origin.actor === "launcher" || call.name === "load") continue;
          // Where this errno is let pass, it is no failure.
          if (call.cases?.some(({ equals }) => equals === "ENOSYS") === true) continue;
          const step = origin.actor === "init" ? plan.init[origin.index] : undefined;
          if (step?.kind === "supervise" || call.label?.startsWith("miss") || call.name === "exit_group") continue;
          if (call.name === "execve" || (call.name === "close_range" && origin.actor === "init")) continue;
          const error = failureOf(() => launch(plan, facts, { breakCall: { tape, record: at } }));
          expect({ tape, at, call: call.name, step: error?.step?.actor, index: error?.step?.index }).toEqual({
            tape,
            at,
            call: call.name,
            step: origin.actor,
            index: origin.index,
          });
          expect(error?.errno?.name).toBe("ENOSYS");
          broken++;
        }
      }
      expect(broken).toBeGreaterThan(90);
      expect(openedSince(files)).toEqual([]);
      expect(boxProcesses()).toEqual(before.children);
    },
    120_000,
  );

  test("a refused clone is named, too", () => {
    const facts = readFacts(NO_OPTIONS);
    const plan = buildPlan(buildSpec(NO_OPTIONS, facts), facts);
    const error = failureOf(() => launch(plan, facts, { breakCall: { tape: "launch", record: 1 } }));
    expect(error?.step).toMatchObject({ actor: "launcher", index: 0 });
    expect(error?.errno?.name).toBe("ENOSYS");
  });

  afterAll(() => {
    expect(mountCount()).toBe(before.mounts);
  });
});

function failureOf(action: () => { readonly pidfd: Parameters<typeof closeFile>[0] }): NsboxError | undefined {
  try {
    const box = action();
    waitFor(box.pidfd);
    closeFile(box.pidfd);
    return undefined;
  } catch (error) {
    if (error instanceof NsboxError) return error;
    throw error;
  }
}
