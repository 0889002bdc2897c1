// Golden plans in the simulated kernel: what a plan does when all goes well, and when any one call fails.
import { describe, expect, test } from "bun:test";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { decodeReports, failureOf } from "#src/run/report.ts";
import { GOLDEN_CASES, goldenPlan } from "#test/support/golden-plans.ts";
import { planTapes, runTape } from "#test/support/simulate-plan.ts";

const CASES = GOLDEN_CASES.map((one) => [one.name, one] as const);

describe("a plan in the simulated kernel", () => {
  test.each(CASES)("%s: the box's side goes through to its exec and reports nothing", (_, one) => {
    for (const { name, tape } of planTapes(goldenPlan(one))) {
      if (name === "init") continue; // its child goes on with the command's tape
      const run = runTape(tape, { side: "child" });
      expect(run.reports).toEqual([]);
      expect(run.outcome.end).toEqual({ kind: "exit", status: 0 });
      expect(run.calls.at(-1)).toStartWith("execve");
    }
  });

  test.each(CASES)("%s: the launcher's side returns after its clone and never execs", (_, one) => {
    const [launch] = planTapes(goldenPlan(one));
    if (launch === undefined) throw new Error("no launch tape");
    const run = runTape(launch.tape, { side: "parent" });
    expect(run.outcome.end.kind).toBe("return");
    expect(run.calls.filter((name) => !["rt_sigprocmask", "clone", "clone3"].includes(name))).toEqual([]);
  });

  test("default: the init forwards the signal it gets, reaps, and ends with 128 + the command's signal", () => {
    const [, init] = planTapes(goldenPlan({ name: "", facts: CASES[0]?.[1].facts ?? fail(), options: {} }));
    const run = runTape(init?.tape ?? fail(), { side: "parent" });
    expect(run.calls).toContain("kill");
    expect(run.outcome.end).toEqual({ kind: "exit", status: 128 + 9 });
  });

  test.each(CASES)("%s: whichever call fails, its step is named and the process ends", (_, one) => {
    const plan = goldenPlan(one);
    for (const { name, lowered, tape } of planTapes(plan)) {
      const side = name === "init" ? "parent" : "child";
      for (const record of runTape(tape, { side }).outcome.trace) {
        const origin = lowered.origins[tape.callOf[record] ?? -1];
        if (origin === undefined || origin.actor === "launcher") continue;
        const call = lowered.calls[tape.callOf[record] ?? -1];
        if (call?.name === "load") continue;
        // What the plan itself goes on from, a full disk for one.
        if (call?.fail !== undefined && call.name !== "execve") continue;
        const run = runTape(tape, { side, failRecord: record, errno: 5 });
        const [report] = run.reports;
        expect({ name, record, reported: report !== undefined }).toEqual({ name, record, reported: true });
        const failures = decodeReports(report ?? fail(), [{ tape, lowered }]);
        expect(failures[0]?.origin).toEqual(origin);
        expect(failures[0]?.errno).toBe(5);
        // A missed candidate of the command is only a failure if it is the last one.
        if (call?.name === "execve") continue;
        expect(run.outcome.end).toEqual({ kind: "exit", status: 125 });
        expect(failureOf(failures, plan)?.step).toMatchObject({ actor: origin.actor, index: origin.index });
      }
    }
  });

  test("default: when every candidate of the command is missing, it is not found", () => {
    const plan = goldenPlan(CASES[0]?.[1] ?? fail());
    const init = planTapes(plan)[2] ?? fail();
    const records = init.tape.callOf.flatMap((call, record) =>
      init.lowered.calls[call]?.name === "execve" ? [record] : [],
    );
    expect(records.length).toBe(3);
    // As the init's child reports them: what is not there only if it is the last.
    const errorAfter = (...misses: readonly (readonly [candidate: number, errno: number])[]) => {
      const words = misses.flatMap(([n, errno]) => [
        BigInt(init.tape.base + (records[n] ?? 0) * RECORD_BYTES),
        BigInt(-errno),
      ]);
      return failureOf(decodeReports(new Uint8Array(new BigInt64Array(words).buffer), [init]), plan);
    };
    const [ENOENT, EACCES, ENOTDIR] = [2, 13, 20];
    expect(errorAfter([1, EACCES], [2, ENOENT])?.code).toBe("EEXEC");
    expect(errorAfter([1, EACCES], [2, ENOENT])?.message).toBe(
      'Cannot run "/usr/bin/true": EACCES (Permission denied)',
    );
    for (const errno of [ENOENT, ENOTDIR]) {
      expect(errorAfter([2, errno])?.exitCode).toBe(127);
      expect(errorAfter([2, errno])?.message).toContain(": ENOENT (No such file or directory), in none of the folders");
    }
    expect(errorAfter([0, EACCES], [1, EACCES])).toBeUndefined();
  });
});

function fail(): never {
  throw new Error("the golden cases have changed");
}
