// The folder of all boxes. Each is a folder by its name; every change is one rename, so that whoever looks sees a box
// whole or not at all, with no lock that a killed process could leave behind. docs/boxes.md has the format.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { closeFile, type Fd, openFile } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { isFrozen, makeCgroup, removeCgroup } from "#src/cgroup/box-cgroup.ts";
import { STATUS } from "#src/spec/status-layout.ts";
import { type BoxLog, type BoxRecord, parseRecord } from "./box-record.ts";
import { type BoxStatus, killedStatusFile, parseStatusFile } from "./box-status.ts";
import { type Life, type ExactProcess, readIdentity, readLife } from "./process-life.ts";
import { openLogFiles } from "./open-log-files.ts";
import { settleBox } from "./settle-box.ts";
import { isMissing } from "./state-files.ts";
import { findStateFolder, openStateFolder } from "./state-folder.ts";

const PART = "boxes";
const RENAME_NOREPLACE = 1;
/** What --name takes: nothing that begins with a dot, which our own folders do. */
const NAME = /^[a-zA-Z0-9][\w.-]*$/;

/** A box that was started with -d, as it is now. */
export interface Box {
  readonly name: string;
  readonly folder: string;
  readonly record: BoxRecord;
  readonly status: BoxStatus;
  readonly life: Life;
}

/** Files that a box in the making is given, by the names that the plan has for them. */
export type BoxFiles = Readonly<Record<string, Fd>>;

/** In the folder of a box in the making: the path of its cgroup. */
const CGROUP_NOTE = "cgroup";

/** A box that nobody sees yet. */
export interface NewBox {
  /** Makes its cgroup; see makeCgroup(). */
  makeCgroup(path: string, pidsLimit: number | undefined): void;
  readonly files: BoxFiles;
  /** From here on it is seen. Throws NsboxError ESPEC where the name is taken. */
  commit(name: string, record: BoxRecord): void;
  /** Takes back whatever there is. */
  discard(): void;
}

/** A folder for a box in the making, named by who makes it: it is rubbish once that process has ended. */
export function openNewBox(log: BoxLog): NewBox {
  const boxes = openStateFolder(PART);
  let folder = `${boxes}/.new-${ownerWord(readIdentity(process.pid))}`;
  let cgroup: string | undefined;
  const discard = (): void => {
    if (cgroup !== undefined) removeCgroup(cgroup);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(`${folder}/status`, new Uint8Array(STATUS.bytes), { mode: 0o600 });
    return {
      files: {
        null: openFile("/dev/null", O.RDONLY),
        ...openLogFiles(log, folder),
        status: openFile(`${folder}/status`, O.WRONLY),
      },
      makeCgroup(path, pidsLimit) {
        // First of all, so that whatever happens somebody knows what to remove.
        writeFileSync(`${folder}/${CGROUP_NOTE}`, path, { mode: 0o600 });
        cgroup = path;
        makeCgroup(path, pidsLimit);
      },
      commit(name, record) {
        const text = `${JSON.stringify(record, null, 2)}\n`;
        try {
          writeFileSync(`${folder}/box.json`, text, { mode: 0o600, flush: true });
        } catch (cause) {
          throw notWritten(boxes, cause);
        }
        const target = `${boxes}/${name}`;
        if (!moveFolder(folder, target)) throw nameTaken(name);
        folder = target;
      },
      discard,
    };
  } catch (cause) {
    discard();
    throw notWritten(boxes, cause);
  }
}

/** A full disk, for one: an error of the machine, not of nsbox. */
function notWritten(boxes: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !("errno" in cause) || typeof cause.errno !== "number") return cause;
  if (cause instanceof NsboxError) return cause;
  const errno = Math.abs(cause.errno);
  return new NsboxError("EHOST", `Cannot put a box into ${JSON.stringify(boxes)}: ${explainErrno(errno)}`, {
    errno,
    hint: "make room there, or set NSBOX_STATE_DIR to a folder elsewhere",
    cause,
  });
}

/** The error where a box of this name exists. */
export function nameTaken(name: string): NsboxError {
  return new NsboxError("ESPEC", `Cannot call the box ${JSON.stringify(name)}: there is one of this name`, {
    hint: `choose another name, or remove that box first: nsbox rm -f ${name}`,
  });
}

/** false if the target exists. Throws SyscallError. */
function moveFolder(from: string, to: string): boolean {
  const result = rawSyscall("renameat2", AT.FDCWD, from, AT.FDCWD, to, RENAME_NOREPLACE);
  if (result === 0) return true;
  if (result === -errnoNumber("EEXIST")) return false;
  throw new SyscallError("renameat2", -result, from);
}

/** Every box, by name. What is left of those that never came to be, or are not to be kept, is removed on the way. */
export function listBoxes(): readonly Box[] {
  const boxes = findStateFolder(PART);
  if (boxes === undefined) return [];
  const names = readdirSync(boxes).sort();
  for (const name of names) if (name.startsWith(".")) sweep(`${boxes}/${name}`, name);
  return names.filter((name) => !name.startsWith(".")).flatMap((name) => findBox(name) ?? []);
}

/** The box of this name, if there is one. */
export function findBox(name: string): Box | undefined {
  if (!NAME.test(name)) return undefined;
  const boxes = findStateFolder(PART);
  if (boxes === undefined) return undefined;
  const folder = `${boxes}/${name}`;
  const box = readBox(name, folder);
  if (box === undefined || box.life !== "ended") return box;
  settleBox(box);
  const isKept = box.status.starts > 0 && !box.record.rm;
  if (isKept) return box;
  removeFolder(box);
  return undefined;
}

