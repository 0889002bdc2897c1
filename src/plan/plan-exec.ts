// (Spec, what to enter) → the plan of a command in namespaces that exist. Pure.
import type { HostFacts } from "#src/spec/facts.ts";
import type { NamespaceType, Spec } from "#src/spec/spec.ts";
import { planCommand, planLimits } from "./build-plan.ts";
import type { Plan } from "./plan.ts";
import type { CloneStep } from "./steps/launch.ts";
import type { JoinStep } from "./steps/namespaces.ts";
import type { Step } from "./steps.ts";

/** What of a process is entered, besides what the Spec says of the command. */
export interface Entry {
  /** Those of the process that are not the launcher's own anyway. */
  readonly namespaces: readonly NamespaceType[];
  /** Others that have a file, in this order. */
  readonly joins: readonly Omit<JoinStep, "kind">[];
  /** The joins take what one may do inside the namespaces of the process, not outside. */
  readonly joinsInside: boolean;
  /** none: it is the same, or can't be opened. */
  readonly cgroup: "none" | "optional" | "required";
  readonly root: boolean;
  /** Keep the ids that the caller has inside. */
  readonly preserveCredentials: boolean;
  /** Supplementary groups: as a box's own command has them, none, or (where setgroups(2) is denied) the caller's. */
  readonly groups: "box" | "none" | "keep";
  /** The command lives on when the launcher ends. */
  readonly detach: boolean;
}

/** The same steps that confine a box's own command confine this one. */
export function buildExecPlan(spec: Spec, facts: HostFacts, entry: Entry): Plan {
  const { namespaces, cgroup, detach } = entry;
  const clone: CloneStep = { kind: "clone", namespaces: 0, vfork: false, clone3: facts.clone3, sibling: true };
  const joins = entry.joins.map((join): JoinStep => ({ kind: "join", ...join }));
  const command = [...planLimits(spec, facts, []), ...planCommand(spec, facts)];
  return {
    launcher: [clone],
    join: [
      // A process that can't be traced can't write to its own /proc/self.
      ...command.filter((step) => step.kind === "oom-score"),
      // SECURITY: what lives in there could trace or read whoever enters (CVE-2016-9962).
      { kind: "not-dumpable" },
      ...(cgroup === "none" ? [] : [{ kind: "join-cgroup", optional: cgroup === "optional" } as const]),
      ...(entry.joinsInside ? [] : joins),
      ...(namespaces.length === 0 ? [] : [{ kind: "join-process", types: namespaces } as const]),
      ...(entry.joinsInside ? joins : []),
    ],
    setup: [
      ...(detach ? [] : [{ kind: "parent-death", check: true } as const]),
      ...(entry.root ? [{ kind: "enter-root" } as const] : []),
      ...(spec.box.keyring ? [{ kind: "session-keyring", optional: true } as const] : []),
      ...(spec.process.terminal ? [{ kind: "open-terminal" } as const] : []),
      ...(detach ? [{ kind: "log-streams", to: "file" } as const] : []),
      ...command.flatMap((step) => adapted(step, entry)),
    ],
    init: [],
    command: [],
  };
}

function adapted(step: Step, { preserveCredentials, groups, detach }: Entry): readonly Step[] {
  if (step.kind === "set-ids") {
    if (preserveCredentials) return [];
    return groups === "box" ? [step] : [{ ...step, groups: groups === "none" ? [] : undefined }];
  }
  if (step.kind === "oom-score") return [];
  return step.kind === "parent-death" && detach ? [] : [step];
}
