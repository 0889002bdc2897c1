// A box in a cgroup of its own: it begins there, and sees it as the root.
import { expect, test } from "bun:test";
import { CLONE } from "#ffi/uapi/clone.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { explainPlan } from "#src/plan/explain-plan.ts";
import { lowerLaunch } from "#src/plan/lower-plan.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { Spec } from "#src/spec/spec.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

function specOf(options: Partial<typeof NO_OPTIONS>): Spec {
  const spec = buildSpec({ ...NO_OPTIONS, detach: true, ...options }, SAMPLE_FACTS);
  const cgroup = { path: "/sys/fs/cgroup/user.slice/nsbox-a-1", pidsLimit: 10 };
  return { ...spec, linux: { ...spec.linux, cgroup } };
}

const flagsOf = (plan: ReturnType<typeof buildPlan>): number => {
  const clone = lowerLaunch(plan).calls.find(({ name }) => name === "clone3");
  const [args] = clone?.args ?? [];
  if (typeof args !== "object" || !("kind" in args) || args.kind !== "words") throw new Error("no clone3");
  expect(args.words[10]).toEqual({ kind: "fd", name: "box-cgroup" });
  return Number(args.words[0]);
};
const has = (flags: number, flag: number): boolean => Math.floor(flags / flag) % 2 === 1;

test("the first process is cloned into it, and makes the cgroup namespace from there", () => {
  const plan = buildPlan(specOf({}), SAMPLE_FACTS);
  expect(has(flagsOf(plan), CLONE.INTO_CGROUP)).toBe(true);
  expect(has(flagsOf(plan), CLONE.NEWCGROUP)).toBe(false);
  expect(plan.setup.map(({ kind }) => kind).indexOf("cgroup-namespace")).toBeGreaterThanOrEqual(0);
  expect(explainPlan(plan)).toContain(
    "make the box's first process in a cgroup of its own, with new namespaces: user mnt",
  );
});

test("with --cgroup host it sees the host's cgroups, and is in its own all the same", () => {
  const plan = buildPlan(specOf({ namespaces: { cgroup: { kind: "host" } } }), SAMPLE_FACTS);
  expect(has(flagsOf(plan), CLONE.INTO_CGROUP)).toBe(true);
  expect(plan.setup.map(({ kind }) => kind)).not.toContain("cgroup-namespace");
});