/** Whether a folder of this name stands there, whatever it holds. */
export function isNameTaken(name: string): boolean {
  return findBox(name) !== undefined;
}

function readBox(name: string, folder: string): Box | undefined {
  // Its life first: a status that is read after the end is the last one.
  const record = parseRecord(readIfThere(`${folder}/box.json`)?.toString() ?? "");
  if (record === undefined) return undefined;
  const life = lifeOf(record);
  const bytes = readIfThere(`${folder}/status`);
  const status = bytes === undefined ? undefined : parseStatusFile(bytes);
  return status === undefined ? undefined : { name, folder, record, status, life };
}

/** A frozen process looks like one that sleeps. */
function lifeOf({ process, spec }: BoxRecord): Life {
  const life = readLife(process);
  const { cgroup } = spec.linux;
  return life === "running" && cgroup !== undefined && isFrozen(cgroup.path) ? "stopped" : life;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What a killed nsbox left behind. */
function sweep(path: string, name: string): void {
  const owner = parseOwner(name);
  if (owner !== undefined && readLife(owner) !== "ended") return;
  const cgroup = readIfThere(`${path}/${CGROUP_NOTE}`)?.toString();
  // Until that is gone, somebody has to know of it.
  if (cgroup !== undefined && !removeCgroup(cgroup)) return;
  rmSync(path, { recursive: true, force: true });
}

let made = 0;

/** "123.4567.BOOT.0": whose folder it is, and which of his. */
function ownerWord(owner: ExactProcess | undefined): string {
  return `${owner?.pid ?? 0}.${owner?.startTicks ?? 0}.${owner?.bootId ?? ""}.${made++}`;
}

function parseOwner(name: string): ExactProcess | undefined {
  const match = /^\.(?:new|old)-(\d+)\.(\d+)\.([^.]*)\./.exec(name);
  if (match === null) return undefined;
  const [, pid = "", ticks = "", bootId = ""] = match;
  return { pid: Number(pid), startTicks: Number(ticks), bootId };
}

/** Removes the box's folder at once, as everybody sees it; false if it was gone already. */
export function removeFolder(box: Box): boolean {
  const parent = box.folder.slice(0, box.folder.lastIndexOf("/"));
  const old = `${parent}/.old-${ownerWord(readIdentity(process.pid))}`;
  try {
    if (!moveFolder(box.folder, old)) return false;
  } catch (error) {
    if (error instanceof SyscallError && error.is("ENOENT")) return false;
    throw error;
  }
  if (!isOf(old, box)) {
    // Meanwhile the box got another name, and another one this: it is not the one to be removed.
    putBack(old, box.folder);
    return false;
  }
  rmSync(old, { recursive: true, force: true });
  return true;
}

function isOf(folder: string, { record }: Box): boolean {
  const found = parseRecord(readIfThere(`${folder}/box.json`)?.toString() ?? "");
  // One that can't be read is nobody's.
  if (found === undefined) return true;
  return found.process.pid === record.process.pid && found.process.startTicks === record.process.startTicks;
}

/** Under its name, or one beside it where that has been taken again. */
function putBack(folder: string, path: string): void {
  for (let n = 0; n < PUT_BACK_TRIES; n++) if (moveFolder(folder, n === 0 ? path : `${path}-${n + 1}`)) return;
}

const PUT_BACK_TRIES = 100;

/** Removes a folder of this name that holds no box: one that a power cut or a stranger left. false: there is none. */
export function removeBroken(name: string): boolean {
  const boxes = findStateFolder(PART);
  if (boxes === undefined || !NAME.test(name)) return false;
  const path = `${boxes}/${name}`;
  if (!existsSync(path) || readBox(name, path) !== undefined || isAlive(path)) return false;
  rmSync(path, { recursive: true, force: true });
  return true;
}

/** A box without a readable status may live for all that. */
function isAlive(path: string): boolean {
  const record = parseRecord(readIfThere(`${path}/box.json`)?.toString() ?? "");
  return record !== undefined && readLife(record.process) !== "ended";
}

/** The status file of a box, which can be read even after the box has been removed. */
export interface OpenStatus extends Disposable {
  read(): BoxStatus | undefined;
}

export function openStatus(box: Box): OpenStatus {
  const fd = openFile(`${box.folder}/status`, O.RDONLY);
  return {
    read: () => {
      const bytes = new Uint8Array(STATUS.bytes);
      rawSyscall("pread64", fd, bytes, bytes.length, 0);
      return parseStatusFile(bytes);
    },
    [Symbol.dispose]: () => closeFile(fd),
  };
}

/** Gives the box another name. Throws NsboxError ESPEC where it is taken, or the box has been removed meanwhile. */
export function renameBox(box: Box, name: string): void {
  const parent = box.folder.slice(0, box.folder.lastIndexOf("/"));
  try {
    if (isNameTaken(name) || !moveFolder(box.folder, `${parent}/${name}`)) throw nameTaken(name);
  } catch (error) {
    if (!(error instanceof SyscallError && error.is("ENOENT"))) throw error;
    throw new NsboxError("ESPEC", `Cannot rename ${JSON.stringify(box.name)}: it has just been removed or renamed`, {
      hint: "nsbox ps -a lists the boxes",
    });
  }
}

/** Writes down that the init was killed, where it has ended without having written anything itself. */
export function noteKilled(box: Box): void {
  const path = `${box.folder}/status`;
  const bytes = readIfThere(path);
  const status = bytes === undefined ? undefined : parseStatusFile(bytes);
  if (bytes === undefined || status === undefined || status.end !== undefined || status.starts === 0) return;
  try {
    writeFileSync(path, killedStatusFile(bytes, Date.now()), { flag: "r+" });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
