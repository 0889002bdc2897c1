// A box that outlives its launcher, up to its command's start.
import { closeFile, type Fd, openFile } from "#ffi/libc/fd.ts";
import { setSignalMask } from "#ffi/libc/process.ts";
import { O, openFlags } from "#ffi/uapi/fcntl.ts";
import { assert } from "#src/error.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { NO_FAREWELL } from "#src/spec/network.ts";
import { BOX_CGROUP, type Spec } from "#src/spec/spec.ts";
import { launch } from "./launch.ts";
import type { BoxNetworkSession } from "./run-box.ts";
import { startKeeper } from "./start-keeper.ts";
import { startNetworkKeeper } from "./start-network-keeper.ts";
import { removePlaceholders } from "./step-aside.ts";
import { SUPERVISED_SIGNALS } from "./supervise.ts";

export interface DetachOptions {
  /** Those that the plan names; closed when this returns or throws. */
  readonly files: Readonly<Record<string, Fd>>;
  /** What stands on the host for its network. */
  readonly network?: BoxNetworkSession | undefined;
  /** Called with the PIDs of the box's init and of its terminal's keeper, before the box goes on. */
  readonly record: (pid: number, keeper: number | undefined) => void;
}

/** Starts the box and leaves it; gives the PID of its init. Throws NsboxError if the command could not be started. */
export function startDetached(spec: Spec, facts: HostFacts, { files, network, record }: DetachOptions): number {
  const plan = buildPlan(spec, facts);
  const placeholders = spec.box.protected.flatMap(({ make }) => make ?? []);
  // A signal that ends nsbox half-way is held back until the box stands, or is gone.
  setSignalMask(facts.signalMask | SUPERVISED_SIGNALS);
  try {
    let keeper: number | undefined;
    const { log } = files;
    const keepTerminal = (terminal: Fd): void => {
      assert(log !== undefined, "a box with a terminal that nobody sits at has a log");
      keeper = startKeeper({ terminal, log, others: files }, spec.box.detached?.log, facts);
    };
    const recordAll = (pid: number): void => {
      keepNetwork(network, pid, facts);
      record(pid, keeper);
    };
    const { cgroup } = spec.linux;
    const opened = cgroup === undefined ? {} : { [BOX_CGROUP]: openCgroupFolder(cgroup.path, facts) };
    const box = launch(plan, facts, { files: { ...files, ...opened }, network, keepTerminal, record: recordAll });
    closeFile(box.pidfd);
    return box.pid;
  } catch (error) {
    removePlaceholders(placeholders, facts);
    throw error;
  } finally {
    setSignalMask(facts.signalMask);
  }
}

function openCgroupFolder(path: string, { arch }: HostFacts): Fd {
  return openFile(path, O.PATH | openFlags(arch).DIRECTORY);
}

/** Rules that lead to the box have to go when it ends, and its ports are held until then: that takes a process. */
function keepNetwork(network: BoxNetworkSession | undefined, box: number, { arch }: HostFacts): void {
  const farewell = network?.farewell() ?? NO_FAREWELL;
  const holds = network?.holds ?? [];
  if (farewell.commands.length === 0 && holds.length === 0) return;
  startNetworkKeeper({ arch, box, farewell, holds });
}
