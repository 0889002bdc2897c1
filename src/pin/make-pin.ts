// `ns pin`: a holder in new namespaces, made by a plan like a box; then mounts take its place where they can.
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { closeFile } from "#ffi/libc/fd.ts";
import { bindMount, makePrivate } from "#ffi/libc/mount.ts";
import { sendSignal, waitFor } from "#ffi/libc/process.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { parseMountinfo } from "#src/inspect/parse-mountinfo.ts";
import { buildPinPlan } from "#src/plan/plan-pin.ts";
import { launch, type RunningBox } from "#src/run/launch.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { PinSpec } from "#src/spec/pin.ts";
import { identify } from "#src/state/process-life.ts";
import { takeFolder, writeRecord } from "#src/state/state-files.ts";
import type { PinHolder, PinRecord } from "./pin-record.ts";
import { inodeAt, openPinFolder, processPath, readPin, recordPath } from "./pin-store.ts";
import { isPrivileged } from "./privilege.ts";
import { clearFolder } from "./remove-pin.ts";

/** Pins new namespaces. Whatever fails, nothing of them stays. Throws NsboxError. */
export function makePin(spec: PinSpec, facts: HostFacts): PinRecord {
  using folder = openPinFolder();
  if (!takeFolder(`${folder.path}/${spec.name}`)) throw taken(folder.path, spec.name);
  try {
    const file = recordPath(folder.path, spec.name);
    const box = launch(buildPinPlan(spec, facts), facts, { meanwhile: (pid) => writeUnfinished(file, pid) });
    try {
      return finishPin(spec, folder.path, box);
    } catch (error) {
      endHolder(box);
      throw error;
    } finally {
      closeFile(box.pidfd);
    }
  } catch (error) {
    clearFolder(folder.path, spec.name);
    throw error;
  }
}

/** Should nsbox be ended before it is done, `ns rm` finds the holder by this. */
function writeUnfinished(file: string, pid: number): void {
  const identity = identify(pid);
  if (identity === undefined) return;
  const record: PinRecord = {
    version: 1,
    madeAt: Date.now(),
    holder: { kind: "process", ...identity },
    namespaces: [],
  };
  writeRecord(file, record);
}

function finishPin(spec: PinSpec, folder: string, box: RunningBox): PinRecord {
  const namespaces = spec.types.map((type) => {
    const inode = inodeAt(processPath(box.pid, type));
    if (inode === undefined) throw lostHolder(spec.name);
    return { type, inode };
  });
  const identity = identify(box.pid);
  if (identity === undefined) throw lostHolder(spec.name);
  const holder: PinHolder = canMount(spec) ? { kind: "mount" } : { kind: "process", ...identity };
  if (holder.kind === "mount") {
    mountNamespaces(spec, folder, box.pid);
    endHolder(box);
  }
  const record: PinRecord = { version: 1, madeAt: Date.now(), holder, namespaces };
  writeRecord(recordPath(folder, spec.name), record);
  return record;
}

/** A PID namespace ends with its first process, so only that can hold one; and to mount takes privilege. */
function canMount({ types }: PinSpec): boolean {
  return !types.includes("pid") && isPrivileged();
}

/** KERNEL: a mount namespace can't be mounted where that would spread to others (EINVAL), so the folder is private. */
function mountNamespaces({ name, types }: PinSpec, folder: string, pid: number): void {
  attempt(name, () => {
    if (!isMountPoint(folder)) bindMount(folder, folder);
    makePrivate(folder);
    for (const type of types) {
      const file = `${folder}/${name}/${type}`;
      writeFileSync(file, "", { mode: 0o400 });
      bindMount(processPath(pid, type), file);
    }
  });
}

function isMountPoint(folder: string): boolean {
  const path = realpathSync(folder);
  return parseMountinfo(readFileSync("/proc/self/mountinfo", "utf8")).some(({ mountPoint }) => mountPoint === path);
}

function attempt(name: string, mount: () => void): void {
  try {
    mount();
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const { errno, syscall, operand } = cause;
    throw new NsboxError("EHOST", `Cannot pin ${quoted(name)} at ${quoted(operand)}: ${explainErrno(errno)}`, {
      syscall,
      errno,
      hint: "mounts are refused here, as in a container: set NSBOX_STATE_DIR to a folder where they are not, or be another user than root",
      cause,
    });
  }
}

function endHolder(box: RunningBox): void {
  sendSignal(box.pidfd, SIG.KILL);
  waitFor(box.pidfd);
}

function lostHolder(name: string): NsboxError {
  return new NsboxError("ESETUP", `Cannot pin ${quoted(name)}: the process in its namespaces has been ended`, {
    hint: "somebody killed it, perhaps for want of memory: try again",
  });
}

function taken(folder: string, name: string): NsboxError {
  const { broken } = readPin(folder, name);
  const state = broken === undefined ? "" : `, though ${broken}`;
  return new NsboxError("ESPEC", `Cannot pin ${quoted(name)}: the name is taken${state}`, {
    hint: `choose another name, or let that one go first: nsbox ns rm ${name}`,
  });
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
