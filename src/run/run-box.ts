// One box in the foreground, from Spec to exit code: what `nsbox run` and, later, others share.
import type { Fd } from "#ffi/libc/fd.ts";
import { type Ended, sendSignal, setSignalMask, waitFor } from "#ffi/libc/process.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { Placeholder } from "#src/plan/steps/watch.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { type Farewell, NO_FAREWELL } from "#src/spec/network.ts";
import type { Spec } from "#src/spec/spec.ts";
import type { Companion } from "./companion.ts";
import { launch, type OutsideNetwork, type RunningBox } from "./launch.ts";
import { openWatcher, removePlaceholders, stepAside } from "./step-aside.ts";
import { supervise, SUPERVISED_SIGNALS } from "./supervise.ts";
import { mark, printTrace } from "./trace.ts";

/** How a box ended. */
export interface BoxOutcome {
  readonly pid: number;
  /** The command's own, or 128+N where signal N ended it. */
  readonly exitCode: number;
  readonly timedOut: boolean;
}

export interface RunBoxOptions {
  /** This process may be replaced by a watcher that ends as the box ends; undefined where it must not be. */
  readonly watcherArgv: readonly string[] | undefined;
  /** Files that steps of the plan name, see LaunchOptions. */
  readonly files?: Readonly<Record<string, Fd>>;
  /** Called once the command runs; what it throws ends the box. */
  readonly started?: ((pid: number) => void) | undefined;
  /** What else this process does meanwhile; it then stays. */
  readonly companion?: Companion | undefined;
  /** What stands on the host for its network. */
  readonly network?: BoxNetworkSession | undefined;
}

/** See src/net/network-session.ts. */
export interface BoxNetworkSession extends OutsideNetwork {
  farewell(): Farewell;
  release(): void;
  readonly holds: readonly number[];
}

/** Starts the box and waits for it. Throws NsboxError if its command could not be started. */
export function runBox(spec: Spec, facts: HostFacts, options: RunBoxOptions): BoxOutcome {
  const { timeoutMs } = spec.box;
  const placeholders: Placeholder[] = [];
  for (const { make } of spec.box.protected) if (make !== undefined) placeholders.push(make);
  const { terminal } = spec.process;
  const { files = {} } = options;
  return runPlan(buildPlan(spec, facts), facts, { ...options, timeoutMs, placeholders, terminal, files });
}

export interface RunPlanOptions extends RunBoxOptions {
  readonly timeoutMs: number | undefined;
  readonly placeholders: readonly Placeholder[];
  readonly terminal: boolean;
  /** Files that the plan names besides its own. */
  readonly files: Readonly<Record<string, Fd>>;
}

/** Starts what is planned and waits for it. Throws NsboxError if the command could not be started. */
export function runPlan(plan: Plan, facts: HostFacts, options: RunPlanOptions): BoxOutcome {
  const { watcherArgv, timeoutMs, placeholders, files, network } = options;
  mark("the Spec becomes the plan");
  // From here on a signal waits until there is a box to forward it to.
  setSignalMask(facts.signalMask | SUPERVISED_SIGNALS);
  try {
    let watcher: Fd | undefined;
    const watched = watcherArgv !== undefined && !options.terminal && options.companion === undefined;
    const meanwhile = (pid: number): void => {
      const farewell = network?.farewell() ?? NO_FAREWELL;
      watcher = openWatcher({ pid, forward: FORWARDED_SIGNALS, timeoutMs, placeholders, farewell }, facts);
      mark("the watcher is assembled, while the box sets itself up");
    };
    const box = launch(plan, facts, watched ? { meanwhile, files, network } : { files, network });
    mark("the box sets itself up, and the command begins");
    printTrace();
    if (options.started !== undefined) begin(box, options.started);
    if (watched && watcher !== undefined) stepAside(watcher, facts, watcherArgv, network?.holds);
    const { ended, timedOut } = supervise(box, timeoutMs, options.companion);
    return { pid: box.pid, exitCode: exitCodeOf(ended), timedOut };
  } finally {
    // Also where the box could not be made: nothing half done is left behind.
    removePlaceholders(placeholders, facts);
    network?.release();
    setSignalMask(facts.signalMask);
  }
}

function begin(box: RunningBox, started: (pid: number) => void): void {
  try {
    started(box.pid);
  } catch (error) {
    sendSignal(box.pidfd, SIG.KILL);
    waitFor(box.pidfd);
    throw error;
  }
}

/** 128+N for a signal, as shells count. */
export function exitCodeOf(ended: Ended): number {
  return ended.kind === "exited" ? ended.status : 128 + ended.signal;
}
