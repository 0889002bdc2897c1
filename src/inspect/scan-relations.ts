// Who owns a namespace and what it descends from, see ioctl_ns(2). That takes an open file of each namespace, and may
// lead to namespaces that nothing else showed.
import type { FolderScanner } from "#ffi/libc/folder-scanner.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { NS } from "#ffi/uapi/ioctl.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import type { Holder } from "./namespace-graph.ts";

/** A namespace that something showed: its processes and what else holds it. */
export interface FoundNamespace {
  readonly type: NamespaceType;
  readonly inode: number;
  readonly processes: number[];
  readonly heldBy: Holder[];
}

export interface Relations {
  readonly owner: number | undefined;
  readonly parent: number | undefined;
  readonly creatorUid: number | undefined;
}

const NO_RELATIONS: Relations = { owner: undefined, parent: undefined, creatorUid: undefined };

/** The relations of every namespace by inode; namespaces met on the way are added to `found`. */
export function scanRelations(
  scanner: FolderScanner,
  proc: number,
  found: Map<number, FoundNamespace>,
): ReadonlyMap<number, Relations> {
  const relations = new Map<number, Relations>();
  for (const namespace of [...found.values()]) {
    if (relations.has(namespace.inode)) continue;
    const fd = openNamespace(scanner, proc, namespace);
    if (fd >= 0) followRelations({ scanner, found, relations }, namespace, fd);
    else relations.set(namespace.inode, NO_RELATIONS);
  }
  return relations;
}

interface Walk {
  readonly scanner: FolderScanner;
  readonly found: Map<number, FoundNamespace>;
  readonly relations: Map<number, Relations>;
}

/** Asks one open namespace, then those it leads to and that weren't asked yet; closes `fd`. */
function followRelations(walk: Walk, { type, inode }: FoundNamespace, fd: number): void {
  const { scanner, relations } = walk;
  const descends = type === "pid" || type === "user";
  // Before the walk goes on: what leads back here must find it answered.
  relations.set(inode, NO_RELATIONS);
  const owner = follow(walk, inode, "user", scanner.request(fd, NS.GET_USERNS));
  const parent = descends ? follow(walk, inode, type, scanner.request(fd, NS.GET_PARENT)) : undefined;
  const creatorUid = type === "user" ? scanner.requestNumber(fd, NS.GET_OWNER_UID) : undefined;
  relations.set(inode, { owner, parent, creatorUid });
  scanner.close(fd);
}

/** The inode behind a descriptor that an ioctl gave; undefined for a refusal: EPERM, where it lies outside of ours. */
function follow(walk: Walk, from: number, type: NamespaceType, fd: number): number | undefined {
  if (fd < 0) return undefined;
  const inode = walk.scanner.identity(fd)?.inode;
  if (inode === undefined || walk.relations.has(inode)) {
    walk.scanner.close(fd);
    if (inode !== undefined) hold(walk, from, type, inode);
    return inode;
  }
  followRelations(walk, hold(walk, from, type, inode), fd);
  return inode;
}

/** Notes why a namespace without a process is there. */
function hold({ found }: Walk, from: number, type: NamespaceType, inode: number): FoundNamespace {
  const namespace = found.get(inode) ?? { type, inode, processes: [], heldBy: [] };
  found.set(inode, namespace);
  const known = namespace.heldBy.some((holder) => holder.kind === "namespace" && holder.inode === from);
  if (namespace.processes.length === 0 && !known) namespace.heldBy.push({ kind: "namespace", inode: from });
  return namespace;
}

/** Opens it through whatever shows it; -1 where nothing does. */
function openNamespace(
  scanner: FolderScanner,
  proc: number,
  { type, inode, processes, heldBy }: FoundNamespace,
): number {
  const paths = [
    ...processes.slice(0, TRIES).map((pid) => `${pid}/ns/${type}`),
    ...heldBy.flatMap((holder) => {
      if (holder.kind === "open file") return [`${holder.pid}/fd/${holder.fd}`];
      if (holder.kind === "children") return [`${holder.pid}/ns/${type}_for_children`];
      return holder.kind === "mount" ? [`${holder.seenBy}/root${holder.path}`] : [];
    }),
  ];
  for (const path of paths) {
    const fd = openIfSame(scanner, proc, path, inode);
    if (fd >= 0) return fd;
  }
  return -1;
}

/** Processes that are tried before giving up: the first may have ended meanwhile. */
const TRIES = 3;

/**
 * The file, if it is still this namespace's.
 *
 * SECURITY: a path of another's mount namespace may have become a device or a pipe; looked at as O_PATH, neither is opened.
 */
function openIfSame(scanner: FolderScanner, proc: number, path: string, inode: number): number {
  const looked = scanner.open(proc, path, O.PATH);
  if (looked < 0) return -1;
  const same = scanner.identity(looked)?.inode === inode && scanner.isNamespace(looked);
  const fd = same ? scanner.open(AT.FDCWD, `/proc/self/fd/${looked}`, O.RDONLY) : -1;
  scanner.close(looked);
  return fd;
}
