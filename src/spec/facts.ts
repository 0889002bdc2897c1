// What a plan must know of the machine, gathered once by src/host before anything is planned.

import type { PassedFileRule, PathRule } from "./spec.ts";
import type { BoxNetwork } from "./network.ts";

export type Arch = "x64" | "arm64";

/** What stands at a path, as far as a mount cares. */
export type PathKind = "dir" | "file" | "device" | "missing" | "denied";

/** A range of ids: a line of /etc/subuid or /etc/subgid, see subuid(5), or the inside of a line of an id map. */
export interface SubIdRange {
  readonly start: number;
  readonly count: number;
}

/** What stands at the top of the host's root. */
export type RootEntry =
  | { readonly kind: "dir"; readonly name: string; /** Something is mounted below it. */ readonly hasMounts: boolean }
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "symlink"; readonly name: string; readonly target: string };

export interface HostFacts {
  readonly arch: Arch;
  /** Kernel release as [major, minor], from uname(2). */
  readonly kernel: readonly [number, number];
  readonly uid: number;
  readonly gid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Home folders of the caller and of others, hidden by default. */
  readonly homes: readonly string[];
  /** clone3(2) works; where a filter refuses it, clone(2) is used. */
  readonly clone3: boolean;
  /** How many processors, from the first on, tell how hot they were; see throttlePath(). */
  readonly throttles: number;
  /** ABI of Landlock, see landlock(7); 0 where the kernel hasn't got it. */
  readonly landlockAbi: number;
  /** The caller's own, see proc_pid_oom_score_adj(5). */
  readonly oomScoreAdj: number;
  /** keyctl(2) works; filters often refuse it. */
  readonly keyctl: boolean;
  /** stdin and stdout are terminals. */
  readonly terminal: boolean;
  readonly subuids: readonly SubIdRange[];
  readonly subgids: readonly SubIdRange[];
  /** The ids that there are in the caller's own user namespace; read only for root, who maps them all. */
  readonly ownUids: readonly SubIdRange[];
  readonly ownGids: readonly SubIdRange[];
  /** The signal mask that the command gets back, bit N-1 for signal N. */
  readonly signalMask: bigint;
  /** Read only for an overlay over the host's root. */
  readonly rootEntries: readonly RootEntry[];
  /** Of the descriptors to be passed on, those that the caller has open. */
  readonly passableFds: readonly number[];
  /** Standard streams, and what is passed on, but for folders. */
  readonly passedFiles: readonly PassedFileRule[];
  /** Those of the same that are folders. */
  readonly openFolders: readonly number[];
  /** Of the folders that are shown writable, those that the caller can't write to. */
  readonly unwritable: readonly string[];
  /** The uid that the folder of --root belongs to; read only by root, who alone can map it to others. */
  readonly rootOwner: number | undefined;
  /** The caller's user namespace lets nobody change groups, see user_namespaces(7). Read only where the box keeps it. */
  readonly setgroupsDenied: boolean;
  /** Without namespaces: the trees of the host that hold nothing to be hidden. */
  readonly readable: readonly PathRule[];
  /** What has been got ready for the box; undefined where --net asks for none. */
  readonly network: BoxNetwork | undefined;
  /** Of every path that the Spec names on the host side. */
  readonly paths: Readonly<Record<string, PathKind>>;
}
