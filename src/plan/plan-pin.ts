// (PinSpec, HostFacts) → Plan: namespaces with nothing in them but a holder. Pure.
import { NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { sameIds } from "#src/spec/same-ids.ts";
import { mapText } from "./id-maps.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { PinSpec } from "#src/spec/pin.ts";
import type { Plan } from "./plan.ts";
import type { LauncherStep } from "./steps/launch.ts";
import type { Step } from "./steps.ts";

const ID_MAPS = "id maps";
const HOLDER_IMAGE = "holder";
/** What Bun ignores, and would stay ignored. */
const RESET_SIGNALS: readonly number[] = [SIG.PIPE, SIG.XFSZ];

/** The plan at whose end the holder is in all of the namespaces. */
export function buildPinPlan(pin: PinSpec, facts: HostFacts): Plan {
  const maps = planIdMaps(pin, facts);
  // Time is entered by unshare(2), see the time-namespace step.
  const cloned = pin.types.filter((type) => type !== "time");
  const namespaces = cloned.reduce((flags, type) => flags + NAMESPACE_FLAGS[type], 0);
  return {
    launcher: [
      { kind: "clone", namespaces, vfork: false, clone3: facts.clone3, sibling: false },
      ...maps.launcher,
      { kind: "init-image" },
      { kind: "signal", of: HOLDER_IMAGE },
    ],
    join: [],
    setup: [
      { kind: "session" },
      ...maps.setup,
      ...planContents(pin),
      { kind: "chdir", path: "/" },
      // SECURITY: who joins a pinned PID namespace sees the holder, and must gain nothing by taking it over.
      { kind: "bounding", capabilities: [] },
      { kind: "signals", defaults: RESET_SIGNALS, mask: 0n },
      { kind: "close-files", keep: ["report"] },
      { kind: "wait", for: HOLDER_IMAGE, first: maps.launcher.length === 0 },
      { kind: "personality", fixedLayout: true },
      { kind: "exec-holder", name: pin.name },
    ],
    init: [{ kind: "hold" }],
    command: [],
  };
}

interface IdMapSteps {
  readonly launcher: readonly LauncherStep[];
  readonly setup: readonly Step[];
}

/** Root inside is the caller outside; root's own namespace has every id, as its boxes have. */
function planIdMaps({ types }: PinSpec, { uid, gid, ownUids, ownGids }: HostFacts): IdMapSteps {
  if (!types.includes("user")) return { launcher: [], setup: [] };
  if (uid !== 0) return { launcher: [], setup: [{ kind: "own-id-map", uidMap: `0 ${uid} 1`, gidMap: `0 ${gid} 1` }] };
  return {
    launcher: [
      { kind: "write-id-map", file: "uid_map", text: mapText(sameIds(ownUids)) },
      { kind: "write-id-map", file: "gid_map", text: mapText(sameIds(ownGids)) },
      { kind: "signal", of: ID_MAPS },
    ],
    setup: [{ kind: "wait", for: ID_MAPS, first: true }],
  };
}

function planContents({ types, hostname, domainname, timeOffsets }: PinSpec): readonly Step[] {
  const steps: Step[] = [];
  if (types.includes("time")) steps.push({ kind: "time-namespace", ...timeOffsets });
  if (hostname !== undefined) steps.push({ kind: "hostname", name: hostname });
  if (domainname !== undefined) steps.push({ kind: "domainname", name: domainname });
  if (types.includes("net")) steps.push({ kind: "loopback" });
  if (types.includes("mnt")) steps.push({ kind: "private-mounts" });
  return steps;
}
