import { describe, expect, test } from "bun:test";
import { CLONE } from "#ffi/uapi/clone.ts";
import { withNamespacesApart } from "#src/compile/namespaces-apart.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import { cloneFlags } from "#src/plan/steps/launch.ts";
import { explainStep } from "#src/plan/steps.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

function planOf(options: Partial<RunOptions>): Plan {
  return buildPlan(buildSpec({ ...NO_OPTIONS, args: ["true"], ...options }, SAMPLE_FACTS), SAMPLE_FACTS);
}

const textsOf = ({ setup, init }: Plan): readonly string[] => [...setup, ...init].map(explainStep);
const allTexts = ({ setup, init, command }: Plan): readonly string[] =>
  [...setup, ...init, ...command].map(explainStep);
const SYSFS = /^mount a sysfs on "\/sys"/;

describe("withNamespacesApart()", () => {
  test("leaves the clone the user and the PID namespace", () => {
    const [clone] = withNamespacesApart(planOf({})).launcher;
    if (clone?.kind !== "clone") throw new Error("a plan begins with its clone");
    const made = cloneFlags(clone);
    expect(made & (CLONE.NEWUSER | CLONE.NEWPID)).toBe(CLONE.NEWUSER | CLONE.NEWPID);
    expect(made & (CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET | CLONE.NEWCGROUP | CLONE.VFORK)).toBe(0);
  });

  test("has every step of the plan but the one that the helper takes over, and two that wait for it", () => {
    const [before, after] = [allTexts(planOf({})), allTexts(withNamespacesApart(planOf({})))];
    expect(after.filter((text) => !before.includes(text))).toEqual([
      "close every file from 3 on at exec but report, network-receiver",
      "close the network-receiver when the command starts",
      "make the rules of Landlock",
      "enter the net namespace that was made meanwhile",
      "wait until the loopback device is up",
    ]);
    expect(before.filter((text) => !after.includes(text))).toEqual([
      "bring the loopback device up",
      "close every file from 3 on at exec but report",
    ]);
  });

  test.each([{}, { landlock: false }, { landlock: false, home: "ro" }, { root: { kind: "empty" } }] as const)(
    "has each step once: %j",
    (options) => {
      const facts = { ...SAMPLE_FACTS, cwd: "/", landlockAbi: 0 };
      const plan = buildPlan(buildSpec({ ...NO_OPTIONS, args: ["true"], ...options }, facts), facts);
      const apart = withNamespacesApart(plan);
      const isLate = apart.init.some(({ kind }) => kind === "enter-network");
      // For the loopback device: the namespace, the wait, the socket; and what the init gives up at last.
      expect(allTexts(apart)).toHaveLength(allTexts(plan).length + (isLate ? 3 : 2));
      expect(new Set(allTexts(apart)).size).toBeGreaterThanOrEqual(new Set(allTexts(plan)).size);
    },
  );

  test("mounts sysfs in the box's own net namespace, behind what lies in /proc and before what lies below it", () => {
    const texts = textsOf(withNamespacesApart(planOf({})));
    const at = (pattern: RegExp): number => texts.findIndex((text) => pattern.test(text));
    const order = [
      /on "\/proc\/kcore"/,
      /make "\/proc\/sys" read-only/,
      /^enter the net/,
      SYSFS,
      /on "\/sys\/firmware"/,
    ];
    const places = order.map(at);
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test("makes Landlock's rules while it waits, unless what they are about is mounted only then", () => {
    const kindsOf = (mounts: RunOptions["mounts"]): readonly string[] => {
      const facts = { ...SAMPLE_FACTS, landlockAbi: 6, paths: { ...SAMPLE_FACTS.paths, "/srv": "dir" } } as const;
      const spec = buildSpec({ ...NO_OPTIONS, args: ["true"], mounts }, facts);
      const { setup, init } = withNamespacesApart(buildPlan(spec, facts));
      return [...setup, ...init].map(({ kind }) => kind);
    };
    const early = kindsOf([]);
    const order = ["exec-init", "landlock-rules", "enter-network", "landlock", "start-command"].map((kind) =>
      early.indexOf(kind),
    );
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const bind = { kind: "bind", flag: "--rw", source: "/srv", destination: "/srv", readOnly: false } as const;
    const late = kindsOf([bind]);
    expect(late).not.toContain("landlock-rules");
    expect(late.indexOf("landlock")).toBeGreaterThan(late.lastIndexOf("attach"));
  });

  test("leaves what flags mount, and what they hide in /proc, behind it", () => {
    const bind = { kind: "bind", flag: "--ro", source: "/usr", destination: "/tmp/usr", readOnly: true } as const;
    const hide = ["/proc/self/root/etc"];
    const facts = {
      ...SAMPLE_FACTS,
      paths: { ...SAMPLE_FACTS.paths, "/usr": "dir", "/proc/self/root/etc": "dir" },
    } as const;
    const spec = buildSpec({ ...NO_OPTIONS, args: ["true"], mounts: [bind], hide }, facts);
    const texts = textsOf(withNamespacesApart(buildPlan(spec, facts)));
    const sysfs = texts.findIndex((text) => SYSFS.test(text));
    expect(texts.findIndex((text) => text.startsWith("mount /usr"))).toBeGreaterThan(sysfs);
    expect(texts.findIndex((text) => text.includes('on "/proc/self/root/etc"'))).toBeGreaterThan(sysfs);
  });

  test("waits for the loopback device as late as no filter may refuse it", () => {
    const kinds = (steps: Plan["setup"]): readonly string[] => steps.map(({ kind }) => kind);
    const ofBox = withNamespacesApart(planOf({}));
    expect(kinds(ofBox.command).slice(-3)).toEqual(["await-network", "seccomp", "exec"]);
    expect(kinds(ofBox.setup)).not.toContain("await-network");
    const open = withNamespacesApart(planOf({ seccomp: "none" }));
    expect(kinds(open.command).slice(-2)).toEqual(["await-network", "exec"]);
    const early = kinds(withNamespacesApart(planOf({ allowNewPrivs: true })).setup);
    expect(early[early.indexOf("seccomp") - 1]).toBe("await-network");
    const alone = kinds(withNamespacesApart(planOf({ init: false })).setup);
    expect(alone.slice(-3)).toEqual(["await-network", "seccomp", "exec"]);
    const listening = withNamespacesApart(planOf({ allowHosts: [{ kind: "any", ports: 443 }] }));
    const setup = kinds(listening.setup);
    expect(setup.slice(setup.indexOf("enter-network")).slice(0, 3)).toEqual([
      "enter-network",
      "await-network",
      "egress",
    ]);
    expect(kinds([...listening.init, ...listening.command])).not.toContain("await-network");
  });

  test.each([
    ["the host's network", { namespaces: { net: { kind: "host" } } }],
    ["no user namespace of its own", { namespaces: { user: { kind: "host" } } }],
    ["a namespace that is joined", { namespaces: { uts: { kind: "path", path: "/run/x" } } }],
  ] as readonly (readonly [string, Partial<RunOptions>])[])("changes nothing with %s", (_, options) => {
    const plan = planOf(options);
    expect(withNamespacesApart(plan)).toBe(plan);
  });
});
