// /proc/PID/mountinfo → the mounts of a mount namespace, see proc_pid_mountinfo(5). Pure.
import { parseLines } from "./proc-text.ts";

/** How mounts and unmounts spread from and to a mount, see mount_namespaces(7). All undefined, it is private. */
export interface Propagation {
  /** The peer group in which it shares them. */
  readonly shared: number | undefined;
  /** The peer group from which it takes them. */
  readonly master: number | undefined;
  /** The nearest peer group that is seen below this process's root; only where `master` itself isn't. */
  readonly propagateFrom: number | undefined;
  readonly unbindable: boolean;
}

/** One mount. Paths and names are as the kernel has them, without escapes. */
export interface MountInfo {
  readonly id: number;
  /** The mount that it lies on; not in the list where that is outside this process's root. */
  readonly parent: number;
  /** major:minor of the file system. */
  readonly device: string;
  /** What of the file system is mounted; ends in "//deleted" where that is gone. */
  readonly root: string;
  /** Where, as seen from the process's root. */
  readonly mountPoint: string;
  /** Of the mount: ro, nosuid, … */
  readonly options: readonly string[];
  readonly propagation: Propagation;
  readonly type: string;
  readonly source: string;
  /** Of the file system: rw, size=…, … */
  readonly superOptions: readonly string[];
}

/** Every mount, in the order of the file; lines that are none are left out. */
export function parseMountinfo(text: string): readonly MountInfo[] {
  return parseLines(text, parseLine);
}

const BEFORE_FIELDS = 6;
const AFTER_FIELDS = 3;

/** KERNEL: fields stand one space apart and may be empty, as the source of mount("", …) is. */
function parseLine(line: string): MountInfo | undefined {
  const fields = line.split(" ");
  const dash = fields.indexOf("-", BEFORE_FIELDS);
  if (dash === -1 || fields.length < dash + 1 + AFTER_FIELDS) return undefined;
  const id = parseWhole(fields[0]);
  const parent = parseWhole(fields[1]);
  const device = fields[2] ?? "";
  if (id === undefined || parent === undefined || !isDevice(device)) return undefined;
  return {
    id,
    parent,
    device,
    root: unescapeOctal(fields[3] ?? ""),
    mountPoint: unescapeOctal(fields[4] ?? ""),
    options: parseOptions(fields[5] ?? ""),
    propagation: parsePropagation(fields.slice(BEFORE_FIELDS, dash)),
    type: unescapeOctal(fields[dash + 1] ?? ""),
    source: unescapeOctal(fields[dash + 2] ?? ""),
    superOptions: parseOptions(fields[dash + 3] ?? ""),
  };
}

function parseWhole(text: string | undefined): number | undefined {
  const number = Number(text || Number.NaN);
  // What else is a number to Number(), such as "0x10" or " 7", is none here.
  return Number.isSafeInteger(number) && String(number) === text ? number : undefined;
}

/** "8:1" */
function isDevice(text: string): boolean {
  const colon = text.indexOf(":");
  return parseWhole(text.slice(0, Math.max(colon, 0))) !== undefined && parseWhole(text.slice(colon + 1)) !== undefined;
}

/** A comma that belongs to an option is escaped, so that commas are split at first. */
function parseOptions(text: string): readonly string[] {
  const options = text.split(",");
  if (!text.includes("\\") && !options.includes("")) return options;
  const some: string[] = [];
  for (const option of options) if (option !== "") some.push(unescapeOctal(option));
  return some;
}

const PRIVATE: Propagation = { shared: undefined, master: undefined, propagateFrom: undefined, unbindable: false };

function parsePropagation(tags: readonly string[]): Propagation {
  if (tags.length === 0) return PRIVATE;
  return {
    shared: groupOf(tags, "shared:"),
    master: groupOf(tags, "master:"),
    propagateFrom: groupOf(tags, "propagate_from:"),
    unbindable: tags.includes("unbindable"),
  };
}

function groupOf(tags: readonly string[], prefix: string): number | undefined {
  for (const tag of tags) if (tag.startsWith(prefix)) return parseWhole(tag.slice(prefix.length));
  return undefined;
}

/** "\040" → " ": the kernel writes space, tab, line end, backslash and a few more as three octal digits. */
export function unescapeOctal(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
