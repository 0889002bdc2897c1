// A plan as a compiled box carries it out, and what none can.
import { NsboxError } from "#src/error.ts";
import { INIT_IMAGE } from "#src/plan/build-plan.ts";
import { checkRendezvous } from "#src/plan/check-rendezvous.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { LauncherStep, WriteIdMapStep } from "#src/plan/steps/launch.ts";
import type { Step } from "#src/plan/steps.ts";
import { withNamespacesApart } from "./namespaces-apart.ts";

/** Who starts the box: anybody, some day, or the program that has planned it, now. */
export type Starter = "anybody" | "program";

/** The plan without what only nsbox does while it waits. Throws NsboxError where a box can't do without. */
export function compilablePlan(plan: Plan, starter: Starter = "anybody"): Plan {
  const launcher = plan.launcher.flatMap((step) => launcherSteps(step, plan, starter));
  for (const step of [...plan.join, ...plan.setup, ...plan.command]) checkStep(step, starter);
  // The init's file is there before the box is: nothing to wait for.
  const setup = plan.setup.filter((step) => step.kind !== "wait" || step.for !== INIT_IMAGE);
  return checkRendezvous(withNamespacesApart({ ...plan, launcher, setup }));
}

function launcherSteps(step: LauncherStep, plan: Plan, starter: Starter): readonly LauncherStep[] {
  const refusal = (why: string, hint: string): NsboxError => refusalFor(starter, why, hint);
  switch (step.kind) {
    case "clone":
      // A fresh process has no signal handlers to clear, and clone(2) is refused less often than clone3(2).
      return [{ ...step, clone3: false, vfork: idMapSteps(plan).length === 0 && !step.sibling }];
    case "signal":
      return step.of === INIT_IMAGE ? [] : [step];
    case "init-image":
      return [];
    case "write-id-map":
      return [step];
    case "new-id-map":
      throw refusal(
        "newuidmap and newgidmap would have to write its ids' map",
        "map your own id alone, or compile and run it as root",
      );
    case "idmap-tree":
      throw refusal(
        "nsbox mounts the folder of --root with its ids mapped",
        "give --root a folder that belongs to the ids of the map, or leave the map out",
      );
    case "keep-terminal":
    case "record":
      throw refusal("only nsbox keeps a box that lives on", "leave out -d, or use run");
    case "make-link":
    case "start-network":
      throw refusal("its network is set up by nsbox when it starts", "leave out --net, or use run");
  }
}

/** The maps that the launcher writes. */
export function idMapSteps(plan: Plan): readonly WriteIdMapStep[] {
  return plan.launcher.filter((step) => step.kind === "write-id-map");
}

/** /proc/PID/ns/TYPE, which is how a PID is joined. */
const OF_PROCESS = /^\/proc\/\d+\//;

function checkStep(step: Step, starter: Starter): void {
  const refusal = (why: string, hint: string): NsboxError => refusalFor(starter, why, hint);
  if (step.kind === "open-terminal") {
    throw refusal(
      "the box's own terminal is relayed by nsbox for as long as the box runs",
      "leave out --tty: the box then has its caller's streams",
    );
  }
  if (step.kind === "seccomp" && step.listener !== undefined) {
    throw refusal(
      "its filter asks somebody about calls, and only nsbox passes that on",
      "leave out --audit, or the profile's listenerPath, or use run",
    );
  }
  // A program may serve the proxy itself, and what it joins is there.
  if (starter === "program") return;
  if (step.kind === "egress") {
    throw refusal(
      "the proxy through which it reaches hosts runs in nsbox",
      "leave out --allow-host, --deny-host and --net-log, or use run",
    );
  }
  if (step.kind !== "join" || !OF_PROCESS.test(step.path)) return;
  throw refusal(
    `${step.path} is another process's by the time it starts`,
    "give a namespace that has a path of its own, such as one below /run/netns",
  );
}

function refusalFor(starter: Starter, why: string, hint: string): NsboxError {
  const what = starter === "program" ? "make the box from a program" : "compile the box";
  return new NsboxError("ESPEC", `Cannot ${what}: ${why}`, { hint });
}
