// /proc/PID → ProcessView. What may not be read becomes a value that says so; only a missing process is an error.
import { listFolder, readLinkAt } from "#ffi/libc/dir.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { parseClockOffsets } from "./groups/clocks.ts";
import { mapReadable, type Readable } from "./groups/group.ts";
import { identityOf, parseCommand, startedAt } from "./groups/identity.ts";
import { idsOf } from "./groups/ids.ts";
import { parseLimits } from "./groups/limits.ts";
import { findHidden } from "./groups/mounts.ts";
import type { Namespaces } from "./groups/namespaces.ts";
import { fileKind, type OpenFile } from "./groups/open-files.ts";
import { capabilitiesOf, confinementOf, isDumpable } from "./groups/privileges.ts";
import { numbersOf, type Status } from "./groups/status.ts";
import { type Enter, makeVisits } from "./visit.ts";
import { NamespaceFiles } from "./namespace-files.ts";
import { parseMountinfo } from "./parse-mountinfo.ts";
import { attempt, ended, ProcDir, readTextOf, tryTextAt, withFile } from "./proc-dir.ts";
import { parseIdRanges, parseStatus } from "./proc-text.ts";
import type { ProcessView } from "./process-view.ts";
import { readCgroups } from "./read-cgroups.ts";
import { ipcVisit, readIpc } from "./read-ipc.ts";
import { NAMES_VISIT, readNames } from "./read-names.ts";
import { readNamespaces } from "./read-sharers.ts";
import { NETWORK_VISIT, readNetwork } from "./read-network.ts";
import { refuse, type Subject } from "./refusal.ts";
import { Surroundings } from "./surroundings.ts";
import type { Peeked } from "#src/run/peek.ts";
import type { NamespaceType } from "#src/spec/spec.ts";

/** A process that is held open: whatever is read through this is of the same one. */
export class OpenProcess implements Disposable {
  readonly dir: ProcDir;
  readonly status: Status;
  readonly subject: Subject;
  readonly namespaces: Readable<NamespaceFiles>;

  /** Throws NsboxError ESPEC if there is none with this PID. */
  constructor(pid: number) {
    this.dir = new ProcDir(pid);
    this.status = readStatus(this.dir);
    this.subject = subjectOf(this.dir, this.status);
    this.namespaces = attempt(this.subject, () => new NamespaceFiles(this.dir));
  }

  /** Whether a part of it can be seen only from inside of namespaces that are not ours. */
  get isElsewhere(): boolean {
    const files = "value" in this.namespaces ? this.namespaces.value : undefined;
    for (const type of VISITED) if (files?.get(type)?.yours === false) return true;
    return false;
  }

  [Symbol.dispose](): void {
    if ("value" in this.namespaces) this.namespaces.value[Symbol.dispose]();
    this.dir[Symbol.dispose]();
  }
}

const VISITED: readonly NamespaceType[] = ["uts", "net", "ipc"];

/** Everything about the process; `enter` is for one that is elsewhere. Throws NsboxError ESPEC if it ends meanwhile. */
export function viewProcess(open: OpenProcess, enter: Enter, around: Surroundings = new Surroundings()): ProcessView {
  const view = readView(open, enter, around);
  open.dir.checkAlive();
  return view;
}

/** The same of a PID. Throws NsboxError ESPEC if there is no such process, or it ends meanwhile. */
export function readProcess(pid: number, enter: Enter, around?: Surroundings): ProcessView {
  using open = new OpenProcess(pid);
  return viewProcess(open, enter, around);
}

function readStatus(dir: ProcDir): Status {
  try {
    return parseStatus(dir.text("status"));
  } catch (cause) {
    if (cause instanceof SyscallError) throw ended(dir.pid, cause);
    throw cause;
  }
}

function subjectOf(dir: ProcDir, status: Status): Subject {
  const uid = numbersOf(status.get("Uid"))[1] ?? 0;
  const zombie = status.get("State")?.startsWith("Z") === true;
  return {
    uid,
    zombie,
    // KERNEL: Kthread is since 6.8; before, who has no memory and has not ended is a thread of the kernel.
    kernelThread: (status.get("Kthread") ?? (status.has("VmSize") || zombie ? "0" : "1")) === "1",
    dumpable: isDumpable(dir.owner(), uid),
    yourUid: rawSyscall("geteuid"),
  };
}

