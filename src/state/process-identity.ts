// Which process a PID in a file means: numbers are given again, a PID with its start time is not.
import { readFileSync } from "node:fs";
import { parseStartTicks } from "#src/inspect/proc-text.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after the machine's start. */
  readonly startTicks: number;
}

/** The process that has this PID now; undefined if there is none, or one that has ended and waits to be reaped. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  if (stat === undefined || /^ [ZX] /.test(stat.slice(stat.lastIndexOf(")") + 1))) return undefined;
  const startTicks = parseStartTicks(stat);
  return startTicks === undefined ? undefined : { pid, startTicks };
}

/** Whether this very process still runs. */
export function isRunning(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

function readStat(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
      return undefined;
    throw error;
  }
}
