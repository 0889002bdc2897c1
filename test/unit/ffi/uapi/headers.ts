// Compares tables of ffi/uapi with the C headers of this machine: every value becomes a static assertion for cc.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** True where cc or the kernel's headers are missing; the tests that need them name cc in their titles. */
export const noHeaders: boolean = Bun.which("cc") === null || !existsSync("/usr/include/linux/version.h");

export interface HeaderTable {
  /** Headers to include, such as "linux/mount.h". */
  readonly headers: readonly string[];
  /** File and table, "mount.ts MS"; its `// since` comments say what older headers may lack ("mount.ts": nothing). */
  readonly source: string;
  /** What the header puts before each name. */
  readonly prefix: string;
  readonly values: Readonly<Record<string, number | bigint>>;
  /** The names are enumerators, which #ifdef does not see. */
  readonly enumerators?: boolean;
  /** C to write before the headers. */
  readonly before?: string;
}

export interface HeaderStruct {
  readonly headers: readonly string[];
  /** "struct clone_args". */
  readonly name: string;
  readonly layout: { readonly size: number; readonly offsets: Readonly<Record<string, number>> };
}

/** What the headers say differently, one line each; constants newer than the headers are not compared. */
export function tableDifferences(table: HeaderTable): readonly string[] {
  const since = sinceVersions(table.source);
  const lines = Object.entries(table.values).flatMap(([key, value]) => {
    const name = table.prefix + key;
    const version = since.get(key);
    const newer = version === undefined ? "0" : `LINUX_VERSION_CODE < KERNEL_VERSION(${version.join(",")},0)`;
    const present = table.enumerators === true ? `!(${newer})` : `defined(${name})`;
    return [
      `#if ${present}`,
      `_Static_assert((${name}) == ${literal(value)}, "DIFFERS:${name}:");`,
      `#elif !(${newer})`,
      `_Static_assert(0, "MISSING:${name}:");`,
      "#endif",
    ];
  });
  return failedAssertions([table.before ?? "", ...includes(["linux/version.h", ...table.headers]), ...lines]);
}

/** What offsetof and sizeof say differently, one line each. */
export function structDifferences({ headers, name, layout }: HeaderStruct): readonly string[] {
  const offsets = Object.entries(layout.offsets).map(
    ([member, offset]) => `_Static_assert(offsetof(${name}, ${member}) == ${offset}, "DIFFERS:${member}:");`,
  );
  const size = `_Static_assert(sizeof(${name}) == ${layout.size}, "DIFFERS:size:");`;
  return failedAssertions([...includes(["stddef.h", ...headers]), ...offsets, size]);
}

/** The names of all macros that begin with `prefix` after these headers, without it. */
export function macroNames(prefix: string, headers: readonly string[], before: string): readonly string[] {
  const { stdout } = cc(["-E", "-dM"], [before, ...includes(headers)]);
  return [...stdout.matchAll(/^#define (\w+) /gm)].flatMap(([, name = ""]) =>
    name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
  );
}

/** Runs cc on C source lines. */
export function cc(
  args: readonly string[],
  lines: readonly string[],
): { code: number; stdout: string; stderr: string } {
  const source = new TextEncoder().encode(`${lines.join("\n")}\n`);
  const { exitCode, stdout, stderr } = Bun.spawnSync(["cc", ...args, "-x", "c", "-"], { stdin: source });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** `#include` lines. */
export function includes(headers: readonly string[]): readonly string[] {
  return headers.map((header) => `#include <${header}>`);
}

function failedAssertions(lines: readonly string[]): readonly string[] {
  const { code, stderr } = cc(["-fsyntax-only", "-D_GNU_SOURCE"], lines);
  const failed = new Set([...stderr.matchAll(/(?:DIFFERS|MISSING):\w+/g)].map(([text]) => text));
  if (code !== 0 && failed.size === 0) throw new Error(`Cannot compare with the headers: ${stderr}`);
  return [...failed];
}

function literal(value: number | bigint): string {
  return value < 0 ? `(${value})` : `${value}ULL`;
}

function sinceVersions(source: string): ReadonlyMap<string, readonly [string, string]> {
  const [file = "", object] = source.split(" ");
  if (object === undefined) return new Map();
  const text = readFileSync(join(import.meta.dir, "../../../../ffi/uapi", file), "utf8");
  const lines = new RegExp(`export const ${object} = \`\n(.*?)\n\`;`, "s").exec(text)?.[1];
  if (lines !== undefined) return sinceLines(lines);
  const body = new RegExp(`export const ${object}\\b[^=]*= \\{(.*?)\\n?\\} as const;`, "s").exec(text)?.[1];
  if (body === undefined) throw new Error(`Cannot find "${object}" in "${file}"`);
  const rows = body.matchAll(/^\s*(\w+): .*\/\/ since (\d+)\.(\d+)$/gm);
  return new Map([...rows].map(([, name = "", major = "", minor = ""]) => [name, [major, minor]] as const));
}

/** Tables that are texts have it behind the number. */
function sinceLines(text: string): ReadonlyMap<string, readonly [string, string]> {
  const rows = text.matchAll(/^(\w+) \d+ since (\d+)\.(\d+)$/gm);
  return new Map([...rows].map(([, name = "", major = "", minor = ""]) => [name, [major, minor]] as const));
}
