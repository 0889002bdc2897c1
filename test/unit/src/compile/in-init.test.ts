import { describe, expect, test } from "bun:test";
import { inInit } from "#src/compile/in-init.ts";
import { withNamespacesApart } from "#src/compile/namespaces-apart.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { Step } from "#src/plan/steps.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS, ROOT_FACTS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const BIND = { kind: "bind", flag: "--ro", source: "/usr", destination: "/mnt", readOnly: true } as const;

function apart(options: Partial<RunOptions>, facts: HostFacts = { ...SAMPLE_FACTS, cwd: "/" }): Plan {
  return withNamespacesApart(buildPlan(buildSpec({ ...NO_OPTIONS, args: ["true"], ...options }, facts), facts));
}

const waitsInInit = ({ init }: Plan): boolean => init.some(({ kind }) => kind === "enter-network");
const again = (source: string, destination: string): Step => ({
  kind: "mount-again",
  ...{ source, destination, ifPresent: true },
});

describe("what waits for the net namespace", () => {
  test("is the init's, of an ordinary user's box and of root's, with other ids too", () => {
    expect(waitsInInit(apart({}))).toBe(true);
    expect(waitsInInit(apart({}, { ...ROOT_FACTS, cwd: "/" }))).toBe(true);
    const mapped = [{ containerID: 0, hostID: 100000, size: 65536 }];
    expect(waitsInInit(apart({ uidMap: mapped, gidMap: mapped }, { ...ROOT_FACTS, cwd: "/" }))).toBe(true);
  });

  test.each([
    ["something is attached that the set-up has opened", { mounts: [BIND] }],
    ["the caller is not uid 0 inside", { keepId: true }],
    ["there is no init", { init: false }],
    ["calls are filtered before the init", { allowNewPrivs: true }],
  ] as readonly (readonly [string, Partial<RunOptions>])[])("is the set-up's where %s", (_, options) => {
    const plan = apart(options, {
      ...SAMPLE_FACTS,
      cwd: "/",
      paths: { ...SAMPLE_FACTS.paths, "/usr": "dir", "/mnt": "dir" },
    });
    expect(waitsInInit(plan)).toBe(false);
    expect(plan.setup.map(({ kind }) => kind)).toContain("enter-network");
  });
});

describe("inInit()", () => {
  const sysfs: Step = {
    kind: "mount",
    ...{ type: "sysfs", destination: "/sys", data: "", options: { readOnly: true, dev: false, noexec: true } },
  };
  const bounding: Step = { kind: "bounding", capabilities: ["CAP_KILL"] };
  const network: Step = { kind: "enter-network", in: "setup" };

  test("leaves for after the wait what is in sysfs or comes from there", () => {
    const covers = [
      again("/proc/acpi", "/sys/firmware"),
      again("/sys/firmware", "/etc/a"),
      again("/dev/null", "/etc/b"),
    ];
    const steps = inInit([bounding, network, sysfs, ...covers]);
    const places = steps.map((step) => (step.kind === "mount-again" ? step.destination : step.kind));
    expect(places).toEqual(["bounding", "/etc/b", "enter-network", "mount", "/sys/firmware", "/etc/a", "capabilities"]);
    expect(steps).toContainEqual({ kind: "enter-network", in: "init" });
  });

  test("ends with the capabilities that the bounding set leaves to an exec", () => {
    expect(inInit([bounding, network]).at(-1)).toMatchObject({
      kind: "capabilities",
      sets: { effective: ["CAP_KILL"], permitted: ["CAP_KILL"], inheritable: [], ambient: [] },
    });
    expect(inInit([network])).toEqual([{ kind: "enter-network", in: "init" }]);
  });
});
