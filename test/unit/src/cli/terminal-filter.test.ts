import { describe, expect, test } from "bun:test";
import { TerminalFilter } from "#src/cli/terminal-filter.ts";
import { seededRandom, SEED } from "#test/support/random-text.ts";

/** The text in one piece, and byte by byte: both must come to the same. */
function filtered(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const [whole, single] = [new TerminalFilter(), new TerminalFilter()];
  const once = [...whole.feed(bytes), ...whole.end()];
  const pieces = [...bytes].flatMap((byte) => [...single.feed(Uint8Array.of(byte))]);
  expect([...pieces, ...single.end()]).toEqual(once);
  return new TextDecoder().decode(Uint8Array.from(once));
}

const ESC = "\u001b";
const COLOUR = new RegExp(`${ESC}\\[[\\d;:]*m`, "g");

describe("TerminalFilter", () => {
  test.each([
    ["plain\ttext\r\n", "plain\ttext\r\n"],
    ["é 💥 ¢ \u00a0", "é 💥 ¢ \u00a0"],
    ["\u001b[1;31mred\u001b[0m", "\u001b[1;31mred\u001b[0m\u001b[0m"],
    ["\u001b[31mred", "\u001b[31mred\u001b[0m"],
    ["\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
    ["\u001b[2J\u001b[H", "\\x1b[2J\\x1b[H"],
    ["\u001b[6n", "\\x1b[6n"],
    ["\u001b]52;c;aGk=\u001b\\", "\\x1b]52;c;aGk=\\x1b\\"],
    ["\u001b\u001b[31m", "\\x1b\u001b[31m\u001b[0m"],
    ["\u001b[", "\\x1b\\x5b"],
    ["\u009b2J", "\\xc2\\x9b2J"],
    ["a\u0000b\u007fc\bd", "a\\x00b\\x7fc\\x08d"],
    [`\u001b[${"1;".repeat(30)}m`, `\\x1b[${"1;".repeat(30)}m`],
  ])("shows %j as %j", (text, shown) => {
    expect(filtered(text)).toBe(shown);
  });

  test("lets no control through but colours, whatever it is given", () => {
    const random = seededRandom(SEED);
    for (let n = 0; n < 3000; n++) {
      const filter = new TerminalFilter();
      const bytes = Uint8Array.from(
        { length: random(30) },
        () => [27, 91, 109, 49, 59, 0xc2, 0x9b, 7, 65][random(9)] ?? 0,
      );
      const shown = new TextDecoder().decode(Uint8Array.from([...filter.feed(bytes), ...filter.end()]));
      const rest = shown.replaceAll(COLOUR, "");
      expect([...rest].filter((letter) => letter < " " || (letter >= "\u007f" && letter < "\u00a0"))).toEqual([]);
    }
  });
});
