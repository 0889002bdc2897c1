// The Spec: what is wanted, in the words of the OCI runtime specification.
// `run`'s flags and (later) an OCI config.json both become one; it is plain data and can be stored as JSON.
// What OCI has no word for stands in `box`.
import type { BoxNetwork } from "./network.ts";

import type { Egress } from "./egress.ts";

export type NamespaceType = "user" | "mnt" | "pid" | "ipc" | "uts" | "net" | "cgroup" | "time";

export const NAMESPACE_TYPES: readonly NamespaceType[] = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup", "time"];

/** `new` makes one, `host` keeps the caller's, `join` enters the one that `path` (an nsfs file) names. */
export type Namespace =
  { readonly kind: "new" } | { readonly kind: "host" } | { readonly kind: "join"; readonly path: string };

export type Namespaces = Readonly<Record<NamespaceType, Namespace>>;

/** `size` ids from `containerID` inside are those from `hostID` outside, see user_namespaces(7). */
export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface Rlimit {
  /** As in OCI: RLIMIT_NOFILE, RLIMIT_CORE, … */
  readonly type: string;
  readonly soft: number | "unlimited";
  readonly hard: number | "unlimited";
}

/** How readily the kernel ends a process when memory runs out, see proc_pid_oom_score_adj(5). */
export interface OomScore {
  /** -1000 to 1000. */
  readonly value: number;
  /** The user said so: it is an error where it can't be had. */
  readonly insist: boolean;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  /** Permission bits that new files don't get, see umask(2). */
  readonly umask: number;
}

/** The five sets of capabilities(7), by name with CAP_. */
export interface Capabilities {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly permitted: readonly string[];
  readonly inheritable: readonly string[];
  readonly ambient: readonly string[];
}

export interface Process {
  readonly args: readonly string[];
  /** NAME=VALUE, as execve(2) takes them. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** A pseudo-terminal of the box's own, relayed by the supervisor. */
  readonly terminal: boolean;
  readonly user: User;
  readonly rlimits: readonly Rlimit[];
  /** undefined: the caller's own. */
  readonly oomScoreAdj: OomScore | undefined;
  readonly capabilities: Capabilities;
  readonly noNewPrivileges: boolean;
}

/** What "/" is inside. */
export type RootSource =
  { readonly kind: "host" } | { readonly kind: "empty" } | { readonly kind: "dir"; readonly path: string };

/** Where writes to the root go. */
export type RootWrites =
  | { readonly kind: "none" }
  /** Into the root folder itself. */
  | { readonly kind: "through" }
  /** Into a tmpfs that ends with the box. */
  | { readonly kind: "vanish" }
  /** Into `dir`/upper, where they stay. */
  | { readonly kind: "keep"; readonly dir: string };

export interface Root {
  readonly source: RootSource;
  readonly writes: RootWrites;
}

/** One mount, in the order in which they are made. Paths are absolute and normal; `destination` is inside. */
export type Mount =
  | {
      readonly type: "bind";
      readonly source: string;
      readonly destination: string;
      readonly readOnly: boolean;
      readonly device: boolean;
    }
  | {
      readonly type: "tmpfs";
      readonly destination: string;
      readonly readOnly: boolean;
      readonly sizeBytes: number | undefined;
      readonly mode: number;
      readonly noexec: boolean;
    }
  | { readonly type: "proc"; readonly destination: string }
  | { readonly type: "sysfs"; readonly destination: string }
  | { readonly type: "devpts"; readonly destination: string }
  | { readonly type: "mqueue"; readonly destination: string }
  /** A small file with this content, bound read-only: /etc/hostname and its like. */
  | { readonly type: "file"; readonly destination: string; readonly content: string };

/** What the kernel does at each system call of the command, see seccomp(2). */
export interface Seccomp {
  /** Its name: "default", or a file's. */
  readonly profile: string;
  /** The program of classic BPF that it comes to, in base64. */
  readonly filter: string;
  /** Flags of SECCOMP_SET_MODE_FILTER. */
  readonly flags: number;
  /** Who is told of calls that the filter asks about; undefined: it asks nobody. */
  readonly listener?: SeccompListener | undefined;
}

/** Who answers what a filter leaves open, see seccomp_unotify(2). */
export type SeccompListener =
  /** nsbox itself: writes each refusal down, and refuses as `verdicts`, the filter without a listener, says. */
  | { readonly kind: "audit"; readonly verdicts: string; readonly readsMemory: boolean }
  /** A program behind this socket, see `listenerPath` of the OCI runtime specification. */
  | { readonly kind: "agent"; readonly path: string; readonly metadata: string | undefined };

