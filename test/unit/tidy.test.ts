// Holds the house rules of test/support/house-rules.ts against the whole source.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import {
  BANS,
  type Ban,
  IMPURE_GLOBALS,
  IMPURE_INSTEAD,
  LAYERS,
  type Layer,
  LINES_MAX,
  LONG_TABLES,
  MACHINE_TRACES,
  RATCHET,
  SAFETY_LINES,
} from "#test/support/house-rules.ts";
import { importsOf, readSource, type SourceCode } from "#test/support/source-code.ts";

const ROOT: string = join(import.meta.dir, "../..");

interface SourceFile extends SourceCode {
  readonly path: string;
  readonly text: string;
}

function listFiles(pattern: string): string[] {
  return [...new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true })]
    .filter((path) => !/^(?:node_modules|dist|\.git)\//.test(path))
    .sort();
}

const FILES: readonly SourceFile[] = listFiles("{ffi,src,scripts,test}/**/*.ts").map((path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, ...readSource(text) };
});

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;
const isIn = (path: string, names: readonly string[]): boolean =>
  names.some((name) => (/[/:]$/.test(name) ? path.startsWith(name) : path === name));

/** The module as a path below the root, or as it is where it comes from outside. */
function resolveImport(path: string, specifier: string): string {
  if (specifier.startsWith("#")) return specifier.slice(1);
  return specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : specifier;
}

function layerOf(path: string): Layer | undefined {
  return LAYERS.find((layer) => isIn(path, layer.of));
}

function illegalImports(file: SourceFile): string[] {
  const layer = layerOf(file.path);
  if (layer === undefined) return [`${file.path}: its folder has no row in LAYERS`];
  const illegal = importsOf(file).filter((name) => !isIn(resolveImport(file.path, name), [...layer.of, ...layer.may]));
  return illegal.map((name) => `${file.path} must not import "${name}"`);
}

function findBanned(ban: Ban, file: SourceFile): string[] {
  if (!isIn(file.path, ban.covers) || isIn(file.path, ban.except)) return [];
  const text = ban.within === "code" ? file.codeOnly : ban.within === "everything" ? file.text : file.withoutComments;
  const found = [...text.matchAll(new RegExp(ban.pattern, `${ban.pattern.flags}g`))];
  return found.map((match) => `${file.path}:${lineAt(text, match.index)}: ${ban.why}; instead: ${ban.instead}`);
}

/** True if the file gives this name a meaning of its own: a variable, a parameter, an import. */
function declares(code: string, name: string): boolean {
  const forms = [
    `(?:const|let|as|import|function)\\s+${name}\\b`,
    `(?:const|let)\\s*\\{[^}]*\\b${name}\\b[^}]*\\}\\s*=`,
  ];
  return new RegExp([...forms, `[(,]\\s*${name}\\s*:`].join("|")).test(code);
}

