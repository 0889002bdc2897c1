// The demos as data: what they name exists, and each of their plans can be assembled.
import { describe, expect, test } from "bun:test";
import { assemble } from "#ffi/tape/assemble.ts";
import { buildDemoPlan, INPUT, OUTPUT, outsideId } from "#src/demo/build-demo-plan.ts";
import { DEMOS } from "#src/demo/kinds.ts";
import type { Box, Check, Proof } from "#src/demo/proof.ts";
import { checkRendezvous } from "#src/plan/check-rendezvous.ts";
import { explainSteps } from "#src/plan/explain-plan.ts";
import { lowerLaunch } from "#src/plan/lower-plan.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { ROOT_FACTS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const PROOFS: readonly (readonly [name: string, proof: Proof])[] = DEMOS.flatMap(({ kind, proofs }) =>
  proofs.map((proof) => [`${kind}: ${proof.statement}`, proof] as const),
);

function namesIn(check: Check): readonly string[] {
  const other = check.kind === "same" ? check.as : check.kind === "differs" ? check.from : undefined;
  const than = check.kind === "ahead" ? check.than : undefined;
  return [check.of, ...(other === undefined ? [] : [other]), ...(than === undefined ? [] : [than])];
}

describe("every demo", () => {
  test("is there once: the eight kinds of namespaces, and what they make together", () => {
    const kinds = ["uts", "ipc", "pid", "mount", "net", "user", "cgroup", "time", "container"];
    expect(DEMOS.map(({ kind }) => kind)).toEqual(kinds);
  });

  test.each(PROOFS)("%s: names only looks that it has, and earlier ones", (_, { looks, checks }) => {
    const names = looks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(checks.length).toBeGreaterThan(0);
    for (const check of checks) expect(names).toEqual(expect.arrayContaining([...namesIn(check)]));
    for (const [n, look] of looks.entries()) {
      const used = [
        ...[...look.command.matchAll(/\{(?:pid|answer) ([^}]+)\}/g)].map((match) => match[1] ?? ""),
        ...(look.box?.joins ?? []).map(({ of }) => of),
        ...(look.onceEnded === undefined ? [] : [look.onceEnded]),
      ];
      expect(names.slice(0, n)).toEqual(expect.arrayContaining(used));
    }
  });

  test.each(PROOFS)("%s: looks inside and compares", (_, { looks }) => {
    expect(looks.some(({ box }) => box !== undefined)).toBe(true);
    expect(looks.length).toBeGreaterThan(1);
  });

  test.each(PROOFS)("%s: has plans that can be assembled, for a user and for root", (_, { looks }) => {
    for (const facts of [SAMPLE_FACTS, ROOT_FACTS]) {
      for (const { box, command } of looks) {
        if (box === undefined) continue;
        const plan = checkRendezvous(planOf(box, facts, command));
        const fds = { report: 90, "report-reader": 91, go: 93, "go-writer": 94, [INPUT]: 95, [OUTPUT]: 96 };
        const joins = { "join-user": 97, "join-uts": 98, "join-mnt": 99 };
        const options = {
          arch: "x64",
          base: 0x10000,
          fds: { ...fds, ...joins },
          fdBase: 700,
          failStatus: 125,
        } as const;
        expect(assemble(lowerLaunch(plan).calls, options).bytes.length).toBeGreaterThan(0);
      }
    }
  });
});

function planOf(box: Box, facts: HostFacts, command = "true") {
  return buildDemoPlan({ box, paths: (box.joins ?? []).map(() => "/proc/1/ns/x"), command }, facts);
}

const kindsOf = (box: Box, facts: HostFacts): readonly string[] =>
  explainSteps(planOf(box, facts)).map(({ process, kind }) => `${process}: ${kind}`);

describe("buildDemoPlan()", () => {
  const box: Box = { namespaces: ["uts"], steps: [{ kind: "hostname", name: "alpha" }] };

  test("does for a user no more than is needed", () => {
    expect(kindsOf(box, SAMPLE_FACTS)).toEqual([
      "launcher: clone",
      ...["parent-death", "own-id-map", "hostname", "streams", "signals", "close-files", "exec"].map(
        (kind) => `setup: ${kind}`,
      ),
    ]);
    expect(explainSteps(planOf(box, SAMPLE_FACTS))[0]?.explain).toEndWith("with new namespaces: user uts");
  });

  test("makes root somebody else in the box", () => {
    const kinds = kindsOf(box, ROOT_FACTS);
    expect(kinds.slice(0, 4)).toEqual([
      ...["clone", "write-id-map", "write-id-map", "signal"].map((kind) => `launcher: ${kind}`),
    ]);
    expect(kinds).toContain("setup: become-root");
  });

  test("joins instead of making a user namespace where one is named", () => {
    const joins = [{ type: "user", of: "first", by: { kind: "process" } }] as const;
    const kinds = kindsOf({ ...box, joins }, SAMPLE_FACTS);
    expect(kinds.filter((kind) => kind.startsWith("join"))).toEqual(["join: not-dumpable", "join: join"]);
    expect(kinds).not.toContain("setup: own-id-map");
  });

  test("sets clocks before the uid changes, when the process's own files can still be opened", () => {
    const timed: Box = { namespaces: ["time"], steps: [{ kind: "time-namespace", monotonic: 0, boottime: 1 }] };
    const kinds = kindsOf(timed, ROOT_FACTS);
    expect(kinds.indexOf("setup: time-namespace")).toBeLessThan(kinds.indexOf("setup: become-root"));
  });
});

test("outsideId() is the caller's, for root an id of nobody's where there is one", () => {
  expect(outsideId(1000, [])).toBe(1000);
  expect(outsideId(0, [{ start: 0, count: 4294967295 }])).toBe(100000);
  expect(outsideId(0, [{ start: 0, count: 1 }])).toBe(0);
});
