// What the flags of `run` say, before anything of the machine is known. undefined: nothing was said.
import type { HostPattern } from "./egress.ts";
import type { NetworkOption, NetworkSettings } from "./network.ts";
import type { IdMapping, NamespaceType, Restart, Rlimit, RootSource } from "./spec.ts";

/** One of --ro, --rw, --tmpfs, --mount, in the order given. */
export type MountOption =
  | {
      readonly kind: "bind";
      /** May be relative to the current folder. */
      readonly source: string;
      /** undefined: the same path inside. */
      readonly destination: string | undefined;
      readonly readOnly: boolean;
      /** The flag that said so, for messages. */
      readonly flag: string;
    }
  | {
      readonly kind: "tmpfs";
      readonly destination: string;
      readonly sizeBytes: number | undefined;
      readonly mode: number | undefined;
      readonly readOnly: boolean;
      readonly noexec: boolean;
    }
  | { readonly kind: "proc" | "sysfs" | "mqueue" | "devpts"; readonly destination: string };

/** What a namespace's flag says. */
export type NamespaceOption =
  | { readonly kind: "new" }
  | { readonly kind: "host" }
  | { readonly kind: "pid"; readonly pid: number }
  | { readonly kind: "path"; readonly path: string }
  /** One that `nsbox ns pin` made; becomes a path before a Spec is built. */
  | { readonly kind: "name"; readonly name: string }
  /** The namespace of a box, found by its name. */
  | { readonly kind: "box"; readonly name: string }
  /** A new namespace with a network in it; of --net alone. */
  | { readonly kind: "network"; readonly network: NetworkOption };

/** A variable set to a value, or passed on with the caller's. */
export type EnvOption =
  | { readonly kind: "set"; readonly name: string; readonly value: string }
  | { readonly kind: "pass"; readonly name: string };

/** A word about a box, for whoever looks for it. */
export interface Label {
  readonly name: string;
  readonly value: string;
}

export interface RunOptions {
  readonly root: RootSource | undefined;
  readonly writableRoot: boolean;
  readonly overlay: boolean;
  readonly overlayDir: string | undefined;
  readonly mounts: readonly MountOption[];
  readonly proc: "fresh" | "bind" | "none" | undefined;
  readonly dev: "minimal" | "host" | "none" | undefined;
  readonly home: "hide" | "ro" | "rw" | undefined;
  readonly namespaces: Readonly<Partial<Record<NamespaceType, NamespaceOption>>>;
  /** Landlock, a filter and limits alone. */
  readonly noNamespaces: boolean;
  /** Such a box may make sockets of the host's file system. */
  readonly unixSockets: boolean;
  readonly allowHosts: readonly HostPattern[];
  readonly denyHosts: readonly HostPattern[];
  readonly netLog: string | undefined;
  readonly network: NetworkSettings;
  readonly boottimeSeconds: number | undefined;
  readonly monotonicSeconds: number | undefined;
  readonly user: { readonly uid: number; readonly gid: number | undefined } | undefined;
  readonly uidMap: readonly IdMapping[];
  readonly gidMap: readonly IdMapping[];
  /** Map the caller's subordinate ids behind his own, see subuid(5). */
  readonly subids: boolean;
  readonly keepId: boolean;
  readonly hostname: string | undefined;
  readonly domainname: string | undefined;
  readonly workdir: string | undefined;
  readonly env: readonly EnvOption[];
  readonly envFiles: readonly string[];
  readonly envAll: boolean;
  readonly rlimits: readonly Rlimit[];
  readonly oomScoreAdj: number | undefined;
  /** Names with CAP_, or "ALL". */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly allowNewPrivs: boolean;
  /** undefined: where the kernel has it. */
  readonly landlock: boolean | undefined;
  /** "default", "none" or a file; undefined: "default". */
  readonly seccomp: string | undefined;
  /** Where refusals are written down: a file, or "-" for a summary at the end. */
  readonly audit: string | undefined;
  /** User namespaces and mounts work inside. */
  readonly nested: boolean;
  readonly hide: readonly string[];
  /** What gets code run outside later stays as it is within what --rw shows. */
  readonly protect: boolean;
  readonly umask: number | undefined;
  /** true: -t; false: --no-tty; undefined: a terminal if there is one. */
  readonly tty: boolean | undefined;
  readonly interactive: boolean;
  readonly init: boolean;
  readonly passFds: readonly number[];
  readonly timeoutMs: number | undefined;
  readonly name: string | undefined;
  /** -d: the box outlives its launcher. */
  readonly detach: boolean;
  /** Nothing of the box stays once it has ended. */
  readonly rm: boolean;
  readonly labels: readonly Label[];
  readonly restart: Restart | undefined;
  /** Where a detached box's output goes: a file, or "none"; undefined: a file of its own. */
  readonly log: string | undefined;
  /** What that file may take; undefined: the default. */
  readonly logSize: number | "unlimited" | undefined;
  /** How many processes and threads a detached box may have. */
  readonly pidsLimit: number | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
  /** -h or --help: nothing else is looked at. */
  readonly help: boolean;
  readonly config: string | undefined;
  readonly args: readonly string[];
}
