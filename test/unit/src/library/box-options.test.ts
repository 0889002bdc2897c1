import { describe, expect, test } from "bun:test";
import { RUN_OPTIONS } from "#src/cli/run-options.ts";
import { BOX_OPTIONS, LEFT_OUT, readBoxOptions } from "#src/library/box-options.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";
import { GOOD_VALUES } from "../cli/good-values.ts";

const flags = Object.values(BOX_OPTIONS).flatMap(({ flag, off = "" }) => [flag, off].filter((name) => name !== ""));
const optionOf = (flag: string): string =>
  Object.entries(BOX_OPTIONS).find(([, row]) => row.flag === flag || row.off === flag)?.[0] ?? "";

describe("BOX_OPTIONS", () => {
  test("has every flag of run, or says why not, and none twice", () => {
    expect([...flags, ...Object.keys(LEFT_OUT)].sort()).toEqual(RUN_OPTIONS.map(({ name }) => name).sort());
  });

  test("has the flags' names in camelCase, with an s where a list is taken", () => {
    const camel = (flag: string): string => flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const other = Object.entries(BOX_OPTIONS).filter(([name, { flag }]) => name !== camel(flag));
    expect(other.map(([name, { flag, off }]) => [name, flag, off])).toEqual([
      ["mounts", "mount", undefined],
      ["protect", "", "no-protect"],
      ["allowHosts", "allow-host", undefined],
      ["denyHosts", "deny-host", undefined],
      ["envFiles", "env-file", undefined],
      ["rlimits", "rlimit", undefined],
    ]);
  });

  test("takes lists where the flag may be repeated, and values where it takes one", () => {
    for (const { flag, off, takes } of Object.values(BOX_OPTIONS)) {
      const row = RUN_OPTIONS.find(({ name }) => name === (flag === "" ? off : flag));
      expect([flag, takes === "words" || takes === "pairs"]).toEqual([flag, row?.repeatable === true]);
      expect([flag, takes !== "switch"]).toEqual([flag, row?.value !== undefined]);
    }
  });

  test.each(GOOD_VALUES.filter(({ name }) => flags.includes(name)))(
    "of --$name means what the flag means",
    ({ name, value, makes }) => {
      const given = value ?? !name.startsWith("no-");
      const option = name === "no-namespaces" ? true : given;
      const { takes } = BOX_OPTIONS[optionOf(name) as keyof typeof BOX_OPTIONS]; // just looked up
      const list = takes === "pairs" ? [option] : option;
      expect<RunOptions>(readBoxOptions({ [optionOf(name)]: list })).toEqual({ ...NO_OPTIONS, ...makes, args: [] });
    },
  );
});

describe("readBoxOptions()", () => {
  test("takes one text or several, numbers as digits, and leaves out what is undefined", () => {
    const { mounts, oomScoreAdj, hostname } = readBoxOptions({
      ro: ["/a", "/b"],
      rw: "/c",
      oomScoreAdj: 5,
      hostname: undefined,
    });
    expect(mounts.map((mount) => mount.kind === "bind" && mount.source)).toEqual(["/a", "/b", "/c"]);
    expect([oomScoreAdj, hostname]).toEqual([5, undefined]);
  });

  test("takes variables and limits as an object", () => {
    const { env, rlimits } = readBoxOptions({ env: { A: "1", B: 2, C: undefined }, rlimits: { nofile: "5:6" } });
    expect(env).toEqual([
      { kind: "set", name: "A", value: "1" },
      { kind: "set", name: "B", value: "2" },
    ]);
    expect(rlimits).toEqual([{ type: "RLIMIT_NOFILE", soft: 5, hard: 6 }]);
  });

  test("counts times in milliseconds, and takes a umask as a number", () => {
    expect(readBoxOptions({ timeout: 1500, umask: 0o27 })).toMatchObject({ timeoutMs: 1500, umask: 0o27 });
    expect(readBoxOptions({ timeout: "1.5s", umask: "027" })).toMatchObject({ timeoutMs: 1500, umask: 0o27 });
  });

  test("says neither on nor off where a switch is false that has no other side", () => {
    expect(readBoxOptions({ overlay: false, nested: false, protect: true })).toEqual(readBoxOptions({}));
    expect(readBoxOptions({ landlock: false }).landlock).toBe(false);
  });

  test.each([
    [{ rw: [true] }, "a text, or a list of texts"],
    [{ hostname: ["a"] }, "a text or a number"],
    [{ env: { A: {} } }, "an object, or a list"],
    [{ nested: 1 }, "true or false"],
  ])("refuses %o", (options, hint) => {
    expect(() => readBoxOptions(options)).toThrow(
      expect.objectContaining({ code: "EUSAGE", hint: expect.stringContaining(hint) }),
    );
  });

  test.each([
    ["workDir", "did you mean workdir?"],
    ["passFd", "stdin, stdout and stderr are what a command gets"],
    ["addHost", "networks are set up by nsbox"],
    ["constructor", "docs/library.md lists the options"],
    ["__proto__x", "docs/library.md lists the options"],
  ])("refuses the unknown option %s", (name, hint) => {
    expect(() => readBoxOptions({ [name]: "x" })).toThrow(expect.objectContaining({ code: "EUSAGE", hint }));
  });
});
