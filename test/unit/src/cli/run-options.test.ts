import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { COMMANDS } from "#src/cli/commands.ts";
import { loadConfig } from "#src/cli/config-file.ts";
import { commandHelp } from "#src/cli/help.ts";
import { parseRun } from "#src/cli/parse-run.ts";
import { RUN_OPTIONS } from "#src/cli/run-options.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { tempDir } from "#test/support/nsbox.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";
import { GOOD_VALUES } from "./good-values.ts";

const HELP = COMMANDS.filter((command) => command.name === "run")
  .map(commandHelp)
  .join("");
const NOT_IN_FILES = ["config", "dry-run", "json"];

describe("RUN_OPTIONS", () => {
  test("has a good value here for every row, and no name or letter twice", () => {
    const names = RUN_OPTIONS.map((row) => row.name);
    expect(GOOD_VALUES.map((row) => row.name)).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
    const letters = RUN_OPTIONS.flatMap((row) => row.short ?? []);
    expect(new Set([...letters, "h"]).size).toBe(letters.length + 1);
  });

  test.each(GOOD_VALUES)("--$name takes its value, as two words and as one", ({ name, value, makes }) => {
    const expected = { ...NO_OPTIONS, ...makes };
    expect(parseRun([`--${name}`, ...(value === undefined ? [] : [value]), "--", "true"])).toEqual(expected);
    if (value !== undefined) expect(parseRun([`--${name}=${value}`, "--", "true"])).toEqual(expected);
  });

  test.each([...RUN_OPTIONS])("--$name stands in the help, with its letter, its value and what it does", (row) => {
    const short = row.short === undefined ? "" : `-${row.short}, `;
    const flag = `${short}--${row.name}${row.value === undefined ? "" : ` ${row.value}`}`;
    const lines = HELP.split("\n").map((line) => line.trim());
    const at = lines.findIndex((line) => line === flag || line.startsWith(`${flag}  `));
    expect(at).toBeGreaterThan(0);
    expect(`${lines[at]} ${lines[at + 1]}`).toContain(row.doc);
    expect(HELP).toContain(`\n${row.group}:\n`);
  });

  test.each(GOOD_VALUES)("$name is a key of configuration files, unless it is about the call itself", (row) => {
    using dir = tempDir();
    const path = dir.join("box.json");
    writeFileSync(path, JSON.stringify({ [row.name]: row.value ?? true }));
    if (NOT_IN_FILES.includes(row.name)) expect(() => loadConfig(path)).toThrow("it is not known");
    else expect<RunOptions>(loadConfig(path)).toEqual({ ...NO_OPTIONS, ...row.makes, args: [] });
  });

  const takingValues = RUN_OPTIONS.filter((row) => row.value !== undefined);

  test.each(takingValues)("--$name says that its value is missing, at the end and before --", ({ name, value }) => {
    for (const argv of [[`--${name}`], [`--${name}`, "--", "true"]]) {
      expect(() => parseRun(argv)).toThrow(
        expect.objectContaining({
          message: `Cannot use --${name}: its value is missing`,
          hint: `write --${name} ${value}`,
        }),
      );
    }
  });

  test.each(GOOD_VALUES.filter((row) => row.value !== undefined))("--$name twice", ({ name, value }) => {
    const argv = [`--${name}=${value}`, `--${name}=${value}`, "true"];
    const repeatable = RUN_OPTIONS.some((row) => row.name === name && row.repeatable === true);
    if (!repeatable) expect(() => parseRun(argv)).toThrow(`Cannot use --${name} twice: it has one value`);
    else if (name.endsWith("id-map")) expect(() => parseRun(argv)).toThrow("they overlap inside");
    else expect(parseRun(argv).args).toEqual(["true"]);
  });

  test.each(RUN_OPTIONS.filter((row) => row.value === undefined))("--$name takes no value", ({ name }) => {
    expect(() => parseRun([`--${name}=1`, "true"])).toThrow(`Cannot use --${name}=1: --${name} takes no value`);
    expect(parseRun([`--${name}`, `--${name}`, "true"]).args).toEqual(["true"]);
  });

  test.each(["root", "overlay-dir", "workdir", "env-file", "config"])("--%s is never empty", (name) => {
    expect(() => parseRun([`--${name}=`])).toThrow(`Cannot parse --${name} "": it is not a path`);
  });

  test.each([
    ["proc", "fresh, bind, none"],
    ["dev", "minimal, host, none"],
    ["home", "hide, ro, rw"],
  ])("--%s lists its words where it is given another", (name, words) => {
    const wrong = { message: `Cannot parse --${name} "x": it is not one of its words`, hint: `use ${words}` };
    expect(() => parseRun([`--${name}`, "x"])).toThrow(expect.objectContaining(wrong));
  });
});
