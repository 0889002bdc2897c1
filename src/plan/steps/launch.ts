// Steps of the launcher: it clones the box's first process, and does what only a process outside may do.
import { CLONE, CLONE_ARGS, NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { SIG, SIG_HOW } from "#ffi/uapi/signal.ts";
import { type Call, call, type CallOptions, fd, memory, words } from "#ffi/tape/call.ts";
import { quote, type StepKind } from "../step.ts";
import { explainMakeLink, type MakeLinkStep, type StartNetworkStep } from "./network.ts";

/** The label of the box's first step. */
export const SETUP = "setup";

/** Where the kernel writes the pid, before the child runs: what the runner stores, the child would overwrite. */
export const BOX_PID = "box pid";
/** The same of the helper that joins namespaces. */
export const HELPER_PID = "helper pid";

/** Make the box's first process in its new namespaces, see clone(2) and clone3(2). */
export interface CloneStep {
  readonly kind: "clone";
  /** CLONE_NEW* of the namespaces to make. */
  readonly namespaces: number;
  /** The launcher waits until the child execs or exits. */
  readonly vfork: boolean;
  readonly clone3: boolean;
  /** The caller is a helper that has joined namespaces: the child becomes its parent's. */
  readonly sibling: boolean;
  /** A copy of the caller's memory instead of the same; the tape is shared in any case. */
  readonly ownMemory?: true;
  /** Those of the namespaces that are made meanwhile, by the child and by a helper: see compile/namespace-calls.ts. */
  readonly apart?: number;
  /** The child begins in the cgroup that this file of the plan is, see CLONE_INTO_CGROUP in clone(2). */
  readonly cgroup?: string;
}

const NAMESPACE_NAMES: readonly (readonly [string, number])[] = Object.entries(NAMESPACE_FLAGS);

export function cloneFlags(step: CloneStep): number {
  const { VM, VFORK, PARENT_SETTID, PARENT, CLEAR_SIGHAND } = CLONE;
  let flags = step.namespaces - (step.apart ?? 0) + PARENT_SETTID;
  if (step.ownMemory !== true) flags += VM;
  if (step.vfork) flags += VFORK;
  if (step.sibling) flags += PARENT;
  if (step.cgroup !== undefined) flags += CLONE.INTO_CGROUP;
  return flags + (step.clone3 ? CLEAR_SIGHAND : 0);
}

export const cloneStep: StepKind<CloneStep> = {
  phase: "join",
  explain: (step) => {
    const names = NAMESPACE_NAMES.filter(([, flag]) => (step.namespaces & flag) !== 0).map(([name]) => name);
    const where = step.cgroup === undefined ? "" : " in a cgroup of its own";
    return `make the box's first process${where}${names.length === 0 ? "" : `, with new namespaces: ${names.join(" ")}`}`;
  },
  lower: (step) => [cloneCall(step, BOX_PID, { cases: [{ equals: 0, then: SETUP }], fail: CLONED, then: CLONED })],
};

/** The call itself; the pid goes to the memory of that name. */
export function cloneCall(step: CloneStep, pid: string, options: CallOptions): Call {
  const flags = cloneFlags(step);
  const exitSignal = step.sibling ? 0 : SIG.CHLD; // with CLONE_PARENT it is the parent's own
  const parentTid = memory(pid, 8);
  if (!step.clone3) return call("clone", [flags + exitSignal, 0, parentTid, 0, 0], options);
  const cgroup = step.cgroup === undefined ? 0 : fd(step.cgroup);
  const args = words(flags, 0, 0, parentTid, exitSignal, 0, 0, 0, 0, 0, cgroup);
  return call("clone3", [args, CLONE_ARGS.size], options);
}

const ALL_SIGNALS: bigint = 0xffff_ffff_ffff_ffffn;

/** Calls before the first clone: no signal handler of the launcher may run in a child that shares its memory. */
export function blockSignals(): Call {
  const all = new Uint8Array(new BigUint64Array([ALL_SIGNALS]).buffer);
  return call("rt_sigprocmask", [SIG_HOW.SETMASK, all, memory("signal mask", 8), 8]);
}

/** The label of the launcher's last call; a clone that fails leaves its errno there. */
export const CLONED = "cloned";

/** The end of the launcher's part: its mask again, then back to JavaScript. */
export function restoreSignals(): Call {
  const mask = memory("signal mask", 8);
  return call("rt_sigprocmask", [SIG_HOW.SETMASK, mask, 0, 8], { label: CLONED, then: "return" });
}

/** Wait for the other process, see checkRendezvous(). */
export interface WaitStep {
  readonly kind: "wait";
  readonly for: string;
  /** The box's first wait also closes its copy of the other end, so that a dead launcher reads as the end. */
  readonly first: boolean;
}

export const waitStep: StepKind<WaitStep> = {
  phase: "ids",
  explain: (step) => `wait for the launcher: ${step.for}`,
  // Nothing to read means that the launcher has died or given up: a report then reaches nobody, or says so.
  lower: (step) => [
    ...(step.first ? [call("close", [fd("go-writer")])] : []),
    call("read", [fd("go"), memory("go", 8), 1], { cases: [{ equals: 0, then: "report" }] }),
  ],
};

/** Launcher: let the box's first process go on. */
export interface SignalStep {
  readonly kind: "signal";
  readonly of: string;
}

/** Launcher: write the box's id maps, which needs privilege over its parent user namespace. */
export interface WriteIdMapStep {
  readonly kind: "write-id-map";
  readonly file: "uid_map" | "gid_map" | "setgroups";
  readonly text: string;
}

/** Launcher: let newuidmap(1) or newgidmap(1) write them. */
export interface NewIdMapStep {
  readonly kind: "new-id-map";
  readonly tool: "newuidmap" | "newgidmap";
  readonly args: readonly string[];
}

/** Launcher: fill and seal the init's image, while the box is setting itself up. */
export interface InitImageStep {
  readonly kind: "init-image";
}

/** Launcher: map the ids of a root folder to the box's, and send it as a mount. */
export interface IdmapTreeStep {
  readonly kind: "idmap-tree";
  readonly source: string;
}

/** Launcher: put the box into the state folder, so that there is no moment at which it lives and nobody knows. */
export interface RecordStep {
  readonly kind: "record";
}

/** Launcher: give the box's terminal to a keeper, which moves what is printed to the log. */
export interface KeepTerminalStep {
  readonly kind: "keep-terminal";
}

export type LauncherStep =
  | CloneStep
  | SignalStep
  | WriteIdMapStep
  | NewIdMapStep
  | IdmapTreeStep
  | InitImageStep
  | MakeLinkStep
  | StartNetworkStep
  | KeepTerminalStep
  | RecordStep;

/** What the launcher does, for people. */
export function explainLauncherStep(step: LauncherStep): string {
  switch (step.kind) {
    case "clone":
      return cloneStep.explain(step);
    case "signal":
      return `let the box go on: ${step.of}`;
    case "keep-terminal":
      return "start the keeper of the box's terminal, which moves what is printed to the log";
    case "record":
      return "put the box into the state folder";
    case "init-image":
      return "write the init (runner, tape) to a memfd and seal it";
    case "idmap-tree":
      return `map the ids of ${quote(step.source)} to the box's, and send it as a mount`;
    case "write-id-map":
      return `write ${quote(step.text)} to the box's ${step.file}`;
    case "new-id-map":
      return `run ${step.tool} PID ${step.args.join(" ")}`;
    case "make-link":
      return explainMakeLink(step);
    case "start-network":
      return `start ${step.command.join(" ")}, and wait until it is ready`;
  }
}
