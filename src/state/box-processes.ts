// The processes of a box: those in its PID namespace, with what they have started.
import { readdirSync, readFileSync } from "node:fs";
import { parseStatusName } from "#src/inspect/proc-text.ts";
import type { Box } from "./box-store.ts";
import { readPidNamespace } from "./find-process.ts";
import { type ProcessIdentity, readStartTicks } from "./process-life.ts";

/** By its PID outside. */
export interface BoxProcess extends ProcessIdentity {
  /** In the box's PID namespace. */
  readonly inside: number;
  readonly parent: number;
  /** A letter, see proc_pid_stat(5). */
  readonly state: string;
  readonly residentKb: number;
  readonly user: number;
  readonly command: string;
}

/** Every process of a running box, the init first: by PIDs inside, as those outside may begin anew at any moment. */
export function listProcesses(box: Box): readonly BoxProcess[] {
  const levels = field(readStatus(box.record.process.pid), "NSpid").split(/\s+/).length;
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name), levels) ?? []);
  const inBox = new Set(
    all.filter(({ pid }) => readPidNamespace(pid) === box.record.pidNamespace).map(({ pid }) => pid),
  );
  // A box within the box has a namespace of its own, and is found by its parent.
  for (let found = true; found;) {
    const more = all.filter(({ pid, parent }) => !inBox.has(pid) && inBox.has(parent));
    for (const { pid } of more) inBox.add(pid);
    found = more.length > 0;
  }
  return all.filter(({ pid }) => inBox.has(pid)).sort((a, b) => a.inside - b.inside);
}

function readStatus(pid: number): string {
  return readIfThere(`/proc/${pid}/status`);
}

/** Empty where the process has just ended. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return "";
    throw error;
  }
}

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
}

function readProcess(pid: number, levels: number): BoxProcess | undefined {
  // First of all: should another get its PID meanwhile, that one is not what this says, and nothing is sent to it.
  const startTicks = readStartTicks(pid);
  const status = readStatus(pid);
  if (startTicks === undefined || status === "") return undefined;
  const words = readIfThere(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
  return {
    pid,
    startTicks,
    inside: Number(field(status, "NSpid").split(/\s+/)[levels - 1] ?? 0),
    parent: Number(field(status, "PPid")),
    state: field(status, "State").slice(0, 1),
    residentKb: Number(/\d+/.exec(field(status, "VmRSS"))?.[0] ?? 0),
    user: Number(field(status, "Uid").split(/\s+/)[1] ?? 0),
    command: words.length > 0 ? words.join(" ") : `[${parseStatusName(field(status, "Name"))}]`,
  };
}
