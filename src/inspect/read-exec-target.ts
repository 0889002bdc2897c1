// A process that `exec` enters, as its Spec must know it.
import { readFileSync, readlinkSync } from "node:fs";
import { capNames, CAPS } from "#ffi/uapi/capability.ts";
import type { ExecOptions, ExecTarget } from "#src/spec/build-exec.ts";
import type { Capabilities, NamespaceType, User } from "#src/spec/spec.ts";
import { parseIdRanges, parseStatus } from "./proc-text.ts";

const UMASK = 0o022;

export interface ReadTarget {
  readonly target: ExecTarget;
  /** It has a seccomp filter. */
  readonly hasFilter: boolean;
}

/** What of /proc/PID/status matters. */
interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly capabilities: Capabilities;
  readonly noNewPrivileges: boolean;
  readonly hasFilter: boolean;
}

/** The caller, who enters no process. */
export function readOwnTarget(cwd: string, joined: readonly NamespaceType[]): ExecTarget {
  const { uid, gid, capabilities, noNewPrivileges } = readCredentials("self");
  const user = { uid, gid, additionalGids: [], umask: UMASK };
  return {
    capabilities: withinOwn(capabilities, capabilities),
    noNewPrivileges,
    user,
    cwd,
    ownFiles: joined.includes("mnt"),
  };
}

/** Reads it, as far as it will be entered: those of its namespaces that others replace are not. Throws what the kernel says. */
export function readExecTarget(
  pid: number,
  { namespaces: only, root }: Pick<ExecOptions, "namespaces" | "root">,
  joined: readonly NamespaceType[],
): ReadTarget {
  const namespace = (who: number | "self", type: NamespaceType): string => readlinkSync(`/proc/${who}/ns/${type}`);
  const isOther = (type: NamespaceType): boolean => namespace(pid, type) !== namespace("self", type);
  const enters = (type: NamespaceType): boolean =>
    isOther(type) && !joined.includes(type) && (only?.includes(type) ?? true);
  const own = readCredentials("self");
  const theirs = readCredentials(pid);
  // Its capabilities hold in a user namespace that stays outside: there is nothing to be like.
  const model = isOther("user") && !enters("user") ? own : theirs;
  const inside = enters("user");
  return {
    target: {
      capabilities: inside ? theirs.capabilities : withinOwn(model.capabilities, own.capabilities),
      noNewPrivileges: model.noNewPrivileges,
      user: {
        uid: inside ? idInside(theirs.uid, `/proc/${pid}/uid_map`) : model.uid,
        gid: inside ? idInside(theirs.gid, `/proc/${pid}/gid_map`) : model.gid,
        additionalGids: [],
        umask: UMASK,
      },
      cwd: folderIn(readlinkSync(`/proc/${pid}/cwd`), root ? readlinkSync(`/proc/${pid}/root`) : "/"),
      ownFiles: enters("mnt") || joined.includes("mnt"),
    },
    hasFilter: theirs.hasFilter,
  };
}

function readCredentials(who: number | "self"): Credentials {
  const status = parseStatus(readFileSync(`/proc/${who}/status`, "utf8"));
  const effective = (name: string): number => Number((status.get(name) ?? "").split(/\s+/)[1] ?? 0);
  const caps = (name: string): readonly string[] => capNames(BigInt(`0x${status.get(name) ?? "0"}`));
  return {
    uid: effective("Uid"),
    gid: effective("Gid"),
    capabilities: {
      bounding: caps("CapBnd"),
      effective: caps("CapEff"),
      permitted: caps("CapPrm"),
      inheritable: caps("CapInh"),
      ambient: caps("CapAmb"),
    },
    noNewPrivileges: status.get("NoNewPrivs") === "1",
    hasFilter: status.get("Seccomp") === "2",
  };
}

/** Its working folder, as it is called from its root folder where that is entered too. */
function folderIn(cwd: string, root: string): string {
  if (root === "/") return cwd;
  return cwd.startsWith(`${root}/`) ? cwd.slice(root.length) : "/";
}

/** Nobody can give what he has not got himself. */
function withinOwn(sets: Capabilities, own: Capabilities): Capabilities {
  const within = (names: readonly string[]): readonly string[] => names.filter((name) => own.permitted.includes(name));
  // What he can never get he need not give up, which takes CAP_SETPCAP: a container's bounding set often lacks some.
  const never = CAPS.filter((name) => !own.bounding.includes(name) && !sets.bounding.includes(name));
  return {
    bounding: [...sets.bounding, ...never],
    effective: within(sets.effective),
    permitted: within(sets.permitted),
    inheritable: within(sets.inheritable),
    ambient: within(sets.ambient),
  };
}

/** Who one is in the user namespace of a process: root where it has that, else what one's own ids are there. */
export function readIdsInside(pid: number, { uid, gid }: Pick<User, "uid" | "gid">): Pick<User, "uid" | "gid"> {
  const within = (name: string, id: number): number => {
    const map = `/proc/${pid}/${name}`;
    return parseIdRanges(readFileSync(map, "utf8")).some(({ inside }) => inside === 0) ? 0 : idInside(id, map);
  };
  try {
    return { uid: within("uid_map", uid), gid: within("gid_map", gid) };
  } catch (error) {
    // It has ended: that is said where it is to be entered.
    if (error instanceof Error && "code" in error) return { uid: 0, gid: 0 };
    throw error;
  }
}

/** What an id outside is inside; 0 where it is nothing. */
function idInside(id: number, map: string): number {
  const ranges = parseIdRanges(readFileSync(map, "utf8"));
  const range = ranges.find(({ outside, size }) => id >= outside && id < outside + size);
  return range === undefined ? 0 : range.inside + id - range.outside;
}
