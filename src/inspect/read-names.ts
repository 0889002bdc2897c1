// Host and domain name: uname(2) tells only of one's own UTS namespace.
import { call, memory } from "#ffi/tape/call.ts";
import { mapReadable, type Readable } from "./groups/group.ts";
import { type Names, parseUtsname, UTSNAME_BYTES } from "./groups/names.ts";
import type { Peeked } from "#src/run/peek.ts";
import { afterVisit, type Visit } from "./visit.ts";

export const NAMES_VISIT: Visit = {
  type: "uts",
  calls: [call("uname", [memory("utsname", UTSNAME_BYTES)], { fail: afterVisit("uts") })],
};

/** `visit` is what became of NAMES_VISIT. */
export function readNames(visit: Readable<Peeked>): Readable<Names> {
  return mapReadable(visit, (peeked) => parseUtsname(peeked.area("utsname") ?? new Uint8Array(0)));
}
