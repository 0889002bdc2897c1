import { describe, expect, test } from "bun:test";
import { importsOf, readSource } from "#test/support/source-code.ts";

describe("readSource()", () => {
  test.each([
    ["a line comment", "a; // b\nc;", "a;     \nc;"],
    ["a block comment", "a; /* b\nc */ d;", "a;     \n     d;"],
    ["a text", 'a("b\\"c"); d;', "a(      ); d;"],
    ["a comment sign in a text", "f('//x'); g();", "f(     ); g();"],
    ["a template's text, but not its code", "f(`a ${b(`c ${d}`)} e`); g;", "f(`  ${b(`  ${d}`)}  `); g;"],
    ["a template with an object in it", "f(`${g({ a: {} })}x`); h;", "f(`${g({ a: {} })} `); h;"],
    ["a regular expression with a quote", "x = /[\"'/]/.test(y); z;", "x =        .test(y); z;"],
  ])("blanks %s", (_, text, code) => {
    expect(readSource(text).codeOnly).toBe(code);
  });

  test("does not take a division for a regular expression", () => {
    expect(readSource("a = b / c; d = e / f;").codeOnly).toBe("a = b / c; d = e / f;");
  });

  test("keeps texts where only comments go", () => {
    expect(readSource('a("b"); // c').withoutComments).toBe('a("b");     ');
  });
});

describe("importsOf()", () => {
  test.each([
    ["a value", 'import { a } from "./a.ts";', ["./a.ts"]],
    ["a type", 'import type { A } from "#src/a.ts";', ["#src/a.ts"]],
    ["an import over several lines", 'import {\n  a,\n  b,\n} from "./a.ts";', ["./a.ts"]],
    ["an import for its effect", 'import "./a.ts";', ["./a.ts"]],
    ["a lazy import", 'const a = await import("./a.ts");', ["./a.ts"]],
    ["a re-export", 'export { a } from "./a.ts";', ["./a.ts"]],
    ["a require", 'const a = require("node:fs");', ["node:fs"]],
  ])("finds %s", (_, text, names) => {
    expect(importsOf(readSource(text))).toEqual(names);
  });

  test("finds nothing in comments and texts", () => {
    expect(importsOf(readSource('// import "a"\nconst t = \'import "b"\';'))).toEqual([]);
  });
});
