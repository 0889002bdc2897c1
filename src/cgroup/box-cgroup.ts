// A cgroup for each box that lives on, where cgroup v2 is all that there is and the caller may make one; see cgroups(7).
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { explainErrno, NsboxError } from "#src/error.ts";

const ROOT = "/sys/fs/cgroup";
const SUFFIX_BYTES = 4;
const FREEZE_MS = 10_000;
const POLL_MS = 2;

/**
 * Where the caller may make cgroups for boxes, and start processes in them; undefined where there is no such place.
 *
 * KERNEL: a cgroup that has processes can't have cgroups with limits in it. So it is beside the caller's own, if the one
 * above is his (root's, or one that systemd has delegated); else within his own, where a box can be frozen, but not bounded.
 */
export function findBoxCgroups(): string | undefined {
  if (!existsSync(`${ROOT}/cgroup.controllers`)) return undefined;
  const path = /^0::(\/.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  // "/..": it lies outside of what this cgroup namespace shows.
  if (path === undefined || path.startsWith("/..")) return undefined;
  const own = path === "/" ? ROOT : `${ROOT}${path}`;
  const above = own === ROOT ? ROOT : own.slice(0, own.lastIndexOf("/"));
  return [above, own].find((folder) => mayUse(folder) && mayUse(`${folder}/cgroup.procs`) && takesBoxes(folder));
}

function mayUse(path: string): boolean {
  return ignore(["EACCES", "EPERM", "EROFS", "ENOENT"], () => accessSync(path, constants.W_OK)) === undefined;
}

/** A cgroup whose processes are counted thread by thread takes no others. */
function takesBoxes(folder: string): boolean {
  const type = `${folder}/cgroup.type`;
  return !existsSync(type) || readFileSync(type, "utf8") === "domain\n";
}

/** A path for the cgroup of a box, below this one, that no other has or had. */
export function cgroupPath(parent: string, box: string): string {
  return `${parent}/nsbox-${box}-${crypto.getRandomValues(new Uint8Array(SUFFIX_BYTES)).toHex()}`;
}

/** Makes it, with room for so many processes besides the init. Throws NsboxError. */
export function makeCgroup(path: string, pidsLimit: number | undefined): void {
  const parent = path.slice(0, path.lastIndexOf("/"));
  if (pidsLimit !== undefined) enablePids(parent);
  try {
    mkdirSync(path);
  } catch (cause) {
    if (!(cause instanceof Error && "errno" in cause)) throw cause;
    const why = explainErrno(Math.abs(Number(cause.errno)));
    throw new NsboxError("EHOST", `Cannot make the cgroup ${JSON.stringify(path)}: ${why}`, {
      hint: "cgroup.max.descendants of the cgroups above may be in the way",
      cause,
    });
  }
  if (pidsLimit === undefined) return;
  try {
    writeFileSync(`${path}/pids.max`, String(pidsLimit + 1));
  } catch (cause) {
    removeCgroup(path);
    throw noLimit(`the cgroups in ${JSON.stringify(parent)} have no controller "pids"`, cause);
  }
}

/** The error where the number of a box's processes can't be limited. */
export function noLimit(why: string, cause?: unknown): NsboxError {
  return new NsboxError("EHOST", `Cannot limit the box's processes: ${why}`, {
    hint: "run nsbox as root, or where systemd has delegated a cgroup to you: systemd-run --user --scope nsbox …",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Where there are processes beside the boxes this would make all of them threads of one: see takesBoxes(). */
function enablePids(parent: string): void {
  const has = (file: string): boolean => readFileSync(`${parent}/${file}`, "utf8").split(/\s+/).includes("pids");
  if (!has("cgroup.controllers") || has("cgroup.subtree_control")) return;
  if (readFileSync(`${parent}/cgroup.procs`, "utf8") !== "") return;
  ignore(["EBUSY", "EACCES", "EPERM", "EOPNOTSUPP", "EROFS"], () =>
    writeFileSync(`${parent}/cgroup.subtree_control`, "+pids"),
  );
}

/** Removes it with those within; false while something still runs there. */
export function removeCgroup(path: string): boolean {
  if (!existsSync(path)) return true;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroup(`${path}/${entry.name}`);
  }
  return ignore(["ENOENT", "EBUSY"], () => rmdirSync(path)) !== "EBUSY";
}

/** Stops, or lets go on, all that runs in the cgroup and below it, and waits until that is so. Throws NsboxError. */
export function setFrozen(path: string, frozen: boolean): void {
  writeFileSync(`${path}/cgroup.freeze`, frozen ? "1" : "0");
  for (let waited = 0; waited < FREEZE_MS; waited += POLL_MS) {
    if (isFrozen(path) === frozen) return;
    Bun.sleepSync(POLL_MS);
  }
  writeFileSync(`${path}/cgroup.freeze`, "0");
  throw new NsboxError("EHOST", `Cannot freeze the cgroup ${JSON.stringify(path)}: not all of it stops`, {
    hint: "a process in it waits for a device or a file server that does not answer",
  });
}

/** Whether all in the cgroup stands still. */
export function isFrozen(path: string): boolean {
  const events = `${path}/cgroup.events`;
  return existsSync(events) && /^frozen 1$/m.test(readFileSync(events, "utf8"));
}

/** The name of the error that came, if it is one of these. */
function ignore(codes: readonly string[], act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (codes.includes(code)) return code;
    throw error;
  }
}
