// System V objects and POSIX message queues, see ipc_namespaces(7).
import { isDigits, parseLines, wordsOf } from "../proc-text.ts";
import { explainBytes, type Block, type Group, type Readable, rows, shown, shownBlocks, table } from "./group.ts";
import { mapList } from "./lists.ts";

/** A shared memory segment, a set of semaphores or a message queue of System V. Ids are those seen inside. */
export interface SysvObject {
  readonly kind: "shared memory" | "semaphores" | "messages";
  readonly key: number;
  readonly id: number;
  /** Octal, as ls has it: "600". */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of memory or of waiting messages, or how many semaphores. */
  readonly size: number;
  /** Processes that have the memory attached, or messages that wait; 0 for semaphores. */
  readonly used: number;
}

/** A message queue of mq_overview(7). */
export interface PosixQueue {
  readonly name: string;
  readonly bytes: Readable<number>;
}

export interface Ipc {
  readonly sysv: Readable<readonly SysvObject[]>;
  readonly queues: Readable<readonly PosixQueue[]>;
}

interface SysvFile {
  readonly kind: SysvObject["kind"];
  readonly id: string;
  readonly size: string;
  readonly used: string;
}

/** Files of /proc/sysvipc, and which of their columns means what. */
export const SYSV_FILES: Readonly<Record<"shm" | "sem" | "msg", SysvFile>> = {
  shm: { kind: "shared memory", id: "shmid", size: "size", used: "nattch" },
  sem: { kind: "semaphores", id: "semid", size: "nsems", used: "" },
  msg: { kind: "messages", id: "msqid", size: "cbytes", used: "qnum" },
};

/** One file of /proc/sysvipc: its first line names the columns. */
export function parseSysv(file: keyof typeof SYSV_FILES, text: string): readonly SysvObject[] {
  const end = text.indexOf("\n");
  const columns = wordsOf(text.slice(0, Math.max(end, 0)));
  const { kind, id, size, used } = SYSV_FILES[file];
  return parseLines(text.slice(end + 1), (line) => {
    const cells = wordsOf(line);
    if (cells.length === 0 || cells.length < columns.length) return undefined;
    for (const text of cells) if (!isDigits(text.startsWith("-") ? text.slice(1) : text, CELL_DIGITS)) return undefined;
    const cell = (name: string): number => Number(cells[columns.indexOf(name)] ?? 0);
    return {
      kind,
      key: cell("key"),
      id: cell(id),
      mode: String(cell("perms")),
      uid: cell("uid"),
      gid: cell("gid"),
      size: cell(size),
      used: cell(used),
    };
  });
}

const CELL_DIGITS = 20;

/** "QSIZE:129 NOTIFY:0 …" → 129. */
export function parseQueueBytes(text: string): number {
  return Number(/^QSIZE:(\d{1,15})\b/.exec(text)?.[1] ?? 0);
}

export function explainIpc({ sysv, queues }: Ipc): Group {
  return {
    title: "IPC",
    meaning: "memory and messages that are shared by a number or name instead of a path",
    blocks: [
      ...shownBlocks(sysv, "System V", explainSysv),
      rows({ label: "POSIX queues", value: shown(queues, explainQueues) }),
    ],
  };
}

function explainSysv(list: readonly SysvObject[]): readonly Block[] {
  if (list.length === 0) return [rows({ label: "System V", value: "none" })];
  return table(
    ["System V", "key", "id", "mode", "uid inside", "size", "used"],
    mapList(list, ({ kind, key, id, mode, uid, size, used }) => [
      kind,
      `0x${(key >>> 0).toString(16)}`,
      String(id),
      mode,
      String(uid),
      kind === "semaphores" ? String(size) : explainBytes(size),
      kind === "semaphores" ? "" : kind === "messages" ? `${used} waiting` : `attached ${used}×`,
    ]),
  );
}

function explainQueues(queues: readonly PosixQueue[]): string {
  return mapList(queues, ({ name, bytes }) => `/${name} (${shown(bytes, explainBytes)})`).join(", ") || "none";
}
