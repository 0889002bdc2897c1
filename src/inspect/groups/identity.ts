// Who a process is: its numbers, its command, since when.
import { parseStartTicks, parseStatusName } from "../proc-text.ts";
import { type Group, type Readable, rows, shown } from "./group.ts";
import { findIn } from "./lists.ts";
import { numbersOf, type Status } from "./status.ts";

export interface Identity {
  readonly pid: number;
  readonly name: string;
  /** Empty for kernel threads and zombies. */
  readonly command: Readable<readonly string[]>;
  /** As ps(1) has it: R, S, D, Z, T, t, I. */
  readonly state: string;
  readonly parent: { readonly pid: number; readonly name: string | undefined };
  readonly threads: number;
  /** Milliseconds since 1970. */
  readonly startedAt: Readable<number>;
  /** Its PID in every PID namespace that it lives in, from yours inwards. */
  readonly pids: readonly number[];
}

/** NUL-separated, see proc_pid_cmdline(5); a process may have written anything there. */
export function parseCommand(text: string): readonly string[] {
  const words = text.split("\0");
  return words[words.length - 1] === "" ? words.slice(0, -1) : words;
}

/** KERNEL: USER_HZ, the unit of times in /proc/PID/stat. */
const TICKS_PER_SECOND = 100;

/** When the clock stood at `now` and the machine was up for `uptimeMs`, when did it start? */
export function startedAt(stat: string, now: number, uptimeMs: number): number | undefined {
  const ticks = parseStartTicks(stat);
  return ticks === undefined ? undefined : Math.round(now - uptimeMs + (ticks * 1000) / TICKS_PER_SECOND);
}

export function identityOf(
  status: Status,
  rest: Pick<Identity, "pid" | "command" | "startedAt"> & { readonly parentName: string | undefined },
): Identity {
  return {
    pid: rest.pid,
    name: parseStatusName(status.get("Name") ?? ""),
    command: rest.command,
    state: (status.get("State") ?? "").slice(0, 1),
    parent: { pid: numbersOf(status.get("PPid"))[0] ?? 0, name: rest.parentName },
    threads: numbersOf(status.get("Threads"))[0] ?? 0,
    startedAt: rest.startedAt,
    pids: numbersOf(status.get("NSpid")),
  };
}

const STATES: Readonly<Record<string, string>> = {
  R: "running",
  S: "sleeping until something happens",
  D: "in the kernel, can't be interrupted",
  Z: "zombie: it has ended, and its parent has not asked how",
  T: "stopped by a signal",
  t: "stopped by a tracer",
  I: "idle kernel thread",
  X: "dead",
};

/** `since` says in words when something began: it takes a clock to know how long ago that is. */
export function explainIdentity(identity: Identity, since: (ms: number) => string): Group {
  const { pids, parent, name } = identity;
  const command = shown(identity.command, (words) => (words.length === 0 ? `[${name}]` : words.join(" ")));
  return {
    title: "Process",
    meaning: "who it is",
    blocks: [
      rows(
        { label: "command", value: command },
        { label: "state", value: STATES[identity.state] ?? identity.state },
        { label: "PID", value: pids.join(" › "), note: explainPids(pids) },
        { label: "parent", value: explainParent(parent) },
        { label: "threads", value: String(identity.threads) },
        { label: "since", value: shown(identity.startedAt, since) },
      ),
    ],
  };
}

function explainPids(pids: readonly number[]): string {
  if (pids.length <= 1) return "it lives in no PID namespace below yours";
  return `a number in each PID namespace, yours first; it sees itself as ${pids[pids.length - 1]}`;
}

function explainParent({ pid, name }: Identity["parent"]): string {
  if (pid === 0) return "none, or outside of your PID namespace";
  return name === undefined ? String(pid) : `${pid} (${name})`;
}

const AGES: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
];

/** "3 d", "2 h", "5 min", "7 s": the largest unit that fits. */
export function explainAge(ms: number): string {
  const [size, unit] = findIn(AGES, ([least]) => ms >= least) ?? [1000, "s"];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}
