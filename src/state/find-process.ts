// "BOX|PID" as commands take it.
import { readlinkSync } from "node:fs";
import { type Box, findBox, listBoxes } from "./box-store.ts";
import { readIdentity, type ExactProcess } from "./process-life.ts";

/** A box's init, or any other process. */
export type FoundProcess =
  | { readonly kind: "box"; readonly box: Box; readonly process: ExactProcess }
  | { readonly kind: "process"; readonly process: ExactProcess };

/** What the word names: a box by its name, else a process by its PID; undefined if it is neither. */
export function findProcess(word: string): FoundProcess | undefined {
  const box = findBox(word);
  if (box !== undefined) return { kind: "box", box, process: box.record.process };
  const process = /^[1-9]\d{0,9}$/.test(word) ? readIdentity(Number(word)) : undefined;
  return process === undefined ? undefined : { kind: "process", process };
}

/** The box that a process belongs to, by its PID namespace. */
export function boxOfProcess(pid: number): Box | undefined {
  const namespace = readPidNamespace(pid);
  return listBoxes().find((box) => box.life !== "ended" && box.record.pidNamespace === namespace);
}

/** The inode of a process's PID namespace, see pid_namespaces(7); 0 where it may not be read. */
export function readPidNamespace(pid: number): number {
  try {
    return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/pid`))?.[1] ?? 0);
  } catch (error) {
    if (error instanceof Error && "code" in error) return 0;
    throw error;
  }
}
