// A ready box is taken up whatever other variables say: no plan may rest on one that the front doesn't compare.
import { describe, expect, test } from "bun:test";
import { DECIDING_VARIABLES } from "#ffi/front/ready-layout.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import { writableSources } from "#src/spec/build-protected.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { knownSockets } from "#src/spec/exposed-sockets.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { statePlaces } from "#src/spec/state-places.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const CASES: readonly Partial<RunOptions>[] = [
  {},
  { home: "rw" },
  { envAll: true },
  { workdir: "/srv", hostname: "x" },
  { mounts: [{ kind: "bind", source: ".", destination: undefined, readOnly: false, flag: "--rw" }] },
];

/** Everything that is decided, but for the environment that passes through. */
function decided(options: Partial<RunOptions>, env: HostFacts["env"]): unknown {
  const facts = { ...SAMPLE_FACTS, env };
  const all = { ...NO_OPTIONS, args: ["true"], ...options };
  const plan = buildPlan(buildSpec(all, facts), facts);
  const bare = (steps: Plan["command"]): unknown =>
    steps.map((step) => (step.kind === "exec" ? { ...step, env: [] } : step));
  return {
    plan: { ...plan, setup: bare(plan.setup), command: bare(plan.command) },
    others: [knownSockets(env), statePlaces(env, facts.uid), writableSources(all, facts.cwd, facts.homes)],
  };
}

/** Names that programs look at, and every other one that the source mentions. */
async function otherNames(): Promise<readonly string[]> {
  const names = new Set(["USER", "SHELL", "TERM", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_DATA_HOME", "OTHER"]);
  for await (const path of new Bun.Glob("{src,ffi}/**/*.ts").scan({ cwd: `${import.meta.dir}/../../../..` })) {
    const text = await Bun.file(`${import.meta.dir}/../../../../${path}`).text();
    for (const [, name = ""] of text.matchAll(/env(?:\.|\[")([A-Z][A-Z0-9_]+)/g)) names.add(name);
  }
  for (const name of DECIDING_VARIABLES) names.delete(name);
  return [...names];
}

describe("the variables that a ready box is not compared by", () => {
  test.each(CASES)("decide nothing: %j", async (options) => {
    const { env } = SAMPLE_FACTS;
    const others = Object.fromEntries((await otherNames()).map((name) => [name, "/tmp/elsewhere"]));
    expect(decided(options, { ...others, ...env })).toEqual(decided(options, env));
  });

  test("control: those that it is compared by do", () => {
    const { env } = SAMPLE_FACTS;
    const changed = { PATH: "/else", SSH_AUTH_SOCK: "/else", XDG_RUNTIME_DIR: "/else", NSBOX_STATE_DIR: "/else" };
    for (const [name, value] of Object.entries(changed))
      expect(decided({}, { ...env, [name]: value })).not.toEqual(decided({}, env));
  });
});
