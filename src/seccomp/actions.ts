// The actions of profiles and what a filter returns for them, both ways.
import { SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { explainErrno } from "#src/error.ts";

export type ActionName =
  | "SCMP_ACT_KILL"
  | "SCMP_ACT_KILL_THREAD"
  | "SCMP_ACT_KILL_PROCESS"
  | "SCMP_ACT_TRAP"
  | "SCMP_ACT_ERRNO"
  | "SCMP_ACT_NOTIFY"
  | "SCMP_ACT_TRACE"
  | "SCMP_ACT_LOG"
  | "SCMP_ACT_ALLOW";

/** As profiles spell them, with the value that a filter returns; seccomp(2). */
export const ACTIONS: Readonly<Record<ActionName, number>> = {
  SCMP_ACT_KILL: SECCOMP_RET.KILL_THREAD,
  SCMP_ACT_KILL_THREAD: SECCOMP_RET.KILL_THREAD,
  SCMP_ACT_KILL_PROCESS: SECCOMP_RET.KILL_PROCESS,
  SCMP_ACT_TRAP: SECCOMP_RET.TRAP,
  SCMP_ACT_ERRNO: SECCOMP_RET.ERRNO,
  SCMP_ACT_NOTIFY: SECCOMP_RET.USER_NOTIF,
  SCMP_ACT_TRACE: SECCOMP_RET.TRACE,
  SCMP_ACT_LOG: SECCOMP_RET.LOG,
  SCMP_ACT_ALLOW: SECCOMP_RET.ALLOW,
};

/** The actions that carry a number of 16 bits: an errno, or a message to the tracer. */
export const WITH_DATA: readonly ActionName[] = ["SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"];

const DATA_MASK = 0xffff;

const MEANING: Readonly<Record<number, string>> = {
  [SECCOMP_RET.KILL_THREAD]: "end the thread",
  [SECCOMP_RET.KILL_PROCESS]: "end the process",
  [SECCOMP_RET.TRAP]: "send SIGSYS",
  [SECCOMP_RET.ERRNO]: "refuse",
  [SECCOMP_RET.USER_NOTIF]: "ask the supervisor",
  [SECCOMP_RET.TRACE]: "ask the tracer",
  [SECCOMP_RET.LOG]: "allow and log",
  [SECCOMP_RET.ALLOW]: "allow",
};

/** The action within a filter's answer. */
export function actionOf(ret: number): number {
  return (ret & ~DATA_MASK) >>> 0;
}

/** The number within a filter's answer. */
export function dataOf(ret: number): number {
  return ret & DATA_MASK;
}

/** "refuse with EPERM (Operation not permitted)". */
export function explainReturn(ret: number): string {
  const meaning = MEANING[actionOf(ret)] ?? `0x${ret.toString(16)}`;
  if (actionOf(ret) === SECCOMP_RET.ERRNO) return `${meaning} with ${explainErrno(dataOf(ret))}`;
  return dataOf(ret) === 0 ? meaning : `${meaning}, ${dataOf(ret)}`;
}
