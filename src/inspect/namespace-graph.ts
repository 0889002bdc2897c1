// The namespaces of a machine and who is in them: what `ls` collects, and all its views draw. Plain data.
import type { NamespaceType } from "#src/spec/spec.ts";

/** What keeps a namespace alive besides the processes in it, see namespaces(7). */
export type Holder =
  | {
      readonly kind: "mount";
      /** Where its file is mounted, as `seenBy` sees it. */ readonly path: string;
      readonly seenBy: number;
    }
  | { readonly kind: "open file"; readonly pid: number; readonly fd: number }
  /** It is where the next children of this process will be, see unshare(2). */
  | { readonly kind: "children"; readonly pid: number }
  /** A namespace that it owns, or that descends from it. */
  | { readonly kind: "namespace"; readonly inode: number };

export interface NamespaceNode {
  readonly inode: number;
  readonly type: NamespaceType;
  /** PIDs of the processes in it, ascending. */
  readonly processes: readonly number[];
  /** Mounts always; anything else only where no process is in it. */
  readonly heldBy: readonly Holder[];
  /** Inode of the user namespace that owns it; undefined where the kernel doesn't let one know. */
  readonly owner: number | undefined;
  /** Inode of the namespace it descends from; PID and user namespaces have one, the initial ones excepted. */
  readonly parent: number | undefined;
  /** Who made it; user namespaces only. */
  readonly creatorUid: number | undefined;
}

export interface ProcessNode {
  readonly pid: number;
  readonly parent: number;
  /** When it began, in clock ticks since boot. */
  readonly startTicks: number;
  /** Who owns its folder in /proc: its effective uid, or 0 where it has made itself undumpable. */
  readonly uid: number;
  readonly name: string;
  /** Its arguments joined by spaces, cut where they are very long; [name] where it has none. */
  readonly command: string;
  /** Inodes; a type is missing where it may not be read or the kernel hasn't got it. */
  readonly namespaces: Readonly<Partial<Record<NamespaceType, number>>>;
  /** The box it belongs to, where one has a name. */
  readonly box: string | undefined;
  /** Where it is PID 1 of its PID namespace. */
  readonly init: Init | undefined;
}

export interface Init {
  /** The oldest child of a box's init. */
  readonly command: number | undefined;
}

export interface NamespaceGraph {
  /** By type as in NAMESPACE_TYPES, then by inode. */
  readonly namespaces: readonly NamespaceNode[];
  /** By PID. */
  readonly processes: readonly ProcessNode[];
  /** The namespaces of the process that looks. */
  readonly yours: Readonly<Partial<Record<NamespaceType, number>>>;
  /** What could not be seen and why, a sentence each: hidepid, processes of others. */
  readonly notes: readonly string[];
}