/** The name that plans have for the folder of the box's cgroup, opened. */
export const BOX_CGROUP = "box-cgroup";

/** A cgroup of the box's own, see cgroups(7). */
export interface Cgroup {
  /** A folder of the host, which is there before the box is. */
  readonly path: string;
  /** How many processes and threads there may be in it, besides the init. */
  readonly pidsLimit: number | undefined;
}

export interface Linux {
  readonly namespaces: Namespaces;
  readonly uidMappings: readonly IdMapping[];
  readonly gidMappings: readonly IdMapping[];
  /** Seconds that the box's clocks are ahead, see time_namespaces(7). */
  readonly timeOffsets: { readonly monotonic: number; readonly boottime: number };
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  /** undefined: no call is refused. */
  readonly seccomp: Seccomp | undefined;
  /** undefined: the caller's own. */
  readonly cgroup: Cgroup | undefined;
}

/** What may be done with what is at, and below, a path of the box's own; reading and executing is always part of it. */
export interface PathRule {
  readonly path: string;
  readonly isFile: boolean;
  readonly writable: boolean;
}

/** What may be done with an open file that the caller passes, when it is opened again through /proc/self/fd. */
export interface PassedFileRule {
  readonly fd: number;
  readonly access: "read" | "write" | "both";
}

export type LandlockRule = PathRule | PassedFileRule;

/** A second wall behind the mounts, see landlock(7). */
export interface Landlock {
  /** Everything that is allowed; undefined: files are not looked at, so that the box can mount. */
  readonly files: readonly LandlockRule[] | undefined;
  /** TCP ports may be bound and connected to. */
  readonly tcp: boolean;
}

/** A path that reads empty, over whatever is mounted there. */
export interface HiddenPath {
  readonly path: string;
  readonly isFile: boolean;
}

/** A path within what is shown writable that the box can neither change, remove nor rename. */
export interface ProtectedInside {
  readonly path: string;
  /** false: a folder on the way to others, whose other content may change. */
  readonly readOnly: boolean;
  /** Where nothing is, so that nothing can be made there; it goes again once the box has ended. */
  readonly make: { readonly host: string; readonly isFile: boolean } | undefined;
}

/** Whether the init starts the command again once it has ended. */
export type Restart =
  | { readonly kind: "no" }
  /** After a status other than 0; `max` times, or without end. */
  | { readonly kind: "on-failure"; readonly max: number | undefined }
  | { readonly kind: "always" };

/** A log that nsbox keeps, with times. */
export interface KeptLog {
  /** What it may take at most; undefined: all that there is. */
  readonly limitBytes: number | undefined;
}

/** A box that outlives its launcher: its init alone stays with it. */
export interface Detached {
  readonly restart: Restart;
  /** undefined: what is printed goes to a file as it is, or nowhere. */
  readonly log: KeptLog | undefined;
}

/** What the OCI specification has no word for. */
export interface BoxExtension {
  readonly name: string | undefined;
  /** The hosts that it reaches through a proxy; undefined: none, or all that its network namespace reaches. */
  readonly egress: Egress | undefined;
  readonly hidden: readonly HiddenPath[];
  readonly protected: readonly ProtectedInside[];
  readonly landlock: Landlock | undefined;
  /** undefined: loopback only, or another's namespace. */
  readonly network: BoxNetwork | undefined;
  /** A session keyring of its own. */
  readonly keyring: boolean;
  /** An init as PID 1 that reaps orphans and forwards signals. */
  readonly init: boolean;
  readonly dev: "minimal" | "host" | "none";
  readonly proc: "fresh" | "bind" | "none";
  readonly timeoutMs: number | undefined;
  /** Where refusals are written down: an absolute path, or "-" for a summary at the end. */
  readonly audit: string | undefined;
  /** undefined: the box ends with its launcher. */
  readonly detached: Detached | undefined;
  /** Open file descriptors that the command gets besides 0, 1 and 2, under their own numbers. */
  readonly passFds: readonly number[];
}

export interface Spec {
  readonly process: Process;
  readonly root: Root;
  readonly hostname: string | undefined;
  readonly domainname: string | undefined;
  readonly mounts: readonly Mount[];
  readonly linux: Linux;
  readonly box: BoxExtension;
}
