// Plan → calls: one list for the launcher's memory (launcher, join, setup), one for the init's (init, command).
import { type Call, call, fd } from "#ffi/tape/call.ts";
import { type Actor, ACTORS, type Plan } from "./plan.ts";
import { COMMAND } from "./steps/init.ts";
import {
  blockSignals,
  BOX_PID,
  cloneCall,
  CLONED,
  type CloneStep,
  HELPER_PID,
  restoreSignals,
  SETUP,
} from "./steps/launch.ts";
import { lowerStep, type Step } from "./steps.ts";

/** Which step of which process a call belongs to; undefined for the frame around them. */
export interface Origin {
  readonly actor: Actor;
  readonly index: number;
}

/** The step; undefined for a call of the frame, and for one of the launcher's. */
export function stepOf(plan: Plan, origin: Origin | undefined): Step | undefined {
  return origin === undefined || origin.actor === "launcher" ? undefined : plan[origin.actor][origin.index];
}

export interface LoweredTape {
  readonly calls: readonly Call[];
  readonly origins: readonly (Origin | undefined)[];
}

class Lowering {
  readonly calls: Call[] = [];
  readonly origins: (Origin | undefined)[] = [];

  frame(one: Call): void {
    this.calls.push(one);
    this.origins.push(undefined);
  }

  steps(actor: Actor, steps: readonly Step[], label?: string): void {
    let first = label;
    let index = 0;
    for (const step of steps) {
      const origin = { actor, index: index++ };
      for (const one of lowerStep(step)) {
        // Where a call has a label of its own, one without effect stands before it.
        if (first !== undefined && one.label !== undefined) this.frame(call("getpid", [], { label: first }));
        this.calls.push(first === undefined || one.label !== undefined ? one : { ...one, label: first });
        this.origins.push(origin);
        first = undefined;
      }
    }
  }
}

/** What runs in the launcher's memory: block signals, clone, and in the child the set-up. */
export function lowerLaunch(plan: Plan): LoweredTape {
  const lowering = new Lowering();
  const [clone] = plan.launcher;
  if (clone?.kind !== "clone") throw new RangeError("a plan begins with its clone");
  lowering.frame(blockSignals());
  if (plan.join.length > 0) lowerJoin(lowering, plan, clone);
  else lowering.steps("launcher", [clone]);
  lowering.frame(restoreSignals());
  lowering.steps("setup", plan.setup, SETUP);
  return lowering;
}

const JOINED = "join";

/** A helper joins, clones the box as its sibling, and ends; only then does the launcher go on (CLONE_VFORK). */
function lowerJoin(lowering: Lowering, plan: Plan, clone: CloneStep): void {
  // KERNEL: only who shares his memory with nobody may enter a time namespace (EUSERS), see timens_install().
  const entersTime = plan.join.some(
    (step) =>
      (step.kind === "join" && step.type === "time") || (step.kind === "join-process" && step.types.includes("time")),
  );
  const helper: CloneStep = {
    kind: "clone",
    namespaces: 0,
    vfork: true,
    clone3: clone.clone3,
    sibling: false,
    ...(entersTime ? { ownMemory: true } : {}),
  };
  lowering.frame(cloneCall(helper, HELPER_PID, { cases: [{ equals: 0, then: JOINED }], fail: CLONED, then: CLONED }));
  // It may outlive a launcher that is killed, for a moment; by then the box asks whether anybody reads its report.
  lowering.frame(call("close", [fd("report-reader")], { label: JOINED }));
  lowering.steps("join", plan.join);
  lowering.calls.push(cloneCall(clone, BOX_PID, { cases: [{ equals: 0, then: SETUP }], then: "joined" }));
  lowering.origins.push({ actor: "launcher", index: 0 });
  lowering.frame(call("exit_group", [0], { label: "joined" }));
}

/** What runs as the init. Its child goes on at COMMAND, on the tape of lowerCommand(). */
export function lowerInit(plan: Plan): LoweredTape {
  const lowering = new Lowering();
  lowering.steps("init", plan.init);
  return lowering;
}

/** What runs in the init's child, up to the command's exec: a tape of its own, which the init gives back then. */
export function lowerCommand(plan: Plan): LoweredTape {
  const lowering = new Lowering();
  lowering.steps("command", plan.command, COMMAND);
  return lowering;
}

/** Every step with its process, in order: what a dry run prints. */
export function planSteps(plan: Plan): readonly (Origin & { readonly step: Plan[Actor][number] })[] {
  return ACTORS.flatMap((actor) => plan[actor].map((step, index) => ({ actor, index, step })));
}
