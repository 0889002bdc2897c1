import { describe, expect, test } from "bun:test";
import { rows, table } from "#src/inspect/groups/group.ts";
import { renderGroups, wrapText } from "#src/inspect/render-groups.ts";

const GROUP = {
  title: "Names",
  meaning: "what it is called",
  blocks: [
    rows({ label: "host", value: "box", note: "set by sethostname" }, { label: "long", value: "a b c d e f g" }),
    ...table(["where", "what"], [["/a/very/long/path/indeed", "one,two,three,four,five,six"]]),
  ],
};

const PLAIN = { color: false, width: 60 };

describe("renderGroups()", () => {
  test("aligns labels and columns, with the note behind the value", () => {
    expect(renderGroups([GROUP], PLAIN)).toBe(`Names  what it is called
  host  box  (set by sethostname)
  long  a b c d e f g
  where                     what
  /a/very/long/path/indeed  one,two,three,four,five,six`);
  });

  test("a narrow terminal wraps the last column, cuts the middle of others, and puts the note below", () => {
    const lines = renderGroups([GROUP], { color: false, width: 30 }).split("\n");
    expect(lines.slice(1).every((line) => line.length <= 30)).toBe(true);
    expect(lines.slice(1)).toEqual([
      "  host  box",
      "        (set by sethostname)",
      "  long  a b c d e f g",
      "  where     what",
      "  /a/v…eed  one,two,three,",
      "            four,five,six",
    ]);
  });

  test("colours titles, meanings, heads and notes, and only where that is wanted", () => {
    expect(renderGroups([GROUP], { ...PLAIN, color: true })).toContain(
      "\x1b[1mNames\x1b[0m  \x1b[2mwhat it is called\x1b[0m",
    );
    expect(renderGroups([GROUP], PLAIN)).not.toContain("\x1b");
  });

  test("makes names harmless that a process chose", () => {
    const evil = { ...GROUP, blocks: [rows({ label: "x", value: "\x1b]0;owned\x07" })] };
    expect(renderGroups([evil], PLAIN)).toContain("\\x1b]0;owned\\x07");
  });
});

test.each([
  ["one two", 80, ["one two"]],
  ["one two", 4, ["one", "two"]],
  ["abcdefgh", 3, ["abc", "def", "gh"]],
  ["", 5, [""]],
])("wrapText(%p, %d) is %p", (text, width, lines) => {
  expect(wrapText(text, width)).toEqual(lines);
});
