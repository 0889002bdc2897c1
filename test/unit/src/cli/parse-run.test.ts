import { describe, expect, test } from "bun:test";
import { parseRun } from "#src/cli/parse-run.ts";
import { emptyDraft } from "#src/cli/run-draft.ts";
import { RUN_OPTIONS } from "#src/cli/run-options.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";
import { pick, type Random, randomText, tryRandomly } from "#test/support/random-text.ts";
import { GOOD_VALUES } from "./good-values.ts";

const A_IS_B = [{ kind: "set", name: "A", value: "b" }] as const;

describe("parseRun()", () => {
  test.each<[readonly string[], Partial<RunOptions>]>([
    [[], { args: [] }],
    [["true"], {}],
    [["--", "true"], {}],
    [["--"], { args: [] }],
    [["-it", "sh"], { interactive: true, tty: true, args: ["sh"] }],
    [["-ti", "sh"], { interactive: true, tty: true, args: ["sh"] }],
    [["-eA=b", "true"], { env: A_IS_B }],
    [["-e", "A=b", "true"], { env: A_IS_B }],
    [["-iteA=b", "true"], { interactive: true, tty: true, env: A_IS_B }],
    [["-itw", "/x", "true"], { interactive: true, tty: true, workdir: "/x" }],
    [["-w/x", "true"], { workdir: "/x" }],
    [["-t", "--no-tty", "true"], { tty: false }],
    [["--hostname", "--overlay", "true"], { hostname: "--overlay" }],
    [["sh", "--overlay", "-x"], { args: ["sh", "--overlay", "-x"] }],
    [["--overlay", "--", "--overlay"], { overlay: true, args: ["--overlay"] }],
    [["--", "--", "-x"], { args: ["--", "-x"] }],
    [["sh", "--", "-x"], { args: ["sh", "--", "-x"] }],
    [["-", "x"], { args: ["-", "x"] }],
    [[""], { args: [""] }],
  ])("reads %j", (argv, expected) => {
    expect(parseRun(argv)).toEqual({ ...NO_OPTIONS, ...expected });
  });

  test.each([
    [["--hostnam=a"], "--hostnam", "did you mean --hostname?"],
    [["--zzzzzzzzzz"], "--zzzzzzzzzz", "nsbox run --help lists the flags"],
    [["--overlya"], "--overlya", "did you mean --overlay?"],
    [["--hlep"], "--hlep", "did you mean --help?"],
    [["-Z"], "-Z", "nsbox run --help lists the flags"],
    [["-iZt"], "-Z", "nsbox run --help lists the flags"],
  ])("refuses the unknown flag of %j and names the nearest", (argv, flag, hint) => {
    const message = `Cannot use ${flag}: nsbox run has no such flag`;
    expect(() => parseRun([...argv, "true"])).toThrow(expect.objectContaining({ code: "EUSAGE", message, hint }));
  });

  test.each([
    [["-w", "/a", "--workdir", "/b"], "Cannot use --workdir twice"],
    [["-ite"], "Cannot use -e: its value is missing"],
    [["-w", "--", "true"], "Cannot use -w: its value is missing"],
  ])("refuses %j: %s", (argv, message) => {
    expect(() => parseRun(argv)).toThrow(message);
  });

  test.each(["--uid-map", "--gid-map"])("names both %s that overlap, on either side", (flag) => {
    const attempt = (a: string, b: string) => () => parseRun([flag, a, flag, b, "true"]);
    expect(attempt("0:100:10", "9:500:1")).toThrow(`${flag} 0:100:10 and ${flag} 9:500:1: they overlap inside`);
    expect(attempt("0:100:10", "50:109:1")).toThrow(`${flag} 0:100:10 and ${flag} 50:109:1: they overlap outside`);
  });

  test("keeps mounts of different flags in the order in which they were given", () => {
    const { mounts } = parseRun(["--tmpfs", "/a", "--ro", "/b", "--mount", "type=proc,dst=/c", "--rw", "/d", "true"]);
    expect(mounts.map((mount) => mount.kind)).toEqual(["tmpfs", "bind", "proc", "bind"]);
  });

  test("adds to what a file said: single values and the command win, lists grow", () => {
    const base = { ...emptyDraft(), hostname: "file", name: "kept", env: [...A_IS_B], args: ["from", "file"] };
    const options = parseRun(["--hostname", "flag", "-eC=d"], base);
    expect(options).toMatchObject({ hostname: "flag", name: "kept", args: ["from", "file"] });
    expect(options.env).toEqual([...A_IS_B, { kind: "set", name: "C", value: "d" }]);
    expect(parseRun(["other"], { ...emptyDraft(), args: ["from", "file"] }).args).toEqual(["other"]);
  });
});

const FLAGS = RUN_OPTIONS.map((row) => `--${row.name}`);
const VALUES = GOOD_VALUES.flatMap((row) => row.value ?? []);
const CLUSTERS = ["-it", "-eA=b", "-e", "-w", "-w/x", "-h", "-Z", "--", "-"];

function randomArgv(random: Random): readonly string[] {
  return Array.from({ length: random(6) }, () => {
    const good = GOOD_VALUES[random(GOOD_VALUES.length)];
    const goodWord = good?.value === undefined ? `--${good?.name}` : `--${good.name}=${good.value}`;
    const junk = randomText(random, [...FLAGS, ...VALUES, "="], 3);
    return pick(random, [goodWord, goodWord, pick(random, FLAGS), pick(random, VALUES), pick(random, CLUSTERS), junk]);
  });
}

describe("parseRun() under random words", () => {
  test("gives options whose command is the end of the words, or throws an NsboxError", () => {
    const { taken, refused } = tryRandomly((random) => {
      const argv = randomArgv(random);
      const { args } = parseRun(argv);
      expect(args).toEqual(argv.slice(argv.length - args.length));
    });
    expect(taken).toBeGreaterThan(200);
    expect(refused).toBeGreaterThan(200);
  });
});
