// Questions to the id maps of a box, see user_namespaces(7).
import type { IdMapping } from "#src/spec/spec.ts";

/** Whether an id of the host has one in the box. */
export function mapsOutside(maps: readonly IdMapping[], id: number): boolean {
  for (const map of maps) if (id >= map.hostID && id < map.hostID + map.size) return true;
  return false;
}

/** Whether an id of the box is one of the host. */
export function mapsInside(maps: readonly IdMapping[], id: number): boolean {
  for (const map of maps) if (id >= map.containerID && id < map.containerID + map.size) return true;
  return false;
}

/** As uid_map and gid_map take it. */
export function mapText(maps: readonly IdMapping[]): string {
  const lines: string[] = [];
  for (const map of maps) lines.push(`${map.containerID} ${map.hostID} ${map.size}`);
  return lines.join("\n");
}
