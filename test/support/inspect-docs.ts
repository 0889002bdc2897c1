// The names that docs/inspect.md gives to what `inspect --json` prints.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function documentedNames(): ReadonlySet<string> {
  const lines = readFileSync(join(import.meta.dir, "../../docs/inspect.md"), "utf8").split("\n");
  return new Set(lines.flatMap((line) => /^\| `([\w.[\]*]+)` +\|/.exec(line)?.[1] ?? []));
}

/** Those of these names that it does not have. */
export function undocumented(seen: Iterable<string>): readonly string[] {
  const documented = documentedNames();
  const isKnown = (path: string): boolean =>
    documented.has(path) || [...documented].some((one) => one.startsWith(`${path}.`));
  return [...seen].filter((path) => !isKnown(path));
}

/** "a.b[].c" for each value that is no object; refusals and an absent creator say nothing of names. */
export function leavesOf(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value))
    return value.length === 0 ? [`${path}[]`] : value.flatMap((one: unknown) => leavesOf(one, `${path}[]`));
  if (typeof value !== "object" || value === null) return path.endsWith(".creatorUid") ? [] : [path];
  if ("unreadable" in value) return Object.keys(value).join() === "unreadable,reason,help" ? [] : [`${path}.?`];
  if (path.endsWith(".files")) return Object.keys(value).length === 0 ? [] : [`${path}.*`];
  return Object.entries(value).flatMap(([name, one]) => leavesOf(one, path === "" ? name : `${path}.${name}`));
}
