// "BOX|PID" where a network is meant: a box that lives on, one in the foreground that has a name in a network, a process.
import { readlinkSync } from "node:fs";
import { NsboxError } from "#src/error.ts";
import { findBox } from "#src/state/box-store.ts";
import { isRunning } from "#src/state/process-life.ts";
import type { LeaseRecord } from "./lease-record.ts";

/** `leases` are those of boxes that live. undefined: the word is the name of no box, and no PID. */
export function pidOfBox(word: string, leases: readonly LeaseRecord[]): number | undefined {
  const box = findBox(word);
  if (box !== undefined && box.life !== "ended") return box.record.process.pid;
  const named = leases.find((lease) => lease.name === word && pidNow(lease) !== undefined);
  return named?.box?.pid ?? (/^[1-9]\d{0,7}$/.test(word) ? Number(word) : undefined);
}

/** "net:[4026531840]"; undefined where the process has gone. Throws NsboxError EHOST where it may not be looked at. */
export function netnsOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    if (code !== "EACCES") throw error;
    throw new NsboxError(
      "EHOST",
      `Cannot look at the network namespace of process ${pid}: EACCES (Permission denied)`,
      {
        hint: "the process is another user's, or more privileged than you: give one of a box of yours",
        cause: error,
      },
    );
  }
}

/** The PID of the box's first process, as long as it is that one's: others may keep the box, and its lease. */
export function pidNow({ box }: Pick<LeaseRecord, "box">): number | undefined {
  return box !== undefined && isRunning(box) ? box.pid : undefined;
}

/** Whether a process is in the box that has this lease. */
export function isInBox(lease: LeaseRecord, pid: number): boolean {
  const first = pidNow(lease);
  const its = first === undefined ? undefined : netnsOf(first);
  return its !== undefined && its === netnsOf(pid);
}
