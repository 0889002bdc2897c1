// Who of several processes comes first: the one that the others descend from. PIDs don't tell, as they begin anew once
// they have reached pid_max, see proc_sys_kernel(5): a child's may well be lower than its parent's. Pure.
import { BOX_INIT } from "./name-boxes.ts";
import type { ProcessNode } from "./namespace-graph.ts";

/** Processes as descent is looked up. */
export interface Family {
  readonly byPid: ReadonlyMap<number, ProcessNode>;
  /** PID 1 of each PID namespace, by its inode. */
  readonly inits: ReadonlyMap<number, ProcessNode>;
}

export function familyOf(processes: readonly ProcessNode[]): Family {
  const byPid = new Map<number, ProcessNode>();
  const inits = new Map<number, ProcessNode>();
  for (const process of processes) {
    byPid.set(process.pid, process);
    if (process.init !== undefined && process.namespaces.pid !== undefined) inits.set(process.namespaces.pid, process);
  }
  return { byPid, inits };
}

/** The oldest of those that descend from no other: whoever is in a PID namespace comes after its PID 1, if only by entering. */
export function findHead(
  pids: readonly number[],
  { byPid, inits }: Family,
  isAmong: (process: ProcessNode) => boolean,
): ProcessNode | undefined {
  let head: ProcessNode | undefined;
  for (const pid of pids) {
    const process = byPid.get(pid);
    if (process === undefined) continue;
    const above = [byPid.get(process.parent), inits.get(process.namespaces.pid ?? 0)];
    if (above.some((one) => one !== undefined && one !== process && isAmong(one))) continue;
    if (head === undefined || process.startTicks < head.startTicks) head = process;
    // Of the machine's namespaces, where thousands are: nobody comes before it.
    if (pid === 1) break;
  }
  return head ?? byPid.get(pids[0] ?? 0);
}

/** The PID of the oldest whose parent isn't among them. */
export function oldestOf(processes: readonly Pick<ProcessNode, "pid" | "parent" | "startTicks">[]): number | undefined {
  const pids = new Set<number>();
  for (const { pid } of processes) pids.add(pid);
  let oldest: (typeof processes)[number] | undefined;
  for (const process of processes)
    if (!pids.has(process.parent) && process.startTicks < (oldest?.startTicks ?? Number.POSITIVE_INFINITY))
      oldest = process;
  return oldest?.pid ?? processes[0]?.pid;
}

/** What a box's init has started; undefined where it is none, or has started nothing yet. */
export function commandOf(head: ProcessNode | undefined, { byPid }: Family): ProcessNode | undefined {
  return head?.name === BOX_INIT ? byPid.get(head.init?.command ?? 0) : undefined;
}