function impurities(file: SourceFile): string[] {
  if (layerOf(file.path)?.pure !== true) return [];
  const used = IMPURE_GLOBALS.filter((name) => !declares(file.codeOnly, name))
    .map((name) => new RegExp(`(?<![.\\w$#])${name}\\s*(?:\\?\\.|[.[(])`, "g"))
    .concat(/\bMath\s*\.\s*random\b/g, /\bnew\s+Date\b(?!\s*\()/g);
  const found = used.flatMap((pattern) => [...file.codeOnly.matchAll(pattern)]);
  return found.map(({ 0: what, index }) => `${file.path}:${lineAt(file.codeOnly, index)}: ${what}; ${IMPURE_INSTEAD}`);
}

describe("the source", () => {
  test("is read at all", () => {
    expect(FILES.length).toBeGreaterThan(50);
  });

  test("imports downward only", () => {
    const files = FILES.filter(({ path }) => path.startsWith("src/") || path.startsWith("ffi/"));
    expect(files.flatMap(illegalImports)).toEqual([]);
  });

  test("names project files by what they are: a file that exists, with its ending", () => {
    const names = FILES.flatMap((file) =>
      importsOf(file)
        .filter((name) => /^[#.]/.test(name))
        .map((name) => [file.path, name, resolveImport(file.path, name)] as const),
    );
    const wrong = names.filter(([, , path]) => !existsSync(join(ROOT, path)) || !/\.(?:ts|json|c|txt)$/.test(path));
    expect(wrong.map(([path, name]) => `${path}: "${name}"`)).toEqual([]);
  });

  test.each(BANS.map((ban) => [ban.name, ban] as const))("is free of: %s", (_, ban) => {
    expect(FILES.flatMap((file) => findBanned(ban, file))).toEqual([]);
  });

  test("has no pure folder that asks the machine, the clock or chance", () => {
    expect(FILES.flatMap(impurities)).toEqual([]);
  });

  test("has a SAFETY comment just above every ptr()", () => {
    const bare = FILES.filter(({ path }) => /^(?:src|ffi)\//.test(path)).flatMap((file) => {
      const lines = file.text.split("\n");
      const uses = [...file.codeOnly.matchAll(/(?<![\w.$])ptr\s*\(/g)].map(({ index }) => lineAt(file.codeOnly, index));
      const safe = (line: number): boolean =>
        lines.slice(Math.max(0, line - 1 - SAFETY_LINES), line).some((text) => text.includes("SAFETY:"));
      return uses.filter((line) => !safe(line)).map((line) => `${file.path}:${line}`);
    });
    expect(bare).toEqual([]);
  });

  test("has no file that is too long to be of one thought", () => {
    const long = FILES.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ path }) => !LONG_TABLES.includes(path))
      .filter(({ path, lines }) => lines > (RATCHET[path] ?? LINES_MAX));
    expect(long).toEqual([]);
  });

  test("keeps no ratchet for a file that has become short enough", () => {
    const stale = Object.keys(RATCHET).filter((path) => {
      const file = FILES.find((one) => one.path === path);
      return file === undefined || file.text.split("\n").length - 1 <= LINES_MAX;
    });
    expect(stale).toEqual([]);
  });

  test("names nothing that only this machine has", () => {
    const texts = listFiles("**/*.{ts,json,jsonc,md,toml,c,txt,args}").concat(listFiles("{.ci,scripts/hooks}/*"));
    const found = texts.flatMap((path) => {
      const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
      const bad = (line: string): boolean => MACHINE_TRACES.some((trace) => trace.test(line));
      return lines.flatMap((line, index) => (bad(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []));
    });
    expect(found).toEqual([]);
  });
});

describe("the house rules", () => {
  test.each(BANS.map((ban) => [ban.name, ban] as const))("catch a sample of: %s", (_, ban) => {
    const path = `${ban.covers[0]}sample.ts`.replace(".tssample", "");
    expect(findBanned(ban, { path, text: ban.sample, ...readSource(ban.sample) })).toHaveLength(1);
  });

  test("have a reason and a way out in every ban", () => {
    expect(BANS.filter(({ why, instead }) => why === "" || instead === "")).toEqual([]);
  });

  test.each([
    ["a value", "src/plan/x.ts", 'import { openDir } from "#ffi/libc/fd.ts";'],
    ["a type", "src/spec/x.ts", 'import type { Plan } from "#src/plan/plan.ts";'],
    ["an import() of a type", "src/spec/x.ts", 'type Fs = typeof import("node:fs");'],
    ["ffi into the command line", "src/cli/x.ts", 'import { CLONE } from "#ffi/uapi/clone.ts";'],
    ["a file of a layer's lower neighbour", "src/plan/x.ts", 'import { assemble } from "#ffi/tape/assemble.ts";'],
    ["anything into a folder without a row", "src/unheard-of/x.ts", ""],
  ])("catch an import that goes up: %s", (_, path, text) => {
    expect(illegalImports({ path, text, ...readSource(text) })).toHaveLength(1);
  });

  test.each([
    ["the process", "const uid = process.getuid();"],
    ["Bun", 'const shell = Bun.which("sh");'],
    ["the clock", "const now = Date.now();"],
    ["the clock, made new", "const now = new Date();"],
    ["chance", "const name = Math.random();"],
    ["the network", 'const page = fetch("http://localhost");'],
  ])("catch a pure file that asks %s", (_, text) => {
    expect(impurities({ path: "src/plan/x.ts", text, ...readSource(text) })).toHaveLength(1);
  });

  test.each([
    ["a field of that name", "const args = spec.process.args;"],
    ["a variable of that name", "const { root, process } = spec;\nconst args = process.args;"],
    ["an import of that name", 'import * as process from "./steps/process.ts";\nconst row = process.row;'],
    ["a text", 'const why = "the process (see execve) is gone";'],
  ])("do not take for the global: %s", (_, text) => {
    expect(impurities({ path: "src/plan/x.ts", text, ...readSource(text) })).toEqual([]);
  });

  test("let a plan speak of calls", () => {
    const text = 'import { call } from "#ffi/tape/call.ts";\nimport { plan } from "./plan.ts";';
    expect(illegalImports({ path: "src/plan/x.ts", text, ...readSource(text) })).toEqual([]);
  });
});
