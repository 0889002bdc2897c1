import { describe, expect, test } from "bun:test";
import type { Option } from "#src/cli/option.ts";
import { parseOptions } from "#src/cli/parse.ts";

const ROWS: readonly Option<string[]>[] = [
  { name: "all", short: "a", group: "G", doc: "d", apply: (draft) => void draft.push("all") },
  { name: "to", short: "o", value: "X", group: "G", doc: "d", apply: (draft, value) => void draft.push(`to ${value}`) },
];

function parse(argv: readonly string[], stopAtWord: boolean) {
  const draft: string[] = [];
  return { draft, ...parseOptions(ROWS, draft, argv, { command: "try", stopAtWord }) };
}

describe("parseOptions()", () => {
  test.each([
    [["x", "--all", "y"], ["all"], ["x", "y"]],
    [["x", "--", "--all"], [], ["x", "--all"]],
    [["-ao5", "x"], ["all", "to 5"], ["x"]],
    [["--to=", "-a"], ["to ", "all"], []],
    [["--to", "a=b", "-"], ["to a=b"], ["-"]],
  ])("of a command with words of its own reads %j", (argv, draft, words) => {
    expect(parse(argv, false)).toEqual({ draft, words, help: false });
  });

  test("counts a letter and its long name as one flag", () => {
    expect(() => parse(["--to=1", "-o", "2"], false)).toThrow("Cannot use -o twice: it has one value");
  });

  test("stops at the first word where the rest is another command's", () => {
    expect(parse(["-a", "x", "-a", "--", "y"], true)).toEqual({
      draft: ["all"],
      words: ["x", "-a", "--", "y"],
      help: false,
    });
  });

  test.each(["-h", "--help", "-ah"])("says that help was asked for by %s", (flag) => {
    expect(parse([flag], true).help).toBe(true);
    expect(parse(["--", flag], true).help).toBe(false);
  });

  test.each([
    [["--x\ny"], "Cannot use --x\\ny: nsbox try has no such flag"],
    [["-\x1b"], "Cannot use -\\u001b: nsbox try has no such flag"],
    [["--help=1"], "Cannot use --help=1: --help takes no value"],
    [["--all=a\nb"], "Cannot use --all=a\\nb: --all takes no value"],
  ])("%j: a message stays one line, and harmless for a terminal", (argv, message) => {
    expect(() => parse(argv, true)).toThrow(expect.objectContaining({ message }));
  });

  test("names the command in messages", () => {
    expect(() => parse(["--aal"], false)).toThrow(
      expect.objectContaining({ message: "Cannot use --aal: nsbox try has no such flag", hint: "did you mean --all?" }),
    );
  });
});