function readView({ dir, status, subject, namespaces }: OpenProcess, enter: Enter, around: Surroundings): ProcessView {
  const text = (name: string): Readable<string> => dir.readable(name, subject);
  const link = (name: string): Readable<string> => attempt(subject, () => dir.link(name));
  const files = "value" in namespaces ? namespaces.value : undefined;
  const visits = makeVisits(files, [NAMES_VISIT, NETWORK_VISIT, ipcVisit(files)], subject, enter);
  const visit = (type: NamespaceType): Readable<Peeked> => visits.get(type) ?? refuse(0, subject);
  const uidMap = mapReadable(text("uid_map"), parseIdRanges);
  const unknown: Namespaces = {
    list: mapReadable(namespaces, () => []),
    yourUser: undefined,
    unseenProcesses: 0,
    hidepid: false,
  };
  return {
    identity: identityOf(status, {
      pid: dir.pid,
      command: mapReadable(text("cmdline"), parseCommand),
      startedAt: mapReadable(text("stat"), (stat) => startedAt(stat, Date.now(), uptimeMs()) ?? 0),
      parentName: readName(numbersOf(status.get("PPid"))[0] ?? 0),
    }),
    namespaces: files === undefined ? unknown : readNamespaces(files, dir.pid, subject),
    ids: idsOf(status, {
      uidMap,
      gidMap: mapReadable(text("gid_map"), parseIdRanges),
      setgroups: mapReadable(text("setgroups"), (word) => word.trim()),
    }),
    capabilities: capabilitiesOf(status),
    confinement: confinementOf(status, { label: readLabel(dir, subject), dumpable: subject.dumpable }),
    names: readNames(visit("uts")),
    places: { root: link("root"), cwd: link("cwd"), exe: link("exe") },
    mounts: mapReadable(text("mountinfo"), (mounts) => findHidden(parseMountinfo(mounts))),
    network: readNetwork(dir, visit("net"), { subject, around, files, uidMap }),
    ipc: readIpc(visit("ipc"), subject),
    clocks: mapReadable(text("timens_offsets"), parseClockOffsets),
    cgroups: mapReadable(text("cgroup"), readCgroups),
    limits: mapReadable(text("limits"), parseLimits),
    openFiles: attempt(subject, () => readOpenFiles(dir)),
  };
}

/** KERNEL: EINVAL where no security module labels processes. */
function readLabel(dir: ProcDir, subject: Subject): Readable<string> {
  const label = tryTextAt(dir.fd, "attr/current");
  if (typeof label === "string") return { value: withoutEnd(label) };
  return label === -errnoNumber("EINVAL") ? { value: "" } : refuse(-label, subject);
}

/** A label ends in a NUL, a line end, or both. */
function withoutEnd(label: string): string {
  let end = label.length;
  while (label[end - 1] === "\0" || label[end - 1] === "\n") end--;
  return label.slice(0, end);
}

/** Since when the machine is up, by the clock that also starts processes. */
function uptimeMs(): number {
  const CLOCK_BOOTTIME = 7;
  const now = new Uint32Array(4);
  rawSyscall("clock_gettime", CLOCK_BOOTTIME, new Uint8Array(now.buffer));
  const [seconds, nanoseconds] = [now[0] ?? 0, now[2] ?? 0]; // the lower halves: no machine is up for 136 years
  return seconds * 1000 + Math.floor(nanoseconds / 1_000_000);
}

/** Undefined of a process that may not be seen or has ended. */
function readName(pid: number): string | undefined {
  if (pid === 0) return undefined;
  try {
    const name = readTextOf(`/proc/${pid}/comm`);
    return name.endsWith("\n") ? name.slice(0, -1) : name;
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

/** A file that is closed meanwhile is left out. Throws SyscallError. */
function readOpenFiles(dir: ProcDir): readonly OpenFile[] {
  return withFile(dir.list("fd"), (folder) => {
    const files: OpenFile[] = [];
    for (const name of listFolder(folder)) {
      try {
        const target = readLinkAt(folder, name);
        files.push({ fd: Number(name), kind: fileKind(target), target });
      } catch (error) {
        if (!(error instanceof SyscallError && error.is("ENOENT"))) throw error;
      }
    }
    return files;
  });
}
