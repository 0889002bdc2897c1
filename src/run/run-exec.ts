// A command in the namespaces of a process that runs, from Spec to exit code.
import { existsSync, readlinkSync } from "node:fs";
import { closeFile, type Fd, openFile, readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { O, openFlags } from "#ffi/uapi/fcntl.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { buildExecPlan, type Entry } from "#src/plan/plan-exec.ts";
import { TARGET, TARGET_CGROUP, TARGET_ROOT } from "#src/plan/steps/enter.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { NAMESPACE_TYPES, type NamespaceType, type Spec } from "#src/spec/spec.ts";
import { launch } from "./launch.ts";
import { type BoxOutcome, runPlan } from "./run-box.ts";

export interface ExecRequest {
  readonly spec: Spec;
  readonly facts: HostFacts;
  /** The process by descriptor, proved to be the right one; closed when this is over. */
  readonly target: { readonly pid: number; readonly pidfd: Fd } | undefined;
  readonly namespaces: readonly NamespaceType[] | undefined;
  /** In place of the process's, or of one's own; see Entry. */
  readonly joins: Entry["joins"];
  readonly joinsInside: boolean;
  readonly root: boolean;
  readonly preserveCredentials: boolean;
  /** A box of ours, whose Spec says what groups it has. */
  readonly isBox: boolean;
  /** See RunBoxOptions. */
  readonly watcherArgv: readonly string[] | undefined;
}

/** Runs the command and waits for it. Throws NsboxError. */
export function runExec(request: ExecRequest): BoxOutcome {
  const { spec, facts, watcherArgv } = request;
  const { plan, files } = prepare(request, false);
  const { terminal } = spec.process;
  return runPlan(plan, facts, { watcherArgv, terminal, timeoutMs: undefined, placeholders: [], files });
}

/** Starts the command and leaves it; gives its PID outside. Throws NsboxError. */
export function startExec(request: ExecRequest): number {
  const { plan, files } = prepare(request, true);
  const none = { null: openFile("/dev/null", O.RDONLY), log: openFile("/dev/null", O.WRONLY) };
  const { pid, pidfd } = launch(plan, request.facts, { files: { ...files, ...none } });
  closeFile(pidfd);
  return pid;
}

function prepare(request: ExecRequest, detach: boolean) {
  const { spec, facts, target, preserveCredentials } = request;
  const late = request.isBox && request.joins.length === 0 ? lateClock(target?.pid) : [];
  const joins = [...request.joins, ...late];
  const joinsInside = request.joinsInside || late.length > 0;
  const shared = { joins, joinsInside, preserveCredentials, detach };
  if (target === undefined) {
    const entry: Entry = { ...shared, namespaces: [], cgroup: "none", root: false, groups: "keep" };
    return { plan: buildExecPlan(spec, facts, entry), files: {} };
  }
  const { pid, pidfd } = target;
  const joined = joins.map(({ type }) => type);
  const namespaces = otherNamespaces(pid).filter(
    (type) => !joined.includes(type) && (request.namespaces?.includes(type) ?? true),
  );
  // A cgroup of the box's own bounds it, and what is pausable has to be in it.
  const isBounded = request.isBox && spec.linux.cgroup !== undefined;
  const cgroup = openCgroup(pid, isBounded || facts.uid === 0);
  const root = request.root && namespaces.includes("mnt") ? openRoot(pid, facts) : undefined;
  const entry: Entry = {
    ...shared,
    namespaces,
    cgroup: cgroup === undefined ? "none" : isBounded || facts.uid === 0 ? "required" : "optional",
    root: root !== undefined,
    groups: request.isBox ? "box" : allowsSetGroups(pid, facts, namespaces) ? "none" : "keep",
  };
  const files: Record<string, Fd> = { [TARGET]: pidfd };
  if (cgroup !== undefined) files[TARGET_CGROUP] = cgroup;
  if (root !== undefined) files[TARGET_ROOT] = root;
  return { plan: buildExecPlan(spec, facts, entry), files };
}

/** KERNEL: before 6.3 who makes a time namespace is never in it, and exec changes nothing of that: its children are. */
function lateClock(pid: number | undefined): Entry["joins"] {
  const own = `/proc/${pid}/ns/time`;
  const path = `/proc/${pid}/ns/time_for_children`;
  if (pid === undefined || !existsSync(path) || readlinkSync(path) === readlinkSync(own)) return [];
  return [{ type: "time", path }];
}

/** Those of its namespaces that are not ours. KERNEL: one's own user namespace can't be entered again. */
export function otherNamespaces(pid: number): readonly NamespaceType[] {
  try {
    return NAMESPACE_TYPES.filter(
      (type) => readlinkSync(`/proc/${pid}/ns/${type}`) !== readlinkSync(`/proc/self/ns/${type}`),
    );
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause)) throw cause;
    throw new NsboxError("EHOST", `Cannot enter the namespaces of process ${pid}: ${String(cause.code)}`, {
      hint: "only who may trace a process may enter what isolates it: run as its user, or as root",
      cause,
    });
  }
}

const CGROUPS = "/sys/fs/cgroup";

/** Its cgroup's list of processes, to be written to; undefined where it is ours too, or not ours to write. */
export function openCgroup(pid: number, insist: boolean): Fd | undefined {
  const pathOf = (who: number | "self"): string | undefined => /^0::(.*)$/m.exec(readText(`/proc/${who}/cgroup`))?.[1];
  const path = pathOf(pid);
  if (path === undefined || path === pathOf("self") || path.startsWith("/..")) return undefined;
  const file = `${CGROUPS}${path}/cgroup.procs`;
  try {
    return openFile(file, O.WRONLY);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    // No cgroup v2 there, or an ordinary user's whose processes are counted as his wherever they are.
    if (cause.is("ENOENT") || !insist) return undefined;
    throw new NsboxError("EHOST", `Cannot enter the cgroup ${JSON.stringify(file)}: ${explainErrno(cause.errno)}`, {
      syscall: cause.syscall,
      errno: cause.errno,
      cause,
    });
  }
}

function openRoot(pid: number, facts: HostFacts): Fd {
  return openFile(`/proc/${pid}/root`, O.PATH | openFlags(facts.arch).DIRECTORY);
}

/** Whether setgroups(2) is allowed in the user namespace of a process, see user_namespaces(7). */
function allowsSetGroups(pid: number, { uid }: HostFacts, namespaces: readonly NamespaceType[]): boolean {
  return (uid === 0 || namespaces.includes("user")) && readText(`/proc/${pid}/setgroups`).trim() === "allow";
}
