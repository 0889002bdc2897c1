import { describe, expect, test } from "bun:test";
import { call } from "#ffi/tape/call.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { CALLER, type Caller, FailureTable } from "#src/compile/caller.ts";
import { compilablePlan } from "#src/compile/compilable-plan.ts";
import { type BoxInput, compileBox, compileForCaller } from "#src/compile/compile-box.ts";
import { type BoxNote, readBoxData, readBoxNote, readBoxTexts } from "#ffi/runner/box-elf.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { buildIdlePlan } from "#src/plan/plan-idle.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const spec = buildSpec({ ...NO_OPTIONS, args: ["true", "and more"] }, SAMPLE_FACTS);

function input(plan: BoxInput["plan"]): BoxInput & { readonly caller: Caller } {
  return {
    plan: compilablePlan(plan, "program"),
    ...{ arch: "x64", uid: 1000, gid: undefined, env: [], timeoutMs: undefined, passFds: [], placeholders: [] },
    dieWithParent: true,
    caller: { pid: 4711, files: { [CALLER]: 4 } },
  };
}

const RUN = input(buildPlan(spec, SAMPLE_FACTS));

function noteOf(box: Uint8Array): BoxNote {
  const note = readBoxNote(box, "x64");
  if (note === undefined) throw new Error("it is no box");
  return note;
}

/** What is told by its texts, and by its memory once it has started. */
const allOf = (box: Uint8Array): string =>
  [readBoxTexts(box, "x64", noteOf(box))?.bytes, readBoxData(box, noteOf(box))]
    .map((bytes) => new TextDecoder().decode(bytes))
    .join("");

describe("a box that a program starts", () => {
  test("does not hold the command's words: they are given when it starts", () => {
    const text = allOf(compileForCaller(RUN).bytes);
    expect(text).toContain("/usr/bin/true");
    expect(text).not.toContain("and more");
  });

  test("does not say on stderr which step fails: it has no texts for that", () => {
    const own = allOf(compileForCaller(RUN).bytes);
    const words = allOf(compileBox({ ...RUN, caller: undefined }));
    expect(words).toContain('mount a proc on "/proc"');
    expect(own).not.toContain("mount a proc on");
  });

  test("needs no command", () => {
    const plan = buildIdlePlan(spec, SAMPLE_FACTS);
    expect(allOf(compileForCaller(input(plan)).bytes)).not.toContain("/usr/bin/true");
  });

  test("knows the step of each record that can fail", () => {
    const { bytes, failures } = compileForCaller(RUN);
    const { launch, init, command } = noteOf(bytes);
    const [launching, inInit, inCommand] = [launch, init, command].map(({ at, count }) =>
      Array.from({ length: count }, (_, n) => failures.find(at + n * RECORD_BYTES)),
    );
    const steps = new Set(launching?.flatMap((row) => (row?.origin?.actor === "setup" ? row.origin.index : [])));
    expect([...steps].sort((a, b) => a - b)).toEqual(RUN.plan.setup.map((_, n) => n));
    const clone = { syscall: "clone", origin: { actor: "launcher", index: 0 } } as const;
    expect(launching).toContainEqual(expect.objectContaining(clone));
    const indexOf = (kind: string): number => RUN.plan.init.findIndex((step) => step.kind === kind);
    const start = { origin: { actor: "init", index: indexOf("start-command") } } as const;
    expect(inInit).toContainEqual(expect.objectContaining(start));
    const before = { origin: { actor: "init", index: indexOf("close-on-exec") } } as const;
    expect(inCommand).toContainEqual(expect.objectContaining(before));
    expect(inCommand).toContainEqual(expect.objectContaining({ syscall: "execve", operand: "/usr/bin/true" }));
  });

  test("is the same for the same plan, on both machines", () => {
    for (const arch of ["x64", "arm64"] as const) {
      const make = (): Uint8Array => compileForCaller({ ...RUN, arch }).bytes;
      expect(make()).toEqual(make());
    }
  });
});

describe("FailureTable", () => {
  test("numbers equal calls alike, and leaves alone what can't fail", () => {
    const table = new FailureTable();
    const calls = [call("chdir", ["/a"]), call("chdir", ["/a"]), call("chdir", ["/b"]), call("load", [0, 0])];
    expect(table.frame(calls, "go there").map(({ tag }) => tag)).toEqual([1n, 1n, 2n, undefined]);
  });

  test("knows of no record before it is told where they lie", () => {
    const table = new FailureTable();
    table.frame([call("chdir", ["/a"])], "go there");
    expect(table.find(0)).toBeUndefined();
  });
});
