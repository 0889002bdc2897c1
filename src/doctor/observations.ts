// What the doctor reads and tries, as plain data, so that what it comes to can be judged without the machine.
import type { NamespaceType } from "#src/spec/spec.ts";

/** How a box that was tried ended. */
export type Trial =
  | { readonly kind: "worked" }
  /** As `run` would have said it. */
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly hint: string | undefined;
      readonly errno: string | undefined;
    }
  | { readonly kind: "not tried"; readonly why: string };

/** Boxes that are made to see whether they can be: `user` and types of namespaces have that namespace and no other. */
export type TrialName =
  NamespaceType | "default" | "no-namespaces" | "proc-bind" | "overlay" | "subids" | "idmapped-mount";

/** A program that others have to install. */
export interface Tool {
  readonly name: string;
  /** undefined: not in PATH. */
  readonly path: string | undefined;
  /** Set-user-ID, or with capabilities of its own. */
  readonly privileged: boolean;
}

/** What stands in the way of something, and what to type or change. */
export interface Cause {
  readonly cause: string;
  readonly remedy: string;
}

export interface CgroupFacts {
  /** Where cgroup v2 is mounted; undefined: nowhere. */
  readonly mount: string | undefined;
  /** The caller's own group, below that. */
  readonly path: string;
  /** Of that group: what it may hand on. */
  readonly controllers: readonly string[];
  /** The caller may make groups below his own and move processes there. */
  readonly delegated: boolean;
}

export interface Observations {
  /** As uname(2) has it: 6.1.0-13-amd64. */
  readonly release: string;
  readonly uid: number;
  /** Text of settings and other small files by their path, trimmed; those that can't be read are left out. */
  readonly files: Readonly<Record<string, string>>;
  readonly trials: Readonly<Record<TrialName, Trial>>;
  /** The known cause of refused user namespaces; looked for only where one was refused. */
  readonly userNamespaceCause: Cause | undefined;
  readonly landlockAbi: number;
  readonly clone3: boolean;
  readonly keyctl: boolean;
  readonly tools: readonly Tool[];
  /** How many ids /etc/subuid and /etc/subgid give to the caller. */
  readonly subuids: number;
  readonly subgids: number;
  /** What speaks for a container around us, a phrase each. */
  readonly containerSigns: readonly string[];
  readonly cgroup: CgroupFacts;
}

/** Settings that are read; see proc_sys_user(5), proc_sys_kernel(5). */
export const SETTINGS = {
  maxUser: "/proc/sys/user/max_user_namespaces",
  usernsClone: "/proc/sys/kernel/unprivileged_userns_clone",
  apparmorUserns: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
  memfdNoexec: "/proc/sys/vm/memfd_noexec",
  seccompActions: "/proc/sys/kernel/seccomp/actions_avail",
  lsm: "/sys/kernel/security/lsm",
  mountinfo: "/proc/self/mountinfo",
  status: "/proc/self/status",
} as const;

/** The types that a box has of its own by default, besides user. */
export const BOX_NAMESPACES: readonly NamespaceType[] = ["mnt", "pid", "ipc", "uts", "net", "cgroup"];

/** The setting that limits how many namespaces of a type there may be; see namespaces(7). */
export function limitOf(type: NamespaceType): string {
  return `/proc/sys/user/max_${type}_namespaces`;
}
