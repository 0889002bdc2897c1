// The id map of a box that root makes. Pure.
import type { SubIdRange } from "./facts.ts";
import type { IdMapping } from "./spec.ts";

/** Every id there is, the same inside and outside: in a user namespace, as in a container, there are not all of them. */
export function sameIds(ranges: readonly SubIdRange[]): readonly IdMapping[] {
  const maps: IdMapping[] = [];
  for (const { start, count } of ranges) maps.push({ containerID: start, hostID: start, size: count });
  return maps;
}
