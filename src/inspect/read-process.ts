// /proc/PID → ProcessView. What may not be read becomes a value that says so; only a missing process is an error.
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { capNames } from "#ffi/uapi/capability.ts";
import { NsboxError } from "#src/error.ts";
import { parseCgroups, parseIdRanges, parseNamespaceLink, parseStartTicks, parseStatus } from "./proc-text.ts";
import type { NamespaceView, ProcessView, Readable } from "./process-view.ts";

/** KERNEL: USER_HZ, the unit of times in /proc/PID/stat. */
const TICKS_PER_SECOND = 100;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "you may not: it takes the process's owner, or privilege over its user namespace",
  EPERM: "you may not: it takes the process's owner, or privilege over its user namespace",
  ENOENT: "this kernel does not show it, or the process has ended",
  ESRCH: "the process has ended",
};

function attempt<T>(read: () => T): Readable<T> {
  try {
    return { value: read() };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    return { unreadable: code, reason: REASONS[code] ?? "the kernel refuses it" };
  }
}

/** Everything about one process. Throws NsboxError ESPEC if there is none with this PID. */
export function readProcess(pid: number): ProcessView {
  const at = (name: string): string => `/proc/${pid}/${name}`;
  const text = (name: string): string => readFileSync(at(name), "utf8");
  const status = readStatus(pid);
  const namespaces = attempt(() => readNamespaces(pid));
  return {
    pid,
    name: status.get("Name") ?? "",
    command: attempt(() => text("cmdline").split("\0").slice(0, -1)),
    state: status.get("State") ?? "",
    parent: numbers(status.get("PPid"))[0] ?? 0,
    threads: numbers(status.get("Threads"))[0] ?? 0,
    startedAt: attempt(() => startedAt(text("stat"))),
    pids: numbers(status.get("NSpid")),
    uids: idsOf(status.get("Uid")),
    gids: idsOf(status.get("Gid")),
    groups: numbers(status.get("Groups")),
    namespaces,
    uidMap: attempt(() => parseIdRanges(text("uid_map"))),
    gidMap: attempt(() => parseIdRanges(text("gid_map"))),
    hostname: readHostname(namespaces),
    root: attempt(() => readlinkSync(at("root"))),
    cwd: attempt(() => readlinkSync(at("cwd"))),
    exe: attempt(() => readlinkSync(at("exe"))),
    capabilities: {
      effective: capsOf(status.get("CapEff")),
      permitted: capsOf(status.get("CapPrm")),
      inheritable: capsOf(status.get("CapInh")),
      bounding: capsOf(status.get("CapBnd")),
      ambient: capsOf(status.get("CapAmb")),
    },
    seccomp: { mode: seccompMode(status.get("Seccomp")), filters: numbers(status.get("Seccomp_filters"))[0] ?? 0 },
    noNewPrivs: status.get("NoNewPrivs") === "1",
    cgroups: attempt(() => parseCgroups(text("cgroup"))),
    label: readLabel(() => text("attr/current")),
  };
}

function readStatus(pid: number): ReadonlyMap<string, string> {
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, "utf8"));
  if ("value" in status) return parseStatus(status.value);
  const hidden = existsSync("/proc/1") ? "" : "; /proc is mounted with hidepid, and shows only your own";
  throw new NsboxError("ESPEC", `Cannot inspect ${pid}: no process has this PID${hidden}`, {
    hint: "PIDs are listed by ps ax, and those of a box's processes are not what they are inside",
  });
}

function readNamespaces(pid: number): readonly NamespaceView[] {
  const folder = `/proc/${pid}/ns`;
  return readdirSync(folder)
    .filter((type) => !type.endsWith("_for_children"))
    .flatMap((type) => {
      const inode = parseNamespaceLink(readlinkSync(`${folder}/${type}`));
      const yours = parseNamespaceLink(readlinkSync(`/proc/self/ns/${type}`));
      return inode === undefined ? [] : [{ type, inode, yours: inode === yours }];
    });
}

/** EINVAL: no security module labels processes here. */
function readLabel(read: () => string): Readable<string> {
  const label = attempt(() => read().replace(/[\0\n]+$/, ""));
  return "unreadable" in label && label.unreadable === "EINVAL" ? { value: "" } : label;
}

/** uname(2) tells only of one's own UTS namespace. */
function readHostname(namespaces: ProcessView["namespaces"]): Readable<string> {
  const uts = "value" in namespaces ? namespaces.value.find(({ type }) => type === "uts") : undefined;
  if (uts?.yours === true) return attempt(() => readFileSync("/proc/sys/kernel/hostname", "utf8").trim());
  return { unreadable: "ENOENT", reason: "it is in another UTS namespace" };
}

function startedAt(stat: string): number {
  const boot = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? "0";
  return Number(boot) * 1000 + ((parseStartTicks(stat) ?? 0) * 1000) / TICKS_PER_SECOND;
}

function numbers(text: string | undefined): readonly number[] {
  return (text ?? "")
    .split(/\s+/)
    .filter((part) => /^\d+$/.test(part))
    .map(Number);
}

function idsOf(text: string | undefined): ProcessView["uids"] {
  const [real = 0, effective = 0, saved = 0, filesystem = 0] = numbers(text);
  return { real, effective, saved, filesystem };
}

function capsOf(hex: string | undefined): readonly string[] {
  return capNames(BigInt(`0x${hex ?? "0"}`));
}

function seccompMode(text: string | undefined): "none" | "strict" | "filter" {
  return text === "2" ? "filter" : text === "1" ? "strict" : "none";
}
