// What only a process inside a namespace is told: the helper of src/run/peek.ts goes there and opens or reads it. Where
// the namespace is our own too, we are inside.
import { asFd, type Fd } from "#ffi/libc/fd.ts";
import { type Call, call, memory } from "#ffi/tape/call.ts";
import { NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import type { Peek, Peeked } from "#src/run/peek.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import type { Readable } from "./groups/group.ts";
import { gather } from "./groups/lists.ts";
import type { NamespaceFile, NamespaceFiles } from "./namespace-files.ts";
import { refuse, type Subject } from "./refusal.ts";
import { playHere } from "./visit-here.ts";

/** Calls to be made in one namespace of the process. Each saves what it gives, and goes on to afterVisit() if it fails. */
export interface Visit {
  readonly type: NamespaceType;
  readonly calls: readonly Call[];
}

/** Where calls of a visit go on that have failed. */
export function afterVisit(type: NamespaceType): string {
  return `after ${type}`;
}

/** What became of each visit: the memory that its calls saved to, or why it could not be made. */
export type Visited = ReadonlyMap<NamespaceType, Readable<Peeked>>;

/** The helper: peek() of src/run/peek.ts, given by who has loaded it. */
export type Enter = (peek: Peek) => Peeked;

/** One helper for all namespaces of the same owner: most often that is all of them. */
export function makeVisits(
  files: NamespaceFiles | undefined,
  visits: readonly Visit[],
  subject: Subject,
  enter: Enter,
): Visited {
  const done = new Map<NamespaceType, Readable<Peeked>>();
  const ways = new Map<number, { readonly join: Way; readonly visits: Visit[] }>();
  for (const visit of visits) {
    const file = files?.get(visit.type);
    const owner = file === undefined ? undefined : ownerToJoin(file, files?.yourUser);
    if (file === undefined) done.set(visit.type, refuse(subject.zombie ? ENOENT : EACCES, subject));
    else if (file.yours) done.set(visit.type, { value: playHere(callsOf(visit, file)) });
    else if (owner === undefined) done.set(visit.type, refuse(EPERM, subject, ABOVE));
    else {
      const way = ways.get(owner.inode) ?? { join: owner.join, visits: [] };
      way.visits.push(visit);
      ways.set(owner.inode, way);
    }
  }
  for (const { join, visits: those } of ways.values()) {
    const peeked = enter({ join, calls: gather(those, (visit) => callsOf(visit, files?.get(visit.type))) });
    for (const { type } of those) done.set(type, enteredBy(peeked, type, subject));
  }
  return done;
}

type Way = readonly { readonly type: "user"; readonly fd: Fd }[];

const EPERM = 1;
const ENOENT = 2;
const EACCES = 13;
const ABOVE = "the namespace belongs to a user namespace above yours";

/** Who enters the owner has every capability over what it owns. */
function ownerToJoin(
  { owner }: NamespaceFile,
  yourUser: number | undefined,
): { readonly inode: number; readonly join: Way } | undefined {
  if ("errno" in owner) return undefined;
  return { inode: owner.inode, join: owner.inode === yourUser ? [] : [{ type: "user", fd: owner.fd }] };
}

function enteredBy(peeked: Peeked, type: NamespaceType, subject: Subject): Readable<Peeked> {
  const entered = savedResult(peeked, entryOf(type));
  const errno = peeked.failure?.errno ?? (entered < 0 ? -entered : 0);
  if (errno === 0) return { value: peeked };
  return refuse(errno, subject, `entering its ${type} namespace takes every capability over it`);
}

function entryOf(type: NamespaceType): string {
  return `entry of ${type}`;
}

function callsOf({ type, calls }: Visit, file: NamespaceFile | undefined): readonly Call[] {
  const after = afterVisit(type);
  const save = memory(entryOf(type), 8);
  const enter =
    file === undefined || file.yours ? [] : [call("setns", [file.fd, NAMESPACE_FLAGS[type]], { fail: after, save })];
  return [...enter, ...calls, call("getpid", [], { label: after })];
}

function savedResult(peeked: Peeked, name: string): number {
  const area = peeked.area(name);
  return area === undefined ? 0 : Number(new DataView(area.buffer, area.byteOffset).getBigInt64(0, true));
}

/** The file that a call saved under this name, or its errno. */
export function savedFile(peeked: Peeked, name: string): { readonly fd: Fd } | { readonly errno: number } {
  const result = savedResult(peeked, name);
  return result <= 0 ? { errno: result === 0 ? EPERM : -result } : { fd: asFd(result) };
}
