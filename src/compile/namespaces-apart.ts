// A plan whose net namespace is made beside it, see namespace-calls.ts: what needs it comes as late as it can.
import { CLONE } from "#ffi/uapi/clone.ts";
import type { Plan } from "#src/plan/plan.ts";
import { isBelow, isWithin } from "#src/spec/path.ts";
import { phaseOf, type Step } from "#src/plan/steps.ts";
import { inInit, isFilter, isForInit } from "./in-init.ts";
import { NETWORK_RECEIVER } from "#src/plan/steps/namespaces.ts";

/** The same plan where there is no user namespace to make it in, or a helper already that joins others. */
export function withNamespacesApart(plan: Plan): Plan {
  const [clone, ...rest] = plan.launcher;
  const both = CLONE.NEWUSER | CLONE.NEWNET;
  if (clone?.kind !== "clone" || (clone.namespaces & both) !== both || plan.join.length > 0) return plan;
  const setup = plan.setup.filter(({ kind }) => kind !== "loopback");
  if (setup.length === plan.setup.length) return plan;
  const [needs, filters] = [setup.findIndex(needsNetwork), setup.findIndex((step) => phaseOf(step) === "exec")];
  const middle = setup.slice(needs, filters);
  const anyTime = middle.filter(({ kind }) => ANY_TIME.includes(kind));
  const inTurn = middle.filter(({ kind }) => !ANY_TIME.includes(kind));
  const between = withRulesEarly([...anyTime, ...withSysfsLate([{ kind: "enter-network", in: "setup" }, ...inTurn])]);
  const [before, after] = [setup.slice(0, needs), setup.slice(filters)];
  const launcher = [{ ...clone, vfork: false, apart: clone.namespaces & APART }, ...rest];
  return withWaitLate(
    isForInit(plan, between)
      ? { ...plan, launcher, setup: [...before, ...after], init: [...inInit(between), ...plan.init] }
      : { ...plan, launcher, setup: [...before, ...between, ...after] },
  );
}

const AWAIT: Step = { kind: "await-network" };

/**
 * The same plan, with a wait for the loopback device as late as can be, as to take it up is a thirtieth of what a box takes:
 * before what listens for a proxy, or else before the command, which a filter may refuse the wait.
 */
function withWaitLate(plan: Plan): Plan {
  const { setup, init, command } = plan;
  // KERNEL: 127.0.0.1 is nobody's address while the device is down; bind(2) gives EADDRNOTAVAIL.
  const listen = setup.findIndex(({ kind }) => kind === "egress");
  if (listen !== -1) return { ...plan, setup: setup.toSpliced(listen, 0, AWAIT) };
  if (init.length === 0 || setup.some(isFilter)) return { ...plan, setup: withWait(setup) };
  const keepsSocket = (step: Step): Step =>
    step.kind === "close-files" ? { ...step, keep: [...step.keep, NETWORK_RECEIVER] } : step;
  return {
    ...plan,
    setup: setup.map(keepsSocket),
    init: [{ kind: "close-on-exec", file: NETWORK_RECEIVER }, ...init],
    command: withWait(command),
  };
}

function withWait(steps: readonly Step[]): readonly Step[] {
  const at = steps.findIndex((step) => isFilter(step) || step.kind === "exec");
  return steps.toSpliced(at, 0, AWAIT);
}

/** What a process that is there can make for itself, unlike user and PID namespaces. */
const APART = CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWCGROUP | CLONE.NEWNET;

/** What neither depends on mounts nor takes from the process what it mounts with. */
const ANY_TIME: readonly Step["kind"][] = ["session", "no-new-privs", "bounding"];

const BEFORE: readonly string[] = ["ids", "identity", "sources", "root", "mounts"];

/** KERNEL: sysfs shows the devices of the net namespace that it is mounted in. */
function needsNetwork(step: Step): boolean {
  if (step.kind === "mount" || step.kind === "new-filesystem") return step.type === "sysfs";
  return step.kind === "egress" || !BEFORE.includes(phaseOf(step));
}

/** Right in a fresh /proc, so that no link can lead elsewhere. */
const IN_PROC = /^\/proc\/[^/]+$/;

/** Steps that begin with the network and a sysfs, with what is mounted in /proc before these. */
function withSysfsLate(steps: readonly Step[]): readonly Step[] {
  const [network, sysfs, ...rest] = steps;
  if (network === undefined || sysfs?.kind !== "mount") return steps;
  const [before, late]: [Step[], Step[]] = [[], [network, sysfs]];
  let isOver = false;
  for (const step of rest) {
    const place = placeOf(step);
    isOver ||= place === undefined || !(IN_PROC.test(place) || isBelow(place, sysfs.destination));
    if (isOver || place === undefined || !IN_PROC.test(place)) late.push(step);
    else before.push(step);
  }
  return [...before, ...late];
}

/** The same steps with Landlock's rules before the network, if no mount behind it lies over what one of them is about. */
function withRulesEarly(steps: readonly Step[]): readonly Step[] {
  const at = steps.findIndex(({ kind }) => kind === "enter-network");
  const end = steps.findIndex(({ kind }) => kind === "landlock");
  const landlock = steps[end];
  if (landlock?.kind !== "landlock" || at > end) return steps;
  const places = steps.slice(at + 1, end).map(placeOf);
  const isCovered = (path: string): boolean => places.some((place) => place === undefined || isWithin(path, place));
  if (landlock.rules.files?.some((rule) => "path" in rule && isCovered(rule.path)) === true) return steps;
  const { abi, rules } = landlock;
  const early: Step = { kind: "landlock-rules", abi, rules };
  return [...steps.slice(0, at), early, ...steps.slice(at, end), { ...landlock, ruled: true }, ...steps.slice(end + 1)];
}

/** Where a step mounts something; undefined: it does not, or nobody knows where. */
function placeOf(step: Step): string | undefined {
  if (step.kind === "read-only-path") return step.path;
  const { kind } = step;
  return kind === "mount" || kind === "mount-again" || kind === "attach-node" || kind === "attach"
    ? step.destination
    : undefined;
}
