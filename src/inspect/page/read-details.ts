// What `inspect` knows of many processes, for the page: as many as can be read in a short time.
import { NsboxError } from "#src/error.ts";
import { shortRows } from "#src/inspect/explain-short.ts";
import { readProcess } from "#src/inspect/read-process.ts";
import { Surroundings } from "#src/inspect/surroundings.ts";
import { peek } from "#src/run/peek.ts";

/** A page with all of them would be slow to load. */
const DETAILS_MAX = 500;
const DETAILS_MS = 3000;

/** Views by PID, in this order until one limit is reached. A process that has ended is left out. */
export function readDetails(pids: readonly number[]): Readonly<Record<number, unknown>> {
  const details: Record<number, unknown> = {};
  const around = new Surroundings();
  const end = performance.now() + DETAILS_MS;
  for (const pid of pids.slice(0, DETAILS_MAX)) {
    if (performance.now() > end) break;
    try {
      const view = readProcess(pid, peek, around);
      const inShort = Object.fromEntries(shortRows(view).map(({ label, value }) => [label, value]));
      details[pid] = { inShort, ...view };
    } catch (error) {
      if (!(error instanceof NsboxError && error.code === "ESPEC")) throw error;
    }
  }
  return details;
}
