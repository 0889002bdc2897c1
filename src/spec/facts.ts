// What a plan must know of the machine, gathered once by src/host before anything is planned.

export type Arch = "x64" | "arm64";

/** What stands at a path, as far as a mount cares. */
export type PathKind = "dir" | "file" | "device" | "missing" | "denied";

/** A range of subordinate ids, a line of /etc/subuid or /etc/subgid; see subuid(5). */
export interface SubIdRange {
  readonly start: number;
  readonly count: number;
}

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
  /** stdin and stdout are terminals. */
  readonly terminal: boolean;
  readonly subuids: readonly SubIdRange[];
  readonly subgids: readonly SubIdRange[];
  /** The signal mask that the command gets back, bit N-1 for signal N. */
  readonly signalMask: bigint;
  /** Of every path that the Spec names on the host side. */
  readonly paths: Readonly<Record<string, PathKind>>;
}
