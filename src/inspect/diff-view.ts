// What `diff` knows of two processes: the shape of its --json. Names are stable. Plain data.
import type { Limit } from "./parse-limits.ts";
import type { MountInfo } from "./parse-mountinfo.ts";
import type { CgroupLine } from "./proc-text.ts";
import type { Readable } from "./groups/group.ts";
import type { Ids } from "./groups/ids.ts";
import type { NamespaceView } from "./groups/namespaces.ts";
import type { Capabilities, Confinement } from "./groups/privileges.ts";
import type { Identity } from "./groups/identity.ts";

/** What a path leads to: the same path may be another file in another mount namespace. */
export interface FilePlace {
  readonly path: string;
  /** major:minor of the file system. */
  readonly device: string;
  readonly inode: number;
}

/** Of what `inspect` reads, what is compared. */
export interface ComparedView
  extends
    Pick<Identity, "pid" | "name" | "command">,
    Pick<Ids, "uids" | "gids" | "groups" | "uidMap" | "gidMap">,
    Pick<Confinement, "seccomp" | "noNewPrivs" | "label"> {
  readonly namespaces: Readable<readonly Pick<NamespaceView, "type" | "inode">[]>;
  readonly capabilities: Capabilities;
  readonly cgroups: Readable<readonly Pick<CgroupLine, "controllers" | "path">[]>;
}

/** One process as it is compared: what `inspect` reads, and more. */
export interface ComparedProcess {
  readonly view: ComparedView;
  readonly root: Readable<FilePlace>;
  readonly cwd: Readable<FilePlace>;
  readonly exe: Readable<FilePlace>;
  readonly mounts: Readable<readonly MountInfo[]>;
  readonly limits: Readable<readonly Limit[]>;
  readonly envNames: Readable<readonly string[]>;
}

export const DIFF_GROUPS = [
  "namespaces",
  "mounts",
  "files",
  "ids",
  "capabilities",
  "privileges",
  "cgroup",
  "limits",
  "environment",
] as const;

export type DiffGroup = (typeof DIFF_GROUPS)[number];

/** A value of one thing in one process: a text, or a set of them; null where it hasn't got it. */
export type DiffValue = string | readonly string[] | null;

/** One thing that two processes have in common, or don't. */
export interface DiffItem {
  readonly group: DiffGroup;
  /** Of the thing within its group: net, nofile, a mount point, … */
  readonly name: string;
  readonly meaning: string;
  /** `unknown`: at least one of the two may not be read. */
  readonly state: "same" | "different" | "unknown";
  readonly first: DiffValue;
  readonly second: DiffValue;
  /** Why it is unknown. */
  readonly reason?: string;
}

/** A process in a few words. */
export interface DiffSide {
  readonly pid: number;
  readonly name: string;
  /** Its arguments joined by spaces; [name] where it has none or they may not be read. */
  readonly command: string;
}

export interface ProcessDiff {
  readonly first: DiffSide;
  readonly second: DiffSide;
  readonly same: number;
  readonly different: number;
  readonly unknown: number;
  /** By group as in DIFF_GROUPS. */
  readonly items: readonly DiffItem[];
}
