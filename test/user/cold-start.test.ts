// The way to a box, in an engine that has just started: every function is run for the first time (D-57).
import { expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { nsbox } from "#test/support/nsbox.ts";

/** Functions of the language that the engine has in JavaScript, and compiles at their first use: 10 to 90 µs each. */
const SELF_COMPILED = [
  ...["at", "every", "filter", "find", "findIndex", "flat", "flatIntoArrayWithCallback", "flatMap", "forEach"],
  ...["from", "fromEntries", "map", "reduce", "some"],
];

/** The name of each function and module that the engine made bytecode for, in the order of their first calls. */
async function firstCalls(argv: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await nsbox(argv, {
    env: { ...process.env, BUN_JSC_dumpGeneratedBytecodes: "1" },
  });
  expect(exitCode).toBe(0);
  return [...(stdout + stderr).matchAll(/^(\S*)#\w+:\[.*\]: \d+ instructions/gm)].map(([, name = ""]) => name);
}

describeWith(["userns"], "the way to a box", () => {
  test("control: what the engine compiles of its own is seen", async () => {
    expect(await firstCalls(["seccomp", "check", "default", "unshare"])).toContain("map");
  });

  test("has none of the functions that the engine compiles first", async () => {
    const calls = await firstCalls(["run", "--", "true"]);
    expect(calls.length).toBeGreaterThan(100);
    expect(calls.filter((name) => SELF_COMPILED.includes(name))).toEqual([]);
  });

  test("comes in few pieces", async () => {
    const calls = await firstCalls(["run", "--", "true"]);
    expect(calls.filter((name) => name.startsWith("/$bunfs/")).length).toBeWithin(2, 7);
  });
});
