// /proc → which processes are PID 1 of their PID namespace, and what boxes run. See pid_namespaces(7).
import type { FolderScanner } from "#ffi/libc/folder-scanner.ts";
import { BOX_INIT } from "./name-boxes.ts";
import type { Init } from "./namespace-graph.ts";
import type { ScannedProcess } from "./scan-processes.ts";

/** By PID. `own` is the PID namespace of the process that looks. */
export function scanInits(
  scanner: FolderScanner,
  proc: number,
  processes: readonly ScannedProcess[],
  own: number | undefined,
): ReadonlyMap<number, Init> {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const firsts = processes.filter(({ pid, parent, namespaces }) => {
    if (namespaces.pid === undefined || byPid.get(parent)?.namespaces.pid === namespaces.pid) return false;
    return namespaces.pid === own ? pid === 1 : isFirst(scanner, proc, pid);
  });
  const inits = new Map(firsts.map(({ pid, name }) => [pid, { isBox: name === BOX_INIT, children: [] as number[] }])); // to be filled
  for (const { pid, parent } of processes) inits.get(parent)?.children.push(pid);
  return new Map(
    [...inits].map(([pid, { isBox, children }]) => [
      pid,
      { command: isBox ? firstChild(scanner, proc, pid, children) : undefined },
    ]),
  );
}

/** Whether it is the first process, PID 1, of its PID namespace: any can take the name of a box's init. */
function isFirst(scanner: FolderScanner, proc: number, pid: number): boolean {
  const status = scanner.wholeText(proc, `${pid}/status`);
  if (typeof status !== "string") return false;
  const at = status.indexOf("\nNSpid:");
  return at >= 0 && status.slice(at + 1, status.indexOf("\n", at + 1)).endsWith("\t1");
}

/** The oldest. KERNEL: they are listed in the order in which they came, orphans of others among them. */
function firstChild(
  scanner: FolderScanner,
  proc: number,
  pid: number,
  children: readonly number[],
): number | undefined {
  if (children.length < 2) return children[0];
  const listed = scanner.wholeText(proc, `${pid}/task/${pid}/children`);
  const first = typeof listed === "string" ? Number(listed.split(" ")[0]) : 0;
  return children.includes(first) ? first : children[0];
}
