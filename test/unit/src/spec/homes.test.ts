import { describe, expect, test } from "bun:test";
import { buildSpec } from "#src/spec/build-spec.ts";
import { NO_OPTIONS, ROOT_FACTS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

describe("a working folder under what is hidden", () => {
  const at = (cwd: string, facts = SAMPLE_FACTS) => {
    const { mounts } = buildSpec(NO_OPTIONS, { ...facts, cwd, paths: { ...facts.paths, [cwd]: "dir" } });
    return mounts.filter(({ destination }) => destination === cwd).map(({ type }) => type);
  };

  const CASES: readonly (readonly [what: string, cwd: string, types: readonly string[]])[] = [
    ["a folder in a home is shown", "/home/ann/project", ["bind"]],
    ["the caller's home stays hidden", "/home/ann", ["tmpfs"]],
    ["another's home stays hidden, whoever the caller is", "/home/zoe", ["tmpfs"]],
    ["a folder that holds a home stays hidden", "/home", ["tmpfs"]],
    ["a folder in /tmp is shown", "/tmp/x", ["bind"]],
    ["a folder elsewhere is there already", "/usr/src", []],
  ];

  test.each(CASES)("%s: %s", (_, cwd, types) => {
    expect<readonly string[]>(at(cwd)).toEqual(types);
  });

  test("root's box shows no home either, as under sudo", () => {
    expect(at("/home/zoe", ROOT_FACTS)).toEqual(["tmpfs"]);
  });
});

test("-e passes on only what the caller has, not what an object has by itself", () => {
  const { process } = buildSpec({ ...NO_OPTIONS, env: [{ kind: "pass", name: "constructor" }] }, SAMPLE_FACTS);
  expect(process.env.filter((entry) => entry.startsWith("constructor"))).toEqual([]);
});
