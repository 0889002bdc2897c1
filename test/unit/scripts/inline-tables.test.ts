import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { namesUsedWhole, withEnums } from "#scripts/inline-tables.ts";

const UAPI = join(import.meta.dir, "../../../ffi/uapi");
const ENUM = /export const enum (\w+) \{ ([^}]*) \}/g;
const NONE: ReadonlySet<string> = new Set();

/** Name → member → number, of the enums in a text. */
function enumsIn(text: string): Readonly<Record<string, Readonly<Record<string, number>>>> {
  return Object.fromEntries(
    [...text.matchAll(ENUM)].map(([, name = "", body = ""]) => {
      const members = body.split(", ").map((member) => member.split(" = "));
      return [name, Object.fromEntries(members.map(([key = "", value]) => [key, Number(value)]))];
    }),
  );
}

describe("withEnums()", () => {
  test("gives every table of ffi/uapi the members and numbers that it has", async () => {
    let count = 0;
    for (const file of readdirSync(UAPI)) {
      const module: Readonly<Record<string, unknown>> = await import(join(UAPI, file));
      for (const [name, members] of Object.entries(enumsIn(withEnums(readFileSync(join(UAPI, file), "utf8"), NONE)))) {
        expect([file, name, members]).toEqual([file, name, { ...(module[name] as object) }]); // a table is an object
        count++;
      }
    }
    expect(count).toBeGreaterThan(50);
  });

  const TABLE = "export const A = {\n  ONE: 1, // the first, of two\n  /** B, C */\n  MINUS: -0x2,\n} as const;\n";

  test("leaves what a table's comments say aside", () => {
    expect(withEnums(`${TABLE}export const x = 1;`, NONE)).toBe(
      "export const enum A { ONE = 1, MINUS = -0x2 }\nexport const x = 1;",
    );
  });

  test.each([
    ["is used as a whole", TABLE, new Set(["A"])],
    ["has a text in it", 'export const A = { ONE: "1" } as const;', NONE],
    ["has a sum in it", "export const A = { ONE: 1, TWO: 1 + 1 } as const;", NONE],
    ["holds another", "export const A = { ...B, ONE: 1 } as const;", NONE],
    ["has tables in it", "export const A = { ONE: { a: 1 } } as const;", NONE],
    ["has a type", "export const A: Numbers = { ONE: 1 };", NONE],
  ])("leaves one that %s", (_what, source, usedWhole) => {
    expect(withEnums(source, usedWhole)).toBe(source);
  });
});

describe("namesUsedWhole()", () => {
  test.each([
    "for (const name in A) f(name);",
    "Object.entries(A)",
    "A[name]",
    "type Name = keyof typeof A;",
    "f({ A, b: 1 });",
    "const { ONE } = A;",
    "export const flags = { ...A };",
    "print(A, 1)",
    "A?.ONE",
    'import { A as Flags } from "./a.ts";',
    "x === 1 ? A : B",
    "export const B = {\n  ONE: A,\n} as const;",
  ])("finds it in %p", (source) => {
    const imported = source.includes("import") ? source : `import { A, B } from "./a.ts";\n${source}`;
    expect(namesUsedWhole([imported]).has("A")).toBe(true);
    expect(namesUsedWhole([`export const A = { ONE: 1 } as const;\n${source}`]).has("A")).toBe(true);
  });

  test.each([
    "call(A.ONE | A.TWO)",
    'import { A, type B } from "./a.ts";',
    'import {\n  A,\n  B,\n} from "./a.ts";',
    "// A is a table\n/* A,\n A */",
    "f({ A: 1 })",
    "x.A",
    "AA",
    "function f<A>(a: A): A {}",
    'import { A } from "./a.ts";\nprint("A \\"A", A.ONE)',
    "export const A = {\n  ONE: 1,\n} as const;",
  ])("finds none in %p", (source) => {
    expect(namesUsedWhole([source]).has("A")).toBe(false);
  });
});
