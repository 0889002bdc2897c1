// Steps that enter what isolates another process; the launcher opened it as files of the plan.
import { NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { call, fd } from "#ffi/tape/call.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import type { StepKind } from "../step.ts";

/** The process whose namespaces are entered, by pidfd. */
export const TARGET = "target";
export const TARGET_CGROUP = "target-cgroup";
export const TARGET_ROOT = "target-root";

/** Be counted and limited where the other process is, see cgroups(7). */
export interface JoinCgroupStep {
  readonly kind: "join-cgroup";
  /** Only who may move processes between the two cgroups can. */
  readonly optional: boolean;
}

export const joinCgroupStep: StepKind<JoinCgroupStep> = {
  phase: "join",
  explain: (step) => `enter the cgroup of the process${step.optional ? ", if that is allowed" : ""}`,
  lower: (step) => [
    call("write", [fd(TARGET_CGROUP), new TextEncoder().encode("0"), 1], {
      cases: step.optional
        ? [
            { equals: "EACCES", then: "next" },
            { equals: "ENOENT", then: "next" },
          ]
        : [],
    }),
  ],
};

/** Enter namespaces of the process, all or none; see setns(2). */
export interface JoinProcessStep {
  readonly kind: "join-process";
  readonly types: readonly NamespaceType[];
}

export const joinProcessStep: StepKind<JoinProcessStep> = {
  phase: "join",
  explain: (step) => `enter the namespaces of the process: ${step.types.join(" ")}`,
  // KERNEL: since 5.8; the kernel takes the user namespace first, and its privileges for the others.
  lower: (step) => [call("setns", [fd(TARGET), step.types.reduce((flags, type) => flags + NAMESPACE_FLAGS[type], 0)])],
};

/** Have the root folder that the process has, where that is not its mount namespace's own. */
export interface EnterRootStep {
  readonly kind: "enter-root";
}

export const enterRootStep: StepKind<EnterRootStep> = {
  phase: "root",
  explain: () => "have the root folder of the process",
  lower: () => [call("fchdir", [fd(TARGET_ROOT)]), call("chroot", ["."])],
};
