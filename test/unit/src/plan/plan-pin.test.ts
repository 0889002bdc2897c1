import { describe, expect, test } from "bun:test";
import { checkRendezvous } from "#src/plan/check-rendezvous.ts";
import { lowerInit, lowerLaunch } from "#src/plan/lower-plan.ts";
import { buildPinPlan } from "#src/plan/plan-pin.ts";
import { explainLauncherStep } from "#src/plan/steps/launch.ts";
import { explainStep } from "#src/plan/steps.ts";
import type { PinSpec } from "#src/spec/pin.ts";
import { NAMESPACE_TYPES } from "#src/spec/spec.ts";
import { ROOT_FACTS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const WEB: PinSpec = {
  name: "web",
  types: ["user", "uts", "net"],
  hostname: "web",
  domainname: undefined,
  timeOffsets: { monotonic: 0, boottime: 0 },
};

describe("buildPinPlan()", () => {
  test("of a user makes the namespaces, furnishes them and leaves a holder without capabilities", () => {
    const { launcher, setup, init } = buildPinPlan(WEB, SAMPLE_FACTS);
    expect([...launcher.map(explainLauncherStep), ...setup.map(explainStep), ...init.map(explainStep)]).toEqual([
      "make the box's first process, with new namespaces: user uts net",
      "write the init (runner, tape) to a memfd and seal it",
      "let the box go on: holder",
      "leave the caller's session and terminal (setsid)",
      'map uid "0 1000 1" and gid "0 1000 1", and deny setgroups',
      'set the host name to "web"',
      "bring the loopback device up",
      'go to "/"',
      "keep no capability beyond none",
      "reset SIGPIPE, SIGXFSZ and the signal mask",
      "close every file from 3 on at exec but report",
      "wait for the launcher: holder",
      "lay out the init's memory without chance",
      'become the holder of "web" (a sealed memfd)',
      "close every file, and stay until it is ended",
    ]);
  });

  test("of root maps every id, and only where there is a user namespace", () => {
    const maps = (types: PinSpec["types"]): readonly string[] =>
      buildPinPlan({ ...WEB, types }, ROOT_FACTS).launcher.map(explainLauncherStep);
    expect(maps(["user", "net"])).toContain(`write "0 0 4294967295" to the box's uid_map`);
    expect(maps(["net"]).join()).not.toContain("uid_map");
  });

  test("keeps its mounts apart from the host's, and sets clocks before anything else is started", () => {
    const plan = buildPinPlan({ ...WEB, types: NAMESPACE_TYPES, domainname: "example" }, SAMPLE_FACTS);
    const kinds = plan.setup.map(({ kind }) => kind);
    expect(kinds).toContain("private-mounts");
    expect(kinds).toContain("time-namespace");
    expect(kinds).toContain("domainname");
  });

  test.each([
    ["a user", SAMPLE_FACTS],
    ["root", ROOT_FACTS],
  ])("of %s never waits for ever, and can be lowered whichever namespaces it has", (_, facts) => {
    for (const type of NAMESPACE_TYPES) {
      const plan = buildPinPlan({ ...WEB, types: [type], hostname: undefined }, facts);
      expect(() => checkRendezvous(plan)).not.toThrow();
      expect(lowerLaunch(plan).calls.length).toBeGreaterThan(10);
      expect(lowerInit(plan).calls.length).toBe(5);
    }
  });
});
