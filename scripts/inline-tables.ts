// Tables of the kernel's numbers, for the bundle: `export const AT = { FDCWD: -100, … } as const` becomes an enum where
// nothing but its members is asked for. A bundler writes an enum's members where they are used, and leaves the enum out; an
// object is made in every start, and each look at a member is work for an engine that has just started (D-63).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";

const TABLE = /export const (\w+) = (\{[^{}]*\}) as const;/g;
const MEMBER = /^\s*(\w+):\s*(-?(?:0x[\da-f]+|0o[0-7]+|\d+))\s*$/i;
const IMPORT = /^(?:import|export) (?:type )?\{([^}]*)\}[^;]*;$/gm;
const RENAMED = /\b(\w+) as \w/g;
const TEXT = /"(?:[^"\\\n]|\\.)*"/g;
/** A name that stands for all of a table: no member is asked for, and it is no property's own name. */
const WHOLE = /(?<![\w$#]|(?<!\.\.)\.)([A-Z]\w*)(?![\w$]|\.[A-Za-z_]|:)/g;

/** Names of which some source asks for more than a member. One too many does no harm: that table stays an object. */
export function namesUsedWhole(sources: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const source of sources) {
    const code = withoutComments(source);
    const known = [...code.matchAll(IMPORT), ...code.matchAll(TABLE)].map(([, words = ""]) => words).join(" ");
    const isKnown = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(known);
    for (const [, name = ""] of known.matchAll(RENAMED)) names.add(name);
    const rest = code.replace(IMPORT, "").replace(TABLE, "$2").replace(TEXT, '""');
    for (const [, name = ""] of rest.matchAll(WHOLE)) if (isKnown(name)) names.add(name);
  }
  return names;
}

/** The text of a file with tables, as enums but for those that are used as a whole, or have more than numbers in them. */
export function withEnums(source: string, usedWhole: ReadonlySet<string>): string {
  return source.replace(TABLE, (table, name: string, body: string) => {
    const members = withoutComments(body.slice(1, -1))
      .split(",")
      .filter((member) => member.trim() !== "");
    if (usedWhole.has(name) || !members.every((member) => MEMBER.test(member))) return table;
    return `export const enum ${name} { ${members.map((member) => member.replace(MEMBER, "$1 = $2")).join(", ")} }`;
  });
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}

/** For a bundle of what is below `root`. */
export function inlineTables(root: string): BunPlugin {
  const usedWhole = namesUsedWhole(["src", "ffi"].flatMap((folder) => sourcesBelow(join(root, folder))));
  return {
    name: "inline-tables",
    setup(build) {
      build.onLoad({ filter: /\/ffi\/uapi\/[^/]+\.ts$/ }, ({ path }) => ({
        contents: withEnums(readFileSync(path, "utf8"), usedWhole),
        loader: "ts",
      }));
    },
  };
}

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
