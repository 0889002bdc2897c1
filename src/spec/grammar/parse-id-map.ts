// Id maps, see user_namespaces(7).
import { NsboxError } from "#src/error.ts";
import type { IdMapping } from "#src/spec/spec.ts";
import { usageError } from "./usage-error.ts";

/** KERNEL: an id map has 340 lines at most, since 4.15. */
export const ID_MAP_LINES_MAX = 340;
/** KERNEL: 2^32-1 is not an id. */
const ID_END = 2 ** 32 - 1;

/** "0:100000:65536" → the ids 0 to 65535 inside are 100000 and up outside. */
export function parseIdMap(flag: string, text: string): IdMapping {
  const example = `write INSIDE:OUTSIDE:COUNT, for example ${flag} 0:100000:65536`;
  const parts = text.split(":");
  if (parts.length !== 3) throw usageError(flag, text, "it does not have three parts", example);
  for (const part of parts) {
    if (!/^\d{1,10}$/.test(part)) throw usageError(flag, text, `${JSON.stringify(part)} is not a number`, example);
  }
  const [containerID = 0, hostID = 0, size = 0] = parts.map(Number);
  if (size === 0) throw usageError(flag, text, "the count is 0", example);
  if (containerID + size > ID_END || hostID + size > ID_END) {
    throw usageError(flag, text, "it goes beyond the highest id, 4294967294", example);
  }
  return { containerID, hostID, size };
}

/** Refuses maps that overlap or are too many. */
export function checkIdMap(flag: string, maps: readonly IdMapping[]): void {
  if (maps.length > ID_MAP_LINES_MAX) {
    const hint = `join ranges that follow each other: the kernel takes ${ID_MAP_LINES_MAX}`;
    throw new NsboxError("EUSAGE", `Cannot use ${maps.length} times ${flag}: they are too many`, { hint });
  }
  for (const side of ["containerID", "hostID"] as const) {
    const sorted = maps.toSorted((a, b) => a[side] - b[side]);
    for (let n = 1; n < sorted.length; n++) {
      const [before, after] = [sorted[n - 1], sorted[n]];
      if (before === undefined || after === undefined || before[side] + before.size <= after[side]) continue;
      const where = side === "containerID" ? "inside" : "outside";
      const message = `Cannot use ${flag} ${idMapText(before)} and ${flag} ${idMapText(after)}: they overlap ${where}`;
      throw new NsboxError("EUSAGE", message, { hint: "give each id to one range" });
    }
  }
}

function idMapText({ containerID, hostID, size }: IdMapping): string {
  return `${containerID}:${hostID}:${size}`;
}
