// `ns rm`: lets pinned namespaces go. They end when the last process in them has ended.
import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { closeFile } from "#ffi/libc/fd.ts";
import { unmount } from "#ffi/libc/mount.ts";
import { openPidfd, pollFiles, sendSignal } from "#ffi/libc/process.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { NsboxError } from "#src/error.ts";
import { isRunning, type ProcessIdentity } from "#src/state/process-life.ts";
import { openPinFolder, pinNames, readPin } from "./pin-store.ts";

/** Lets these go; one that is gone already is no error. Throws NsboxError. */
export function removePins(names: readonly string[]): void {
  using folder = openPinFolder();
  const known = pinNames(folder.path);
  for (const name of new Set(names)) if (known.includes(name)) removePin(folder.path, name);
}

function removePin(folder: string, name: string): void {
  const holder = readPin(folder, name).record?.holder;
  if (holder?.kind === "process") endProcess(holder);
  clearFolder(folder, name);
}

/** Unmounts and removes what lies in a pin's folder; with the last of them goes the mount on which they lay. */
export function clearFolder(folder: string, name: string): void {
  const own = `${folder}/${name}`;
  for (const file of readdirSync(own)) {
    // KERNEL: removing the file also takes away the copies of the mount that other mount namespaces have, since 3.18.
    while (unmountIfMay(`${own}/${file}`));
    rmSync(`${own}/${file}`);
  }
  rmdirSync(own);
  if (pinNames(folder).length === 0) unmountIfMay(folder);
}

/** EPERM: who may not mount has not mounted. */
function unmountIfMay(path: string): boolean {
  try {
    return unmount(path);
  } catch (error) {
    if (error instanceof SyscallError && error.is("EPERM")) return false;
    throw error;
  }
}

const END_MS = 5000;

/** SECURITY: the PID is looked at after it is held by a descriptor, so that no other process is ever ended. */
function endProcess(holder: ProcessIdentity): void {
  let pidfd: ReturnType<typeof openPidfd>;
  try {
    pidfd = openPidfd(holder.pid);
  } catch (error) {
    if (error instanceof SyscallError && error.is("ESRCH")) return;
    throw error;
  }
  try {
    if (!isRunning(holder)) return;
    sendSignal(pidfd, SIG.KILL);
    const [ended = 0] = pollFiles([{ fd: pidfd, events: POLL.IN }], END_MS);
    if (ended !== 0) return;
    throw new NsboxError("EHOST", `Cannot end process ${holder.pid}, which holds it: it still runs`, {
      hint: "it may be frozen or traced: see what State says in /proc/PID/status, then try again",
    });
  } finally {
    closeFile(pidfd);
  }
}
