// What the page of `ls --html` is drawn from: the shape of the JSON inside it. Types alone, for both sides.
import type { NamespaceType } from "#src/spec/spec.ts";

export interface PageType {
  readonly name: NamespaceType;
  readonly meaning: string;
}

export interface PageNamespace {
  readonly inode: number;
  readonly type: NamespaceType;
  readonly owner: number | null;
  readonly parent: number | null;
  readonly creatorUid: number | null;
  /** In words: "the mount /run/netns/blue". */
  readonly heldBy: readonly string[];
}

export interface PageProcess {
  readonly pid: number;
  readonly parent: number;
  readonly user: string;
  readonly command: string;
  readonly box: string | null;
  /** Index into `groups`. */
  readonly group: number;
}

/** Processes that are in the very same namespaces. */
export interface PageGroup {
  readonly namespaces: Readonly<Partial<Record<NamespaceType, number>>>;
  /** PIDs in the order in which they are shown. */
  readonly pids: readonly number[];
}

/** All that has one user namespace and one PID namespace; those that descend from both lie in it. */
export interface PageArea {
  readonly title: string;
  readonly subtitle: string;
  readonly user: number | null;
  readonly pid: number | null;
  /** Indexes into `groups`. */
  readonly groups: readonly number[];
  /** Inodes of namespaces without a process that its user namespace owns. */
  readonly empty: readonly number[];
  readonly below: readonly PageArea[];
}

export interface PageData {
  readonly host: string;
  /** As in ISO 8601. */
  readonly takenAt: string;
  readonly types: readonly PageType[];
  readonly namespaces: readonly PageNamespace[];
  readonly processes: readonly PageProcess[];
  readonly groups: readonly PageGroup[];
  readonly areas: readonly PageArea[];
  /** Those of the machine: what is not in them is isolated. */
  readonly base: Readonly<Partial<Record<NamespaceType, number>>>;
  readonly yours: Readonly<Partial<Record<NamespaceType, number>>>;
  readonly notes: readonly string[];
  /** What `inspect` knows, by PID, of those processes of which the page holds it. */
  readonly details: Readonly<Record<number, unknown>>;
}
