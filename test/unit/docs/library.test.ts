import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERRORS } from "#src/error.ts";
import { BOX_OPTIONS } from "#src/library/box-options.ts";
import { EXEC_NAMES, SPAWN_NAMES } from "#src/library/command-options.ts";

const TEXT = readFileSync(join(import.meta.dir, "../../../docs/library.md"), "utf8");
const section = (title: string): string => TEXT.split(/^## /m).find((part) => part.startsWith(title)) ?? "";
const quoted = (text: string): string[] => [...text.matchAll(/`([A-Za-z]+)`/g)].map(([, word = ""]) => word);

test("docs/library.md lists every option of a box, and none that there isn't", () => {
  const rows = section("Options of a box")
    .split("\n")
    .filter((line) => /^\| [a-z]/.test(line) && !line.startsWith("| about"));
  expect(quoted(rows.join("\n")).sort()).toEqual(Object.keys(BOX_OPTIONS).sort());
});

test("docs/library.md lists every option of a command, and every code of an error but for mistakes of nsbox", () => {
  const words = quoted(section("box(options)"));
  expect([...SPAWN_NAMES, ...EXEC_NAMES].filter((name) => !words.includes(name))).toEqual([]);
  const codes = quoted(section("Errors")).filter((word) => word in ERRORS);
  expect(codes).toEqual(Object.keys(ERRORS).filter((code) => code !== "EINTERNAL"));
});
