// Open files by kind, from the links of /proc/PID/fd; see proc_pid_fd(5).
import { count, type Group, groupBy, type Readable, rows, shownBlocks } from "./group.ts";

export type FileKind =
  "file" | "deleted file" | "device" | "terminal" | "pipe" | "socket" | "memory" | "namespace" | "kernel object";

export interface OpenFile {
  readonly fd: number;
  readonly kind: FileKind;
  /** What the link says. */
  readonly target: string;
}

const KINDS: readonly (readonly [FileKind, RegExp])[] = [
  ["pipe", /^pipe:\[\d+\]$/],
  ["socket", /^socket:\[\d+\]$/],
  ["memory", /^\/(?:memfd:|SYSV|dev\/shm\/)/],
  ["namespace", /^(?:user|mnt|pid|ipc|uts|net|cgroup|time):\[\d+\]$/],
  ["kernel object", /^anon_inode:/],
  ["terminal", /^\/dev\/(?:pts\/\d+|tty\w*|console|ptmx)$/],
  ["device", /^\/dev\//],
  ["deleted file", /^\/.* \(deleted\)$/s],
];

/** By what the link says: a file may be named to look like another kind only where it lies in /dev. */
export function fileKind(target: string): FileKind {
  return KINDS.find(([, pattern]) => pattern.test(target))?.[0] ?? "file";
}

/** The inode of "socket:[42]". */
export function socketInode(target: string): number | undefined {
  const match = /^socket:\[(\d{1,15})\]$/.exec(target);
  return match === null ? undefined : Number(match[1]);
}

/** So many of a kind are named; the rest is counted. */
const NAMED_MAX = 8;

/** `sockets` says what is known of a socket's inode. */
export function explainOpenFiles(files: Readable<readonly OpenFile[]>, sockets: ReadonlyMap<number, string>): Group {
  const show = ({ fd, kind, target }: OpenFile): string => {
    const known = kind === "socket" ? sockets.get(socketInode(target) ?? -1) : undefined;
    return `${fd} ${known ?? target.replace(/^anon_inode:\[?([^\]]*)\]?$/, "$1")}`;
  };
  return {
    title: "Open files",
    meaning: "what it holds: these it can use even where no path leads to them",
    blocks: shownBlocks(files, "files", (list) => {
      const kinds = [...groupBy(list, ({ kind }) => kind)].map(([kind, those]) => {
        const more = those.length - NAMED_MAX;
        const named = those.slice(0, NAMED_MAX).map(show).join(", ");
        return { label: count(those.length, kind), value: more > 0 ? `${named} and ${more} more` : named };
      });
      return [rows(...(kinds.length === 0 ? [{ label: "files", value: "none" }] : kinds))];
    }),
  };
}
