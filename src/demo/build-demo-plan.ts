// (Box, HostFacts) → Plan: the same steps as those of `run`, and no more of them than a proof is about. Pure.
import { NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { LauncherStep } from "#src/plan/steps/launch.ts";
import type { Step } from "#src/plan/steps.ts";
import { DEFAULT_PATH } from "#src/spec/build-env.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import type { Box } from "./proof.ts";

/** The files through which a look speaks with its box. */
export const INPUT = "input";
export const OUTPUT = "output";

/** There on every machine, and in the root file system of the container demo. */
const SHELL = "/bin/sh";

const ID_MAPS = "id maps";
const RESET_SIGNALS: readonly number[] = [SIG.PIPE, SIG.XFSZ];

/** What uid 0 inside is outside, where root plays: an id of nobody's. */
const NOBODYS_ID = 100000;

/** The uid that uid 0 of a demo's box is outside. */
export function outsideId(own: number, ranges: HostFacts["ownUids"]): number {
  if (own !== 0) return own;
  const has = (id: number): boolean => ranges.some(({ start, count }) => id >= start && id < start + count);
  return has(NOBODYS_ID) ? NOBODYS_ID : own;
}

export interface DemoPlanInput {
  readonly box: Box;
  /** In the order of the box's joins. */
  readonly paths: readonly string[];
  readonly command: string;
}

/** The plan of one look's box. */
export function buildDemoPlan({ box, paths, command }: DemoPlanInput, facts: HostFacts): Plan {
  const joins = (box.joins ?? []).map(({ type }, n): Step => ({ kind: "join", type, path: paths[n] ?? "" }));
  const maps = box.joins?.some(({ type }) => type === "user") === true ? NO_MAPS : planIdMaps(facts);
  const vfork = joins.length === 0 && maps.launcher.length === 0;
  const env = [`PATH=${facts.env["PATH"] ?? DEFAULT_PATH}`, "LC_ALL=C"];
  const args = [SHELL, "-c", `${command}\nexec >&- 2>&-\nread -r end`];
  const parentDeath: Step = { kind: "parent-death", check: true };
  return {
    launcher: [
      { kind: "clone", namespaces: newNamespaces(box), vfork, clone3: facts.clone3, sibling: joins.length > 0 },
      ...maps.launcher,
    ],
    // SECURITY: as in every plan that joins a user namespace, whose root could else read the launcher's memory.
    join: joins.length > 0 ? [{ kind: "not-dumpable" }, ...joins] : [],
    setup: [
      ...(maps.launcher.length === 0 ? [parentDeath] : []),
      ...maps.setup,
      // KERNEL: as in buildPlan(): not once the uid has changed.
      ...box.steps.filter(isTime),
      ...maps.become,
      ...(maps.launcher.length === 0 ? [] : [parentDeath]),
      ...box.steps.filter((step) => !isTime(step)),
      { kind: "streams", input: INPUT, output: OUTPUT },
      { kind: "signals", defaults: RESET_SIGNALS, mask: facts.signalMask },
      { kind: "close-files", keep: [] },
      { kind: "exec", args, env, candidates: [SHELL] },
    ],
    init: [],
    command: [],
  };
}

function isTime({ kind }: Step): boolean {
  return kind === "time-namespace";
}

function newNamespaces({ namespaces, joins = [] }: Box): number {
  const types: readonly NamespaceType[] = joins.some(({ type }) => type === "user")
    ? namespaces
    : ["user", ...namespaces];
  // Time is entered by unshare(2), see the time-namespace step.
  return types.reduce((flags, type) => (type === "time" ? flags : flags + NAMESPACE_FLAGS[type]), 0);
}

interface IdMapSteps {
  readonly launcher: readonly LauncherStep[];
  readonly setup: readonly Step[];
  readonly become: readonly Step[];
}

const NO_MAPS: IdMapSteps = { launcher: [], setup: [], become: [] };

/** uid 0 inside is the caller; where he is root, somebody else. */
function planIdMaps(facts: HostFacts): IdMapSteps {
  const uid = outsideId(facts.uid, facts.ownUids);
  const gid = outsideId(facts.gid, facts.ownGids);
  const [uidMap, gidMap] = [`0 ${uid} 1`, `0 ${gid} 1`];
  if (uid === facts.uid && gid === facts.gid)
    return { launcher: [], setup: [{ kind: "own-id-map", uidMap, gidMap }], become: [] };
  return {
    launcher: [
      { kind: "write-id-map", file: "uid_map", text: uidMap },
      { kind: "write-id-map", file: "gid_map", text: gidMap },
      { kind: "signal", of: ID_MAPS },
    ],
    setup: [{ kind: "wait", for: ID_MAPS, first: true }],
    become: [{ kind: "become-root" }],
  };
}
