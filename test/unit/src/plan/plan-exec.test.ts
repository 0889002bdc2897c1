// The plan of `exec`: what it enters, in which order, and that it is never freer than the box.
import { describe, expect, test } from "bun:test";
import { explainStep } from "#src/plan/steps.ts";
import { buildExecPlan, type Entry } from "#src/plan/plan-exec.ts";
import { buildBoxExec, type ExecOptions } from "#src/spec/build-exec.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { emptyExec } from "#src/cli/exec-options.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const BOX: Entry = {
  namespaces: ["user", "mnt", "pid"],
  joins: [],
  joinsInside: false,
  cgroup: "optional",
  root: false,
  preserveCredentials: false,
  groups: "box",
  detach: false,
};

const spec = buildSpec({ ...NO_OPTIONS, detach: true, user: { uid: 7, gid: 7 }, subids: true }, SAMPLE_FACTS);

function kinds(entry: Partial<Entry> = {}, options: Partial<ExecOptions> = {}): readonly string[] {
  const own = buildBoxExec(spec, ["true"], { ...emptyExec(), ...options }, SAMPLE_FACTS);
  const { join, setup } = buildExecPlan(own, SAMPLE_FACTS, { ...BOX, ...entry });
  return [...join, ...setup].map((step) => step.kind);
}

describe("buildExecPlan()", () => {
  test("can't be traced before it enters anything, and is confined before it becomes another user", () => {
    const order = ["not-dumpable", "join-cgroup", "join-process", "parent-death", "no-new-privs", "landlock"];
    expect(
      kinds()
        .filter((kind) => order.includes(kind))
        .slice(0, order.length),
    ).toEqual(order);
    expect(kinds().indexOf("landlock")).toBeLessThan(kinds().indexOf("set-ids"));
    expect(kinds().at(-1)).toBe("exec");
  });

  test("has each step that confines the box's own command", () => {
    for (const kind of ["session-keyring", "no-new-privs", "landlock", "bounding", "set-ids", "capabilities"])
      expect(kinds()).toContain(kind);
  });

  test("lives on with -d, and keeps the caller's ids where they are to be preserved", () => {
    expect(kinds({ detach: true })).not.toContain("parent-death");
    expect(kinds({ detach: true })).toContain("log-streams");
    expect(kinds({ preserveCredentials: true })).not.toContain("set-ids");
  });

  test("says in words what it enters", () => {
    expect(explainStep({ kind: "join-process", types: ["net", "uts"] })).toBe(
      "enter the namespaces of the process: net uts",
    );
  });
});

describe("buildBoxExec()", () => {
  const { capabilities } = spec.process;

  test("has the box's own user, capabilities and variables where nothing is said", () => {
    const { process, box } = buildBoxExec(spec, ["id"], emptyExec(), SAMPLE_FACTS);
    expect(process).toEqual({ ...spec.process, args: ["id"] });
    expect(box).toMatchObject({ init: false, detached: undefined });
  });

  test("another user holds no more than what is given by name", () => {
    const options = { ...emptyExec(), user: { uid: 9, gid: undefined }, capAdd: ["CAP_SYSLOG"] };
    const { user, capabilities: held } = buildBoxExec(spec, ["id"], options, SAMPLE_FACTS).process;
    expect(user).toMatchObject({ uid: 9, gid: 9 });
    expect(held.permitted).toEqual(["CAP_SYSLOG"]);
    expect(held.bounding).toEqual([...capabilities.bounding, "CAP_SYSLOG"]);
  });

  test("--cap-drop takes from the box's set, and all of it", () => {
    const drop = (...capDrop: readonly string[]): readonly string[] =>
      buildBoxExec(spec, ["id"], { ...emptyExec(), capDrop }, SAMPLE_FACTS).process.capabilities.bounding;
    expect(drop("CAP_CHOWN")).toEqual(capabilities.bounding.filter((name) => name !== "CAP_CHOWN"));
    expect(drop("ALL")).toEqual([]);
  });

  test("Landlock lets it open its own streams again, not those of the box", () => {
    const files = buildBoxExec(spec, ["id"], emptyExec(), SAMPLE_FACTS).box.landlock?.files ?? [];
    expect(files.filter((rule) => "fd" in rule)).toEqual([...SAMPLE_FACTS.passedFiles]);
  });
});
