// The way to a box, and to a look at a process, in an engine that has just started: every function is run for the first
// time (D-57).
import { describe, expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { nsbox } from "#test/support/nsbox.ts";

/** Functions that the engine has in JavaScript itself, and compiles at their first use: 10 to 90 µs each. */
const SELF_COMPILED: Readonly<Record<string, string>> = {
  at: "[1].at(0)",
  every: "[1].every(Boolean)",
  filter: "[1].filter(Boolean)",
  find: "[1].find(Boolean)",
  findIndex: "[1].findIndex(Boolean)",
  findLast: "[1].findLast(Boolean)",
  flatMap: "[1].flatMap(Boolean)",
  forEach: "[1].forEach(Boolean)",
  from: "Array.from([1])",
  fromEntries: "Object.fromEntries([])",
  map: "[1].map(Boolean)",
  reduce: "[1].reduce(Boolean, 1)",
  some: "[1].some(Boolean)",
};

/** "map#CPBdlN": each function and module that the engine made bytecode for, in the order of their first calls. */
function functionsIn(dump: string): readonly string[] {
  return [...dump.matchAll(/^(\S*#\w+):\[.*\]: \d+ instructions/gm)].map(([, name = ""]) => name);
}

const DUMP = { ...process.env, BUN_JSC_dumpGeneratedBytecodes: "1" };

async function firstCalls(argv: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await nsbox(argv, { env: DUMP });
  expect(exitCode).toBe(0);
  const calls = functionsIn(stdout + stderr);
  expect(calls.length).toBeGreaterThan(100);
  return calls;
}

/** Those of SELF_COMPILED, as the same engine names them when it is told to use each; ours may have their names too. */
function selfCompiled(): readonly string[] {
  const script = Object.values(SELF_COMPILED).join(";");
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script], { env: DUMP, stderr: "pipe" });
  return functionsIn(stdout.toString() + stderr.toString()).filter((name) =>
    Object.hasOwn(SELF_COMPILED, name.split("#")[0] ?? ""),
  );
}

function countPieces(calls: readonly string[]): number {
  return calls.filter((name) => name.startsWith("/$bunfs/")).length;
}

describe("control: what the engine compiles of its own", () => {
  test("has a name for each", () => {
    const names = selfCompiled().map((name) => name.split("#")[0]);
    expect([...new Set(names)].sort()).toEqual(Object.keys(SELF_COMPILED).sort());
  });

  test("is seen in nsbox", async () => {
    const calls = await firstCalls(["seccomp", "check", "default", "unshare"]);
    expect(calls).toContain(selfCompiled().find((name) => name.startsWith("map#")) ?? "");
  });
});

describeWith(["userns"], "the way to a box", () => {
  test("has none of the functions that the engine compiles first, and comes in few pieces", async () => {
    const own = selfCompiled();
    const calls = await firstCalls(["run", "--", "true"]);
    expect(calls.filter((name) => own.includes(name))).toEqual([]);
    expect(countPieces(calls)).toBeWithin(2, 7);
  });
});

describe("a look at a process", () => {
  test.each([[["inspect"]], [["inspect", "--json"]]])(
    "by %p has none of the functions that the engine compiles first, and comes in few pieces",
    async (words) => {
      const own = selfCompiled();
      const calls = await firstCalls([...words, String(process.pid)]);
      expect(calls.filter((name) => own.includes(name))).toEqual([]);
      expect(countPieces(calls)).toBeWithin(2, 7);
    },
  );
});
