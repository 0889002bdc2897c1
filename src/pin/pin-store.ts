// The pins of the caller: a folder each, and in it the record and, where mounts hold them, the namespaces' files.
//
//   STATE/ns.lock            held by who changes anything below
//   STATE/ns/NAME/pin.json   the record; without namespaces while they are being made, or if that was cut short
//   STATE/ns/NAME/net        a file on which the namespace is mounted
import { readdirSync, statSync } from "node:fs";
import type { NamespaceType } from "#src/spec/spec.ts";
import { isRunning } from "#src/state/process-life.ts";
import { lockFile, readRecord } from "#src/state/state-files.ts";
import { findStateFolder, openStateFolder } from "#src/state/state-folder.ts";
import { type PinHolder, parsePinRecord, type PinRecord } from "./pin-record.ts";

export interface Pin {
  readonly name: string;
  /** undefined where making it was cut short. */
  readonly record: PinRecord | undefined;
  /** Why it can't be entered; undefined if it can. */
  readonly broken: string | undefined;
}

const PART = "ns";

/** The folder of all pins, locked until it is disposed of. */
export interface PinFolder extends Disposable {
  readonly path: string;
}

/** Opens it to change it; made if it is missing. Throws NsboxError. */
export function openPinFolder(): PinFolder {
  const path = openStateFolder(PART);
  const lock = lockFile(`${path}.lock`);
  return { path, [Symbol.dispose]: () => lock[Symbol.dispose]() };
}

export function recordPath(folder: string, name: string): string {
  return `${folder}/${name}/pin.json`;
}

/** Every pin, by name. */
export function readPins(): readonly Pin[] {
  const folder = findStateFolder(PART);
  return folder === undefined ? [] : pinNames(folder).map((name) => readPin(folder, name));
}

export function pinNames(folder: string): readonly string[] {
  return readdirSync(folder).sort();
}

/** One pin, whose folder exists. */
export function readPin(folder: string, name: string): Pin {
  const record = parsePinRecord(readRecord(recordPath(folder, name)));
  if (record === undefined || record.namespaces.length === 0) return { name, record, broken: "it was not finished" };
  const { holder } = record;
  if (holder.kind === "process" && !isRunning(holder))
    return { name, record, broken: `its holder, process ${holder.pid}, has ended` };
  const lost = record.namespaces.find(({ type, inode }) => inodeAt(pathIn(folder, name, holder, type)) !== inode);
  if (lost === undefined) return { name, record, broken: undefined };
  const broken = holder.kind === "mount" ? `its ${lost.type} is not mounted here` : `its ${lost.type} can't be read`;
  return { name, record, broken };
}

/** The path by which a namespace of a pin is entered. */
export function pinPath(pin: { readonly name: string; readonly holder: PinHolder }, type: NamespaceType): string {
  return pathIn(findStateFolder(PART) ?? "", pin.name, pin.holder, type);
}

function pathIn(folder: string, name: string, holder: PinHolder, type: NamespaceType): string {
  return holder.kind === "mount" ? `${folder}/${name}/${type}` : processPath(holder.pid, type);
}

/** KERNEL: who has made a time namespace is not in it before 6.3, but its children will be; see time_namespaces(7). */
export function processPath(pid: number, type: NamespaceType): string {
  return `/proc/${pid}/ns/${type === "time" ? "time_for_children" : type}`;
}

/** The inode of the namespace that is mounted at, or linked from, a path; undefined if none is. */
export function inodeAt(path: string): number | undefined {
  try {
    const { ino, dev } = statSync(path);
    // KERNEL: all namespaces are files of one file system, nsfs.
    return dev === statSync("/proc/self/ns/mnt").dev ? ino : undefined;
  } catch (error) {
    // Whatever keeps it from being reached, it can't be entered.
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
