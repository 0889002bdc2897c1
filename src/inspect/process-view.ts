// What `inspect` knows of a process: the shape of its --json. Names are stable.
import type { CgroupLine, IdRange } from "./proc-text.ts";

/** A value, or why it can't be had. */
export type Readable<T> = { readonly value: T } | { readonly unreadable: string; readonly reason: string };

export interface NamespaceView {
  readonly type: string;
  readonly inode: number;
  /** The namespace of the process that inspects. */
  readonly yours: boolean;
}

export interface ProcessView {
  readonly pid: number;
  readonly name: string;
  readonly command: Readable<readonly string[]>;
  readonly state: string;
  readonly parent: number;
  readonly threads: number;
  /** Milliseconds since 1970. */
  readonly startedAt: Readable<number>;
  /** Its PID in every PID namespace that it lives in, the outermost first. */
  readonly pids: readonly number[];
  readonly uids: {
    readonly real: number;
    readonly effective: number;
    readonly saved: number;
    readonly filesystem: number;
  };
  readonly gids: {
    readonly real: number;
    readonly effective: number;
    readonly saved: number;
    readonly filesystem: number;
  };
  readonly groups: readonly number[];
  readonly namespaces: Readable<readonly NamespaceView[]>;
  readonly uidMap: Readable<readonly IdRange[]>;
  readonly gidMap: Readable<readonly IdRange[]>;
  readonly hostname: Readable<string>;
  readonly root: Readable<string>;
  readonly cwd: Readable<string>;
  readonly exe: Readable<string>;
  readonly capabilities: Readonly<
    Record<"effective" | "permitted" | "inheritable" | "bounding" | "ambient", readonly string[]>
  >;
  readonly seccomp: { readonly mode: "none" | "strict" | "filter"; readonly filters: number };
  readonly noNewPrivs: boolean;
  readonly cgroups: Readable<readonly CgroupLine[]>;
  readonly label: Readable<string>;
}
