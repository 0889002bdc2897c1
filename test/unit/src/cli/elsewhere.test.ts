import { describe, expect, test } from "bun:test";
import { COMMANDS } from "#src/cli/commands.ts";
import { commandHints, flagHints, hintForCommand, hintForFlag } from "#src/cli/elsewhere.ts";
import { RUN_OPTIONS } from "#src/cli/run-options.ts";

const FLAGS: readonly string[] = flagHints().flatMap(([words]) => words);
const WORDS: readonly string[] = commandHints().flatMap(([words]) => words);

const OURS: ReadonlySet<string> = new Set(
  RUN_OPTIONS.flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]),
);
const COMMAND_NAMES: readonly string[] = COMMANDS.map(({ name }) => name);

describe("hintForFlag()", () => {
  test("knows flags of docker, bubblewrap and unshare", () => {
    expect(FLAGS.length).toBeGreaterThan(25);
    expect(hintForFlag("--volume")).toContain("--ro PATH[:DEST]");
    expect(hintForFlag("--no-such-flag")).toBeUndefined();
  });

  test.each(FLAGS)("%s is none of ours, and its hint names flags that are there", (flag) => {
    expect(OURS.has(flag)).toBe(false);
    const [own = ""] = (hintForFlag(flag) ?? "").split("systemd-run");
    for (const [named] of own.matchAll(/(?<![\w-])--?[a-z][a-z-]*/g)) expect([...OURS]).toContain(named);
  });
});

describe("hintForCommand()", () => {
  test.each(WORDS)("%s is none of ours, and its hint names what is there", (word) => {
    expect(COMMAND_NAMES).not.toContain(word);
    for (const [, named = ""] of (hintForCommand(word) ?? "").matchAll(/nsbox (\w+)/g))
      expect(COMMAND_NAMES).toContain(named);
  });

  test("knows some", () => {
    expect(WORDS.length).toBeGreaterThan(8);
    for (const word of ["no-such-command", "constructor"]) expect(hintForCommand(word)).toBeUndefined();
  });
});
