// Questions to the id maps of a box, see user_namespaces(7).
import type { IdMapping } from "#src/spec/spec.ts";

/** Whether an id of the host has one in the box. */
export function mapsOutside(maps: readonly IdMapping[], id: number): boolean {
  return maps.some((map) => id >= map.hostID && id < map.hostID + map.size);
}

/** Whether an id of the box is one of the host. */
export function mapsInside(maps: readonly IdMapping[], id: number): boolean {
  return maps.some((map) => id >= map.containerID && id < map.containerID + map.size);
}

/** As uid_map and gid_map take it. */
export function mapText(maps: readonly IdMapping[]): string {
  return maps.map((map) => `${map.containerID} ${map.hostID} ${map.size}`).join("\n");
}
