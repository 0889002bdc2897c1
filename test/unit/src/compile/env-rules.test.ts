import { describe, expect, test } from "bun:test";
import { buildEnvRules } from "#src/compile/env-rules.ts";
import { buildEnv } from "#src/spec/build-env.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

/** What the start of a box makes of its rules, see ffi/runner/start.ts. */
function started(options: RunOptions, env: Readonly<Record<string, string>>): readonly string[] {
  const rules = buildEnvRules(options);
  const passed = Object.entries(env).flatMap(([name, value]) => {
    const variable = `${name}=${value}`;
    const rule = rules.find(({ text }) => variable.startsWith(text));
    return rule?.passes === true ? [{ variable, rule }] : [];
  });
  const own = rules.flatMap((rule) =>
    rule.value === undefined || passed.some((one) => one.rule === rule) ? [] : [rule.value],
  );
  return [...passed.map(({ variable }) => variable), ...own].sort();
}

const ENVS: readonly Readonly<Record<string, string>>[] = [
  {},
  {
    PATH: "/bin",
    HOME: "/h",
    SHELL: "/bin/zsh",
    USER: "ann",
    LC_ALL: "C",
    LC_TIME: "de",
    SECRET: "x",
    A: "1",
    TZ: "UTC",
  },
];

describe("buildEnvRules()", () => {
  test.each([
    {},
    { envAll: true },
    { root: { kind: "empty" } },
    { root: { kind: "dir", path: "/srv" }, envAll: true },
    { env: [{ kind: "pass", name: "A" }] },
    {
      env: [
        { kind: "set", name: "A", value: "2" },
        { kind: "set", name: "LC_ALL", value: "" },
      ],
    },
    {
      env: [
        { kind: "set", name: "A", value: "2" },
        { kind: "pass", name: "A" },
      ],
    },
    {
      env: [
        { kind: "pass", name: "HOME" },
        { kind: "pass", name: "PATH" },
      ],
      root: { kind: "empty" },
    },
    { env: [{ kind: "set", name: "PATH", value: "/x" }], envAll: true },
  ] as readonly Partial<RunOptions>[])("gives what buildEnv() gives: %j", (given) => {
    const options = { ...NO_OPTIONS, ...given };
    for (const env of ENVS) {
      expect(started(options, env)).toEqual([...buildEnv(options, { ...SAMPLE_FACTS, env })].sort());
    }
  });
});
