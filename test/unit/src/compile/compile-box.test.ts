import { describe, expect, test } from "bun:test";
import { compilablePlan } from "#src/compile/compilable-plan.ts";
import { type BoxInput, compileBox } from "#src/compile/compile-box.ts";
import { explainBox, showBox } from "#src/compile/show-box.ts";
import { checkRendezvous } from "#src/plan/check-rendezvous.ts";
import { GOLDEN_CASES, goldenPlan } from "#test/support/golden-plans.ts";

/** Golden cases that need nsbox while the box runs. */
const REFUSED = {
  terminal: "relayed",
  "subordinate-ids": "newuidmap",
  "joined-user": "another process's",
  egress: "proxy",
  audit: "asks somebody",
  bridge: "network is set up by nsbox",
  pasta: "network is set up by nsbox",
  "idmapped-root": "ids mapped",
  detached: "lives on",
  "detached-terminal": "lives on",
} as const;
const COMPILED = GOLDEN_CASES.filter(({ name }) => !(name in REFUSED));

function input(name: string): BoxInput {
  const found = GOLDEN_CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no golden case is named ${name}`);
  return {
    plan: compilablePlan(goldenPlan(found)),
    ...{ arch: found.facts.arch, uid: found.facts.uid, gid: found.facts.gid },
    ...{ env: [], timeoutMs: undefined, passFds: found.options.passFds ?? [], placeholders: [], dieWithParent: false },
  };
}

describe("compilablePlan()", () => {
  test.each(Object.entries(REFUSED))("refuses %s, with the reason", (name, reason) => {
    expect(() => input(name)).toThrow(reason);
  });

  test.each(COMPILED.map(({ name }) => name))("leaves a plan in which nobody waits for ever: %s", (name) => {
    const { plan } = input(name);
    expect(checkRendezvous(plan)).toBe(plan);
    expect(plan.launcher.map(({ kind }) => kind)).not.toContain("init-image");
  });
});

describe("compileBox()", () => {
  test.each(COMPILED.map(({ name }) => name))(
    "gives the same bytes for the same plan, on both machines: %s",
    (name) => {
      for (const arch of ["x64", "arm64"] as const) {
        const box = { ...input(name), arch };
        expect(compileBox(box)).toEqual(compileBox(box));
        expect(showBox(compileBox(box), "box")).toMatchObject({
          arch,
          command: expect.arrayContaining([expect.any(String)]),
        });
      }
    },
  );

  test("makes a file of a few KiB", () => {
    for (const arch of ["x64", "arm64"] as const) {
      const box = { ...input("default"), arch };
      expect(compileBox(box).length).toBeLessThan(12 * 1024);
    }
  });

  test("holds every step of the plan, in its words", () => {
    const { plan } = input("default");
    const text = explainBox(showBox(compileBox(input("default")), "box"));
    expect(text).toContain('\n  set the host name to "nsbox"\n      sethostname("nsbox", 5)\n');
    expect(text).toContain('\n  go to "/home/ann/project"\n      chdir("/home/ann/project")\n');
    expect(text.match(/^ {2}\w/gm)?.length).toBeGreaterThan(plan.setup.length + plan.command.length);
  });

  test("is told where it is no box", () => {
    expect(() => showBox(new Uint8Array(4), "x")).toThrow('Cannot show "x": it is not a box');
    expect(() => showBox(new TextEncoder().encode("#!/bin/sh\n".repeat(100)), "x")).toThrow("it is not a box");
  });
});
