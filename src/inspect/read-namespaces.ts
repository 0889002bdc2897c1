// The machine → NamespaceGraph. A process that ends meanwhile is left out; what can't be seen is a note.
import { FolderScanner } from "#ffi/libc/folder-scanner.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { NsboxError } from "#src/error.ts";
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import { nameBoxes } from "./name-boxes.ts";
import type { NamespaceGraph, NamespaceNode } from "./namespace-graph.ts";
import { parseHiding } from "./namespace-text.ts";
import { scanInits } from "./scan-inits.ts";
import { type ScannedProcess, scanMounts, scanProcesses, type SeenMount } from "./scan-processes.ts";
import { type FoundNamespace, scanRelations } from "./scan-relations.ts";

export interface ReadOptions {
  /** Also processes that may not be looked into, with what is known of them. */
  readonly withRefused: boolean;
}

/** Every namespace that this process may see. Throws NsboxError EHOST without /proc. */
export function readNamespaces({ withRefused }: ReadOptions): NamespaceGraph {
  const scanner = new FolderScanner();
  const proc = scanner.open(AT.FDCWD, "/proc", O.RDONLY);
  if (proc < 0) throw new NsboxError("EHOST", "Cannot list namespaces: /proc cannot be opened", { errno: -proc });
  try {
    const { processes, refused } = scanProcesses(scanner, proc, withRefused);
    const self = Number(scanner.link(proc, "self"));
    if (processes.length === 0 || Number.isNaN(self))
      throw new NsboxError("EHOST", "Cannot list namespaces: /proc shows no process", {
        hint: "mount it: mount -t proc proc /proc",
      });
    const found = gather(processes, scanMounts(scanner, proc, processes));
    const relations = scanRelations(scanner, proc, found);
    const namespaces = [...found.values()]
      .map(({ type, inode, processes, heldBy }): NamespaceNode => {
        const related = relations.get(inode);
        const { owner, parent, creatorUid } = related ?? { owner: undefined, parent: undefined, creatorUid: undefined };
        return { inode, type, processes, heldBy, owner, parent, creatorUid };
      })
      .toSorted((a, b) => TYPE_ORDER[a.type] - TYPE_ORDER[b.type] || a.inode - b.inode);
    const yours = processes.find(({ pid }) => pid === self)?.namespaces ?? {};
    const inits = scanInits(scanner, proc, processes, yours.pid);
    const boxes = nameBoxes(processes, namespaces, (pid) => inits.has(pid));
    return {
      namespaces,
      processes: processes.map(({ holds, ...process }) => ({
        ...process,
        box: boxes.get(process.pid),
        init: inits.get(process.pid),
      })),
      yours,
      notes: notesOn(refused, scanner.wholeText(proc, "self/mountinfo"), scanner.link(proc, "1/ns/user")),
    };
  } finally {
    scanner.close(proc);
  }
}

const TYPE_ORDER = Object.fromEntries(NAMESPACE_TYPES.map((type, index) => [type, index])) as Readonly<
  Record<NamespaceType, number> // an index for each type
>;

/** Processes by namespace, and what else holds one. */
function gather(processes: readonly ScannedProcess[], mounts: readonly SeenMount[]): Map<number, FoundNamespace> {
  const found = new Map<number, FoundNamespace>();
  const at = (type: NamespaceType, inode: number): FoundNamespace => {
    const known = found.get(inode);
    if (known !== undefined) return known;
    const fresh: FoundNamespace = { type, inode, processes: [], heldBy: [] };
    found.set(inode, fresh);
    return fresh;
  };
  for (const { pid, namespaces } of processes)
    for (const type of NAMESPACE_TYPES) {
      const inode = namespaces[type];
      if (inode !== undefined) at(type, inode).processes.push(pid);
    }
  for (const { type, inode, path, seenBy } of mounts) {
    const { heldBy } = at(type, inode);
    // Mounts spread to other mount namespaces: the same path is said once.
    if (!heldBy.some((holder) => holder.kind === "mount" && holder.path === path))
      heldBy.push({ kind: "mount", path, seenBy });
  }
  for (const { type, inode, by } of processes.flatMap(({ holds }) => holds)) {
    const namespace = at(type, inode);
    if (namespace.processes.length === 0) namespace.heldBy.push(by);
  }
  return found;
}

/** hidepid is told from the options and from PID 1, which is always there: either alone proves nothing. */
function notesOn(refused: number, mountinfo: string | number, first: string | number): readonly string[] {
  const notes: string[] = [];
  const [hiding] = typeof mountinfo === "string" ? parseHiding(mountinfo) : [];
  const hidden = hiding !== undefined && typeof first === "number";
  if (hidden)
    notes.push(`/proc is mounted with ${hiding}: processes of others are hidden from you, and so are their namespaces`);
  if (refused > 0)
    notes.push(
      refused === 1
        ? "1 process may not be looked into by you: its namespaces may be missing here"
        : `${refused} processes may not be looked into by you: their namespaces may be missing here`,
    );
  return notes;
}
