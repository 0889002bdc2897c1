import { describe, expect, test } from "bun:test";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { Step } from "#src/plan/steps.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const paths = {
  ...SAMPLE_FACTS.paths,
  "/srv": "dir",
  "/opt": "dir",
  "/opt/a-b": "dir",
  "/opt/in": "dir",
  "/dev/shm": "dir",
} as const;
const FACTS = { ...SAMPLE_FACTS, cwd: "/", paths };

function planOf(options: Partial<RunOptions>): Plan {
  return buildPlan(buildSpec({ ...NO_OPTIONS, args: ["true"], ...options }, FACTS), FACTS);
}

/** Where folders of one tmpfs are mounted, and where a tmpfs is for itself. */
function tmpfsOf(options: Partial<RunOptions>): {
  readonly shared: readonly string[];
  readonly own: readonly string[];
} {
  const { setup } = planOf(options);
  const own = setup.flatMap((step) => (step.kind === "mount" && step.type === "tmpfs" ? [step.destination] : []));
  const shared = setup.flatMap((step) =>
    step.kind === "fresh-folders" ? step.folders.map(({ destination }) => destination) : [],
  );
  return { shared, own };
}

type MountOption = RunOptions["mounts"][number];
const tmpfs = (destination: string, more: Partial<MountOption & { kind: "tmpfs" }> = {}): MountOption => ({
  ...{ kind: "tmpfs", flag: "--tmpfs", destination, sizeBytes: undefined, mode: 0o755, readOnly: false, noexec: false },
  ...more,
});
/** The first two are no mounts of the Spec; the second is what all folders show that are masked. */
const FRESH = ["/dev", "/proc/acpi", "/tmp", "/run", "/var/tmp", "/home", "/root"];
/** What lies in another. */
const OWN = ["/home/ann"];

describe("the empty folders of a box", () => {
  test("are folders of one file system, but for those within others", () => {
    expect(tmpfsOf({})).toEqual({ shared: FRESH, own: OWN });
  });

  test.each<[what: string, mounts: readonly MountOption[], own: readonly string[]]>([
    ["a size of its own", [tmpfs("/srv", { sizeBytes: 4096 })], ["/srv"]],
    ["options of its own", [tmpfs("/srv", { noexec: true }), tmpfs("/opt", { readOnly: true })], ["/srv", "/opt"]],
    ["a place in another", [tmpfs("/tmp/in")], ["/tmp/in"]],
    ["a place in /dev, where there is nothing yet", [tmpfs("/dev/shm")], ["/dev/shm"]],
    ["another in it", [tmpfs("/opt/in", { sizeBytes: 1 }), tmpfs("/opt")], ["/opt/in", "/opt"]],
    ["a name that another could have, too", [tmpfs("/opt/a-b")], ["/opt/a-b"]],
    [
      "something shown before it",
      [{ kind: "bind", flag: "--ro", source: "/usr", destination: "/opt", readOnly: true }, tmpfs("/srv")],
      ["/srv"],
    ],
  ])("are no part of that with %s", (_, mounts, own) => {
    expect(tmpfsOf({ mounts })).toEqual({ shared: FRESH, own: [...OWN, ...own] });
  });

  test("take up what --tmpfs adds", () => {
    expect(tmpfsOf({ mounts: [tmpfs("/srv")] })).toEqual({ shared: [...FRESH, "/srv"], own: OWN });
  });

  test("are there before what lies in /dev, and behind the /proc that one of them masks a part of", () => {
    const { setup } = planOf({});
    const at = (is: (step: Step) => boolean): number => setup.findIndex(is);
    const order = [
      at((step) => step.kind === "mount" && step.type === "proc"),
      at((step) => step.kind === "fresh-folders"),
      at((step) => step.kind === "touch" && step.path === "/dev/null"),
      at((step) => step.kind === "mount-again" && step.source === "/proc/acpi"),
    ];
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test("do not show what a flag mounts on a masked folder, or over it", () => {
    for (const destination of ["/proc/acpi", "/proc/acpi/in", "/proc", "/"]) {
      const bind = { kind: "bind", flag: "--ro", source: "/usr", destination, readOnly: true } as const;
      expect(tmpfsOf({ mounts: [bind] })).toEqual({
        shared: FRESH.filter((path) => path !== "/proc/acpi"),
        own: [...OWN, "/proc/acpi"],
      });
    }
  });

  test("are file systems of their own where the root is not the host's, or /dev and /proc are", () => {
    expect(tmpfsOf({ root: { kind: "empty" } }).shared).toEqual([]);
    expect(tmpfsOf({ dev: "host" }).shared).not.toContain("/dev");
    expect(tmpfsOf({ proc: "bind" }).shared).not.toContain("/proc/acpi");
  });
});
