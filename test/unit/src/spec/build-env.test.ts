import { describe, expect, test } from "bun:test";
import { buildEnv, DEFAULT_PATH } from "#src/spec/build-env.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const HARMLESS = {
  PATH: "/usr/bin",
  HOME: "/home/ann",
  LANG: "C.UTF-8",
  LC_ALL: "C",
  TERM: "xterm",
  TZ: "UTC",
  USER: "ann",
  SHELL: "/bin/zsh",
};
const ENV = { ...HARMLESS, SECRET: "hunter2" };

function envOf(options: Partial<RunOptions>, env: Readonly<Record<string, string>> = ENV): Record<string, string> {
  const pairs = buildEnv({ ...NO_OPTIONS, ...options }, { ...SAMPLE_FACTS, env });
  expect(new Set(pairs.map((pair) => pair.split("=")[0])).size).toBe(pairs.length);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

describe("buildEnv()", () => {
  test("passes the caller's harmless variables, and no secret", () => {
    expect(envOf({})).toEqual(HARMLESS);
  });

  test("gives a PATH where the caller has none", () => {
    expect(envOf({}, {})).toEqual({ PATH: DEFAULT_PATH });
  });

  test("--env-all passes everything", () => {
    expect(envOf({ envAll: true })).toEqual(ENV);
  });

  test("--env NAME passes the caller's value, and nothing where he has none", () => {
    const env = envOf({
      env: [
        { kind: "pass", name: "SECRET" },
        { kind: "pass", name: "NOT_THERE" },
      ],
    });
    expect(env["SECRET"]).toBe("hunter2");
    expect(env).not.toContainKey("NOT_THERE");
  });

  test("of what was said about one variable, the last wins", () => {
    const said = [
      { kind: "set", name: "HOME", value: "/a" },
      { kind: "set", name: "HOME", value: "" },
    ] as const;
    expect(envOf({ env: said })["HOME"]).toBe("");
    expect(envOf({ env: [...said, { kind: "pass", name: "HOME" }] })["HOME"]).toBe("/home/ann");
  });

  test.each([{ kind: "dir", path: "/srv/rootfs" }, { kind: "empty" }] as const)(
    "a root of its own ($kind) has its own PATH and HOME",
    (root) => {
      const own = { PATH: DEFAULT_PATH, HOME: "/root" };
      expect(envOf({ root })).toEqual({ ...own, LANG: "C.UTF-8", LC_ALL: "C", TERM: "xterm", TZ: "UTC" });
      expect(envOf({ root, envAll: true })).toEqual({ ...ENV, ...own });
      expect(envOf({ root, env: [{ kind: "set", name: "PATH", value: "/x" }] })["PATH"]).toBe("/x");
    },
  );
});
