// Configuration files under random text: a draft, or an error of our own, and nothing else, ever.
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { loadConfig } from "#src/cli/config-file.ts";
import { tempDir } from "#test/support/nsbox.ts";
import { randomText, tryRandomly } from "#test/support/random-text.ts";

const KEYS = ["hostname", "ro", "env", "umask", "tty", "timeout", "command", "constructor", "net"];
const VALUES = ['"a"', "1", "true", "null", "[]", '["a", 1]', "{}", "0x10", "1e999", "-0", "nan", "2024-01-01"];

const FORMATS = [
  {
    ending: "json",
    pieces: ["{", "}", ",", "\n", ...KEYS.map((key) => `"${key}": `), ...VALUES, "// c\n", "{}", '{"tty": true}'],
  },
  {
    ending: "toml",
    pieces: ["\n", "[[", "]]", "[a]", ...KEYS.map((key) => `\n${key} = `), ...VALUES, "# c\n", "\ntty = true\n"],
  },
  {
    ending: "yaml",
    pieces: ["\n", "- ", "  ", ...KEYS.map((key) => `\n${key}: `), ...VALUES, "&a ", "*a", "!!x ", "\ntty: true\n"],
  },
] as const;

describe("configuration files under random text", () => {
  test.each(FORMATS)(
    "a $ending file gives a draft or throws an NsboxError",
    ({ ending, pieces }) => {
      using dir = tempDir();
      const path = dir.join(`box.${ending}`);
      const { taken, refused } = tryRandomly((random) => {
        writeFileSync(path, randomText(random, pieces, 10));
        const draft = loadConfig(path);
        expect(Object.getPrototypeOf(draft)).toBe(Object.prototype);
        expect(draft.umask ?? 0).toBeLessThanOrEqual(0o777);
      });
      expect(taken).toBeGreaterThan(20);
      expect(refused).toBeGreaterThan(20);
    },
    600_000,
  );
});
