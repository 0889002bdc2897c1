// /etc/subuid and /etc/subgid, see subuid(5).
import type { SubIdRange } from "./facts.ts";

/** The ranges of the user with this uid or name. Lines that don't parse are not his. */
export function parseSubIds(text: string, uid: number, name: string | undefined): readonly SubIdRange[] {
  return text.split("\n").flatMap((line) => {
    const [owner, start, count] = line.split(":");
    if (owner === undefined || (owner !== name && owner !== String(uid))) return [];
    if (!/^\d+$/.test(start ?? "") || !/^\d+$/.test(count ?? "") || Number(count) === 0) return [];
    return [{ start: Number(start), count: Number(count) }];
  });
}
