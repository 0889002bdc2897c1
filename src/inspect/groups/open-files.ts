// Open files by kind, from the links of /proc/PID/fd; see proc_pid_fd(5).
import { NAMESPACE_TYPES } from "#src/spec/spec.ts";
import { isDigits } from "../proc-text.ts";
import { count, type Group, type Readable, type Row, rows, shownBlocks } from "./group.ts";
import { groupBy, mapList } from "./lists.ts";

export type FileKind =
  "file" | "deleted file" | "device" | "terminal" | "pipe" | "socket" | "memory" | "namespace" | "kernel object";

export interface OpenFile {
  readonly fd: number;
  readonly kind: FileKind;
  /** What the link says. */
  readonly target: string;
}

/** By how the link begins; the first that fits. */
const PREFIXES: readonly (readonly [FileKind, string])[] = [
  ["memory", "/memfd:"],
  ["memory", "/SYSV"],
  ["memory", "/dev/shm/"],
  ["kernel object", "anon_inode:"],
  ["device", "/dev/"],
];

/** By what the link says: a file may be named to look like another kind only where it lies in /dev. */
export function fileKind(target: string): FileKind {
  const name = numberedFile(target)?.name;
  if (name === "pipe" || name === "socket") return name;
  if (name !== undefined && NAMESPACES.includes(name)) return "namespace";
  for (const [kind, prefix] of PREFIXES)
    if (target.startsWith(prefix)) return kind === "device" && isTerminal(target) ? "terminal" : kind;
  return target.startsWith("/") && target.endsWith(" (deleted)") ? "deleted file" : "file";
}

const NAMESPACES: readonly string[] = NAMESPACE_TYPES;

function isTerminal(target: string): boolean {
  if (target.startsWith("/dev/pts/")) return isDigits(target.slice("/dev/pts/".length), INODE_DIGITS);
  if (target.startsWith("/dev/tty")) return /^\w*$/.test(target.slice("/dev/tty".length));
  return target === "/dev/console" || target === "/dev/ptmx";
}

/** "socket:[42]": what has a number instead of a path. */
function numberedFile(target: string): { readonly name: string; readonly inode: number } | undefined {
  const at = target.indexOf(":[");
  if (at === -1 || !target.endsWith("]")) return undefined;
  const digits = target.slice(at + 2, -1);
  return isDigits(digits, INODE_DIGITS) ? { name: target.slice(0, at), inode: Number(digits) } : undefined;
}

const INODE_DIGITS = 15;

/** The inode of "socket:[42]". */
export function socketInode(target: string): number | undefined {
  const numbered = numberedFile(target);
  return numbered?.name === "socket" ? numbered.inode : undefined;
}

/** "anon_inode:[eventpoll]" → "eventpoll". */
function objectName(target: string): string {
  const name = target.slice("anon_inode:".length);
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
}

/** So many of a kind are named; the rest is counted. */
const NAMED_MAX = 8;

/** `sockets` says what is known of a socket's inode. */
export function explainOpenFiles(files: Readable<readonly OpenFile[]>, sockets: ReadonlyMap<number, string>): Group {
  const show = ({ fd, kind, target }: OpenFile): string => {
    const known = kind === "socket" ? sockets.get(socketInode(target) ?? -1) : undefined;
    return `${fd} ${known ?? (kind === "kernel object" ? objectName(target) : target)}`;
  };
  return {
    title: "Open files",
    meaning: "what it holds: these it can use even where no path leads to them",
    blocks: shownBlocks(files, "files", (list) => {
      const kinds: Row[] = [];
      for (const [kind, those] of groupBy(list, ({ kind }) => kind)) {
        const more = those.length - NAMED_MAX;
        const named = mapList(those.slice(0, NAMED_MAX), show).join(", ");
        kinds.push({ label: count(those.length, kind), value: more > 0 ? `${named} and ${more} more` : named });
      }
      return [rows(...(kinds.length === 0 ? [{ label: "files", value: "none" }] : kinds))];
    }),
  };
}
