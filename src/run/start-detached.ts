// A box that outlives its launcher, up to its command's start.
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { setSignalMask } from "#ffi/libc/process.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { Spec } from "#src/spec/spec.ts";
import { launch } from "./launch.ts";
import { startKeeper } from "./start-keeper.ts";
import { removePlaceholders } from "./step-aside.ts";
import { SUPERVISED_SIGNALS } from "./supervise.ts";

export interface DetachOptions {
  /** `null`, `log` and `status`; closed when this returns or throws. */
  readonly files: { readonly null: Fd; readonly log: Fd; readonly status: Fd };
  /** Called with the PIDs of the box's init and of its terminal's keeper, before the box goes on. */
  readonly record: (pid: number, keeper: number | undefined) => void;
}

/** Starts the box and leaves it; gives the PID of its init. Throws NsboxError if the command could not be started. */
export function startDetached(spec: Spec, facts: HostFacts, { files, record }: DetachOptions): number {
  const plan = buildPlan(spec, facts);
  const placeholders = spec.box.protected.flatMap(({ make }) => make ?? []);
  // A signal that ends nsbox half-way is held back until the box stands, or is gone.
  setSignalMask(facts.signalMask | SUPERVISED_SIGNALS);
  try {
    let keeper: number | undefined;
    const { log } = files;
    const keepTerminal = (terminal: Fd): void => {
      keeper = startKeeper({ terminal, log }, facts);
    };
    const box = launch(plan, facts, { files: { ...files }, keepTerminal, record: (pid) => record(pid, keeper) });
    closeFile(box.pidfd);
    return box.pid;
  } catch (error) {
    removePlaceholders(placeholders, facts);
    throw error;
  } finally {
    setSignalMask(facts.signalMask);
  }
}
