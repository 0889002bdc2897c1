// Parsers of /proc files, see proc(5). Pure: text in, data out. Without regular expressions, each of which the engine
// compiles at its first use, some 20 µs (D-57).

/** What each line says; those that say nothing are left out, and the end of the last is not one. A loop: see D-57. */
export function parseLines<T>(text: string, parse: (line: string) => T | undefined): readonly T[] {
  const parsed: T[] = [];
  for (const line of text.split("\n")) {
    const one = line === "" ? undefined : parse(line);
    if (one !== undefined) parsed.push(one);
  }
  return parsed;
}

/** The words of a line, which blanks and tabs separate. */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  for (const word of line.replaceAll("\t", " ").split(" ")) if (word !== "") words.push(word);
  return words;
}

/** Whether a text is a whole number in decimal digits, so many at most. */
export function isDigits(text: string | undefined, most: number): text is string {
  if (text === undefined || text === "" || text.length > most) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** "Name:\tvalue" lines of /proc/PID/status. */
export function parseStatus(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

/** The name of a process out of its "Name" line. KERNEL: newlines and backslashes are escaped there, nothing else. */
export function parseStatusName(text: string): string {
  return !text.includes("\\") ? text : text.replace(/\\(n|\\)/g, (_, letter: string) => (letter === "n" ? "\n" : "\\"));
}

/** One line of an id map: `size` ids from `inside` are those from `outside`. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly size: number;
}

/** /proc/PID/uid_map and gid_map, as the reading process sees them. */
export function parseIdRanges(text: string): readonly IdRange[] {
  const ranges: IdRange[] = [];
  for (const line of text.split("\n")) {
    const words = wordsOf(line);
    const range = { inside: Number(words[0]), outside: Number(words[1]), size: Number(words[2]) };
    const { inside, outside, size } = range;
    const isRange = Number.isSafeInteger(inside) && Number.isSafeInteger(outside) && Number.isSafeInteger(size);
    if (isRange && words.length === 3) ranges.push(range);
  }
  return ranges;
}

/** KERNEL: 2^32-1 is not an id, so this is every one there is. */
const ALL_IDS = 2 ** 32 - 1;

/** "0 inside is 1000 outside", "0–65535 inside are 100000–165535 outside". */
export function explainIdRange({ inside, outside, size }: IdRange): string {
  if (inside === 0 && outside === 0 && size === ALL_IDS) return "every id is the same inside and outside";
  if (size === 1) return `${inside} inside is ${outside} outside`;
  return `${inside}–${inside + size - 1} inside are ${outside}–${outside + size - 1} outside`;
}

/** The start time, field 22 of /proc/PID/stat, in clock ticks since boot. The name may hold spaces and brackets. */
export function parseStartTicks(text: string): number | undefined {
  const ticks = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[19]);
  return Number.isSafeInteger(ticks) ? ticks : undefined;
}

/** A line of /proc/PID/cgroup: cgroup v2 has hierarchy 0 and no controllers. */
export interface CgroupLine {
  readonly hierarchy: number;
  readonly controllers: readonly string[];
  readonly path: string;
}

const HIERARCHY_DIGITS = 10;

/** /proc/PID/cgroup, see cgroups(7). Paths may hold colons. */
export function parseCgroups(text: string): readonly CgroupLine[] {
  return parseLines(text, (line) => {
    const first = line.indexOf(":");
    const second = line.indexOf(":", first + 1);
    const hierarchy = line.slice(0, Math.max(first, 0));
    if (second === -1 || !isDigits(hierarchy, HIERARCHY_DIGITS)) return undefined;
    const controllers = wordsOf(line.slice(first + 1, second).replaceAll(",", " "));
    return { hierarchy: Number(hierarchy), controllers, path: line.slice(second + 1) };
  });
}

/** "net:[4026531840]" → 4026531840. */
export function parseNamespaceLink(text: string): number | undefined {
  const match = /^[a-z_]+:\[(\d+)\]$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}
