// Why something can't be read, in words: errno by name, what it means here, what would help. Pure.
import { errnoMessage, type ErrnoName } from "#ffi/uapi/errno.ts";
import { errnoOf } from "#src/error.ts";
import type { Readable } from "./groups/group.ts";

/** What is known of the process before anything of it is refused. */
export interface Subject {
  readonly uid: number;
  /** It has ended, and waits for its parent. */
  readonly zombie: boolean;
  readonly kernelThread: boolean;
  readonly dumpable: boolean | undefined;
  /** Of who inspects. */
  readonly yourUid: number;
}

const GONE: readonly ErrnoName[] = ["ENOENT", "ESRCH", "EINVAL"];

/** A refused value; `what` names the place if that is not the process itself. */
export function refuse<T>(errno: number, subject: Subject, what?: string): Readable<T> {
  const name = errnoOf(errno)?.name;
  const unreadable = name ?? `errno ${errno}`;
  if (name === "EACCES" || name === "EPERM") {
    const reason = what ?? "the kernel shows it only to who may trace the process";
    return { unreadable, reason, help: whoMay(subject) };
  }
  if (name !== undefined && GONE.includes(name) && subject.zombie)
    return { unreadable, reason: "it has ended (zombie), and this went with it", help: "" };
  if (name === "ENOENT" && subject.kernelThread)
    return { unreadable, reason: "a thread of the kernel has no such thing", help: "" };
  if (name === "ENOENT") return { unreadable, reason: "it is not there, or this kernel does not show it", help: "" };
  return { unreadable, reason: name === undefined ? "the kernel refuses it" : errnoMessage(name), help: "" };
}

function whoMay({ uid, yourUid, dumpable }: Subject): string {
  if (uid !== yourUid) {
    if (yourUid === 0) return "more privileges are needed than you have here";
    return uid === 0 ? "root may" : `uid ${uid} or root may`;
  }
  if (dumpable === false) return "the process is not dumpable, so that only root may";
  return yourUid === 0 ? "it has capabilities that you have not" : "it has privileges that you have not: root may";
}
