// What a running box costs in memory beyond its command: read of /proc, for the bench and for tests.
import { readFileSync } from "node:fs";

export interface Footprint {
  /** Resident, whoever else has the same pages. */
  readonly rssKb: number;
  /** Each page divided among those who have it. */
  readonly pssKb: number;
}

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? Number.NaN);
}

/** Of one process, see proc_pid_smaps_rollup(5). Throws where it has ended. */
export function readFootprint(pid: number): Footprint {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return { rssKb: kilobytes(text, "Rss"), pssKb: kilobytes(text, "Pss") };
}

/** Its children, see proc_pid_task_children(5). */
export function readChildren(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Of all that is there for a box besides its command: who waits for it outside, if anybody does, and its init. */
export function readBoxFootprint(box: { readonly outside?: number; readonly init: number }): Footprint {
  const processes = [...(box.outside === undefined ? [] : [box.outside]), box.init].map(readFootprint);
  return {
    rssKb: processes.reduce((sum, { rssKb }) => sum + rssKb, 0),
    pssKb: processes.reduce((sum, { pssKb }) => sum + pssKb, 0),
  };
}

/** What could be had of the machine's memory without swapping, in kB. */
export function readAvailableKb(): number {
  return kilobytes(readFileSync("/proc/meminfo", "utf8"), "MemAvailable");
}
