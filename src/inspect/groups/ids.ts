// Users and groups, and what they are outside: see credentials(7), user_namespaces(7).
import { explainIdRange, type IdRange } from "../proc-text.ts";
import { type Group, type Readable, rows, shown } from "./group.ts";
import { findIn, mapList } from "./lists.ts";
import { numbersOf, type Status } from "./status.ts";

export interface FourIds {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly filesystem: number;
}

export interface Ids {
  /** As you see them, not as the process does. */
  readonly uids: FourIds;
  readonly gids: FourIds;
  readonly groups: readonly number[];
  readonly uidMap: Readable<readonly IdRange[]>;
  readonly gidMap: Readable<readonly IdRange[]>;
  /** "deny" where groups may not be dropped: see user_namespaces(7). */
  readonly setgroups: Readable<string>;
}

export function idsOf(status: Status, rest: Pick<Ids, "uidMap" | "gidMap" | "setgroups">): Ids {
  return {
    uids: fourIds(status.get("Uid")),
    gids: fourIds(status.get("Gid")),
    groups: numbersOf(status.get("Groups")),
    ...rest,
  };
}

function fourIds(text: string | undefined): FourIds {
  const ids = numbersOf(text);
  return { real: ids[0] ?? 0, effective: ids[1] ?? 0, saved: ids[2] ?? 0, filesystem: ids[3] ?? 0 };
}

/** What the id is inside; undefined where the map has no place for it. */
export function insideId(id: number, map: readonly IdRange[]): number | undefined {
  const range = findIn(map, ({ outside, size }) => id >= outside && id < outside + size);
  return range === undefined ? undefined : range.inside + (id - range.outside);
}

/** What an id inside is outside; undefined where the map has no place for it. */
export function outsideId(id: number, map: readonly IdRange[]): number | undefined {
  for (const { inside, outside, size } of map) if (id >= inside && id < inside + size) return outside + (id - inside);
  return undefined;
}

export function explainIds(ids: Ids): Group {
  return {
    title: "Ids",
    meaning: "as whom it acts; a user namespace gives ids another meaning inside",
    blocks: [
      rows(
        { label: "uid", value: explainFour(ids.uids, ids.uidMap) },
        { label: "gid", value: explainFour(ids.gids, ids.gidMap) },
        { label: "groups", value: ids.groups.join(" ") || "none" },
        { label: "uid map", value: shown(ids.uidMap, explainMap) },
        { label: "gid map", value: shown(ids.gidMap, explainMap) },
        {
          label: "setgroups",
          value: shown(ids.setgroups, (word) => word),
          note: "deny: it can't drop a group that keeps it out of files",
        },
      ),
    ],
  };
}

function explainFour(ids: FourIds, map: Readable<readonly IdRange[]>): string {
  const { real, effective, saved, filesystem } = ids;
  if (effective !== real || saved !== real || filesystem !== real)
    return `real ${real}, effective ${effective}, saved ${saved}, file system ${filesystem}`;
  const inside = "value" in map ? insideId(real, map.value) : undefined;
  return inside === undefined || inside === real ? String(real) : `${real}, which is ${inside} inside`;
}

function explainMap(ranges: readonly IdRange[]): string {
  return mapList(ranges, explainIdRange).join("; ") || "none: every id inside is the overflow id 65534";
}
