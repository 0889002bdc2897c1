// What the commands that are to be quick load before they do anything.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT: string = join(import.meta.dir, "../../../..");
const TRANSPILER = new Bun.Transpiler({ loader: "ts" });

/** Packages that a file, and what it imports at once, names; not what it imports lazily, nor types. */
function packagesOf(entry: string): ReadonlyMap<string, string> {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { kind, path } of TRANSPILER.scanImports(readFileSync(file, "utf8"))) {
      if (kind !== "import-statement") continue;
      if (path.startsWith("#")) visit(join(ROOT, path.slice(1)));
      else if (path.startsWith(".")) visit(join(dirname(file), path));
      else packages.set(path, file.slice(ROOT.length + 1));
    }
  };
  visit(join(ROOT, entry));
  return packages;
}

describe("src/cli/commands/inspect.ts", () => {
  test("loads none of node's modules, which cost a millisecond each", () => {
    expect([...packagesOf("src/cli/commands/inspect.ts")].filter(([name]) => name !== "bun:ffi")).toEqual([]);
  });
});
