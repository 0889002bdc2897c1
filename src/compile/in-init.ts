// What waits for the net namespace, done by the init: to become the init is to execute another file, and that takes a while
// for which the box would wait anyway, see namespaces-apart.ts. D-64.
import { type Call, call, memory } from "#ffi/tape/call.ts";
import { isWithin } from "#src/spec/path.ts";
import { type Origin, stepOf } from "#src/plan/lower-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { Step } from "#src/plan/steps.ts";

/** What needs no file that the set-up has opened. */
const BY_NAME: readonly Step["kind"][] = [
  ...(["enter-network", "session", "no-new-privs", "bounding", "landlock-rules", "landlock"] as const),
  ...(["mount", "mount-again", "read-only-path"] as const),
];

export const isFilter = ({ kind }: Step): boolean => kind === "seccomp";

/**
 * Whether the init can do these.
 *
 * KERNEL: they take capabilities that an exec leaves to uid 0 alone, see capabilities(7). A filter that is set before it
 * refuses to mount.
 */
export function isForInit(plan: Plan, steps: readonly Step[]): boolean {
  if (plan.setup.some(isFilter)) return false;
  const starts = plan.init.some(({ kind }) => kind === "start-command");
  return starts && steps.every(({ kind }) => BY_NAME.includes(kind)) && isRootInside(plan);
}

/** Whether the box's first process is uid 0 in it; false where that takes more than a look at the map. */
function isRootInside({ launcher, setup }: Plan): boolean {
  if (setup.some((step) => step.kind === "own-id-map" && step.uidMap.startsWith("0 "))) return true;
  if (setup.some(({ kind }) => kind === "become-root")) return true;
  const written = launcher.find((step) => step.kind === "write-id-map" && step.file === "uid_map");
  return written?.kind === "write-id-map" && written.text.startsWith("0 0 ");
}

/**
 * The same steps, as the init does them: with no end of the sockets but its own, covers that have nothing to do with sysfs
 * before it waits, and at last no more capabilities than an exec would have left it.
 */
export function inInit(steps: readonly Step[]): readonly Step[] {
  const at = steps.findIndex(({ kind }) => kind === "enter-network");
  const [early, late] = [steps.slice(0, at), steps.slice(at)];
  const sysfs = late.find((step) => step.kind === "mount" && step.type === "sysfs");
  const inSysfs = (path: string): boolean => sysfs?.kind === "mount" && isWithin(path, sysfs.destination);
  const isAnyTime = (step: Step): boolean =>
    step.kind === "mount-again" && !inSysfs(step.source) && !inSysfs(step.destination);
  const bounding = steps.find((step) => step.kind === "bounding");
  const kept = bounding?.kind === "bounding" ? bounding.capabilities : undefined;
  return [
    ...early,
    ...late.filter(isAnyTime),
    ...late
      .filter((step) => !isAnyTime(step))
      .map((step): Step => (step.kind === "enter-network" ? { ...step, in: "init" } : step)),
    ...(kept === undefined ? [] : [holdNoMore(kept)]),
  ];
}

function holdNoMore(names: readonly string[]): Step {
  return {
    kind: "capabilities",
    sets: { bounding: names, effective: names, permitted: names, inheritable: [], ambient: [] },
  };
}

/** Where the init begins, and where it goes on to start the command. */
export const BEFORE_INIT = "before the init";
export const INIT = "init";

/** The init's calls from there on; and those before, which it makes once: they lie where the command's do. */
export function splitAtStart(
  plan: Plan,
  origins: readonly (Origin | undefined)[],
  calls: readonly Call[],
): { readonly before: readonly Call[]; readonly calls: readonly Call[] } {
  const start = origins.findIndex((origin) => stepOf(plan, origin)?.kind === "start-command");
  const [first, ...rest] = calls.slice(0, Math.max(start, 0));
  if (first === undefined) return { before: [], calls };
  const goOn = call("load", [memory("nothing", 8), 0], { then: INIT });
  return { before: [{ ...first, label: BEFORE_INIT }, ...rest, goOn], calls: calls.slice(start) };
}
