// Reads of the machine what the plan of one box must know, and nothing else: this is on the way to every `run`.
import { AT, F, O } from "#ffi/uapi/fcntl.ts";
import { TC } from "#ffi/uapi/ioctl.ts";
import { KEY_SPEC, KEYCTL } from "#ffi/uapi/keyctl.ts";
import { LANDLOCK_CREATE_RULESET } from "#ffi/uapi/landlock.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { readText } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { FRESH_FOLDERS, MASKED_PATHS, READONLY_PATHS, ROOT_MASKED_PATHS, throttlePath } from "#src/spec/defaults.ts";
import type { HostFacts, PathKind, SubIdRange } from "#src/spec/facts.ts";
import { protectedOnHost, writableSources } from "#src/spec/build-protected.ts";
import { hiddenOnHost } from "#src/spec/build-hidden.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { SECRET_FILES } from "#src/spec/secret-files.ts";
import type { PassedFileRule } from "#src/spec/spec.ts";
import { normalPath } from "#src/spec/path.ts";
import { callerSignalMask } from "./hold-signals.ts";
import { readReadable } from "./read-readable.ts";
import { readRootEntries } from "./read-root-entries.ts";
import { DEVICES, unreadable } from "#src/spec/without-namespaces.ts";
import { parseSubIds } from "#src/spec/sub-ids.ts";

/** The facts for these options. */
export function readFacts(options: RunOptions): HostFacts {
  const env = processEnv();
  const cwd = process.cwd();
  const homes = readHomes(env);
  const paths: Record<string, PathKind> = {};
  const uid = rawSyscall("geteuid");
  for (const path of pathsOf(options, { cwd, homes, env, uid })) paths[path] = pathKind(path);
  if (uid === 0) for (const path of [...SECRET_FILES, ...ROOT_MASKED_PATHS]) paths[path] = pathKind(path);
  const throttles = readThrottles(paths);
  return {
    arch: process.arch === "arm64" ? "arm64" : "x64",
    kernel: readKernel(),
    uid,
    gid: rawSyscall("getegid"),
    cwd,
    env,
    homes,
    clone3: hasClone3(),
    throttles,
    landlockAbi: Math.max(0, rawSyscall("landlock_create_ruleset", 0, 0, LANDLOCK_CREATE_RULESET.VERSION)),
    keyctl: hasKeyctl(),
    oomScoreAdj: readOomScore(),
    terminal: isTerminal(0) && isTerminal(1),
    subuids: options.subids ? readSubIds("/etc/subuid", uid, env) : [],
    subgids: options.subids ? readSubIds("/etc/subgid", uid, env) : [],
    ownUids: uid === 0 ? readOwnIds("/proc/self/uid_map") : [],
    ownGids: uid === 0 ? readOwnIds("/proc/self/gid_map") : [],
    signalMask: callerSignalMask(),
    ...readPassedFiles([0, 1, 2, ...options.passFds]),
    unwritable: options.protect ? unwritableOf(writableSources(options, cwd, homes)) : [],
    passableFds: options.passFds.length === 0 ? [] : options.passFds.filter(isPassable),
    rootOwner: uid === 0 && options.root?.kind === "dir" ? ownerOf(normalPath(options.root.path, cwd)) : undefined,
    setgroupsDenied: keepsUserNamespace(options) && readSmall("/proc/self/setgroups").startsWith("deny"),
    readable: options.noNamespaces ? readReadable(unreadable(options, { homes })) : [],
    rootEntries: isHostOverlay(options) ? readRootEntries() : [],
    network: undefined,
    paths,
  };
}

/** Their number; each is put among the paths. */
function readThrottles(paths: Record<string, PathKind>): number {
  for (let cpu = 0; ; cpu++) {
    const path = throttlePath(cpu);
    if (pathKind(path) !== "dir") return cpu;
    paths[path] = "dir";
  }
}

function processEnv(): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  return env;
}

function readHomes(env: Readonly<Record<string, string>>): readonly string[] {
  const homes = ["/home", "/root"];
  const home = env["HOME"];
  if (home === undefined || !home.startsWith("/")) return homes;
  const own = normalPath(home, "/");
  return own === "/" || homes.includes(own) ? homes : [...homes, own];
}

type Caller = Pick<HostFacts, "cwd" | "homes" | "env" | "uid">;

/** Every path of the host whose kind decides something. */
function pathsOf(options: RunOptions, caller: Caller): readonly string[] {
  const { cwd, homes } = caller;
  const paths = ["/etc/resolv.conf", ...FRESH_FOLDERS.keys(), ...homes, ...MASKED_PATHS, ...READONLY_PATHS];
  if (options.root?.kind === "dir") paths.push(normalPath(options.root.path, cwd));
  for (const mount of options.mounts) {
    if (mount.kind === "bind") paths.push(normalPath(mount.source, cwd));
    paths.push(normalPath(mount.destination ?? (mount.kind === "bind" ? mount.source : "/"), cwd));
  }
  paths.push(...protectedOnHost(options, caller));
  if (options.noNamespaces) paths.push(...DEVICES);
  for (const path of options.hide) paths.push(hiddenOnHost(path, options, cwd));
  return paths;
}

const STATX_BYTES = 256;
const STATX_TYPE = 1;
const STX_MODE = 28;
const STATX_UID = 8;
const STX_UID = 20;
const S_IFMT = 0o170000;
const S_IFSOCK = 0o140000;
const KINDS: Readonly<Record<number, PathKind>> = { 0o040000: "dir", 0o020000: "device", 0o060000: "device" };

/** What stands at a path, links followed; see statx(2). */
export function pathKind(path: string): PathKind {
  return kindOf(modeOf(path));
}

/** Of what stands there, links followed: its kind and permissions; or -errno. */
export function modeOf(path: string): number {
  const bytes = new Uint8Array(STATX_BYTES);
  const result = rawSyscall("statx", AT.FDCWD, path, 0, STATX_TYPE, bytes);
  return result < 0 ? result : new DataView(bytes.buffer).getUint16(STX_MODE, true);
}

/** What modeOf() has found. */
export function kindOf(mode: number): PathKind {
  if (mode === -errnoNumber("EACCES")) return "denied";
  return mode < 0 ? "missing" : (KINDS[mode & S_IFMT] ?? "file");
}

/** Whether modeOf() has found a socket. */
export function isSocketMode(mode: number): boolean {
  return mode >= 0 && (mode & S_IFMT) === S_IFSOCK;
}

/** The uid that what stands there belongs to. */
function ownerOf(path: string): number | undefined {
  const bytes = new Uint8Array(STATX_BYTES);
  if (rawSyscall("statx", AT.FDCWD, path, 0, STATX_UID, bytes) < 0) return undefined;
  return new DataView(bytes.buffer).getUint32(STX_UID, true);
}

/** Whether a socket is bound to this path. */
export function isSocket(path: string): boolean {
  return isSocketMode(modeOf(path));
}

/**
 * Open, and not of a kind that the JavaScript engine opens for itself.
 *
 * FD_CLOEXEC does not tell the two apart: the engine sets it on all that it inherits.
 */
function isPassable(fd: number): boolean {
  const link = new Uint8Array(LINK_BYTES);
  const length = rawSyscall("readlinkat", AT.FDCWD, `/proc/self/fd/${fd}`, link, link.length);
  if (length < 0) return false;
  return !/^anon_inode:\[?(eventpoll|eventfd|timerfd|io_uring)/.test(
    new TextDecoder().decode(link.subarray(0, length)),
  );
}

const LINK_BYTES = 256;

function isHostOverlay(options: RunOptions): boolean {
  return (options.overlay || options.overlayDir !== undefined) && (options.root?.kind ?? "host") === "host";
}

function readKernel(): readonly [number, number] {
  const UTS_FIELD = 65;
  const bytes = new Uint8Array(6 * UTS_FIELD);
  rawSyscall("uname", bytes);
  const release = new TextDecoder().decode(bytes.subarray(2 * UTS_FIELD, 3 * UTS_FIELD));
  const [major = "0", minor = "0"] = release.split(".");
  return [Number.parseInt(major, 10), Number.parseInt(minor, 10)];
}

/** clone3 without arguments is EINVAL where it exists; filters answer ENOSYS or EPERM. */
function hasClone3(): boolean {
  return rawSyscall("clone3", 0, 0) === -errnoNumber("EINVAL");
}

/** ENOKEY: it works, and there is no session keyring. */
function hasKeyctl(): boolean {
  const result = rawSyscall("keyctl", KEYCTL.GET_KEYRING_ID, KEY_SPEC.SESSION_KEYRING, 0);
  return result !== -errnoNumber("EPERM") && result !== -errnoNumber("ENOSYS");
}

function keepsUserNamespace({ noNamespaces, namespaces }: RunOptions): boolean {
  return noNamespaces || namespaces.user?.kind === "host";
}

/** 0, the kernel's own default, where there is no /proc to tell. */
function readOomScore(): number {
  return Number.parseInt(readSmall("/proc/self/oom_score_adj"), 10) || 0;
}

/** The first bytes of a file of /proc; nothing where it can't be read. */
function readSmall(path: string): string {
  const text = new Uint8Array(8);
  const file = rawSyscall("openat", AT.FDCWD, path, O.RDONLY | O.CLOEXEC);
  const length = file < 0 ? 0 : rawSyscall("read", file, text, text.length);
  if (file >= 0) rawSyscall("close", file);
  return new TextDecoder().decode(text.subarray(0, Math.max(0, length)));
}

const W_OK = 2;

/** Those of these folders in which the caller can make nothing. */
function unwritableOf(folders: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const path of folders) if (rawSyscall("faccessat2", AT.FDCWD, path, W_OK, AT.EACCESS) !== 0) found.push(path);
  return found;
}

const ACCESS = ["read", "write", "both"] as const;
const O_ACCMODE = 3;

/** Whether each was opened for reading, writing or both, and which are folders; nothing where one is closed. */
function readPassedFiles(fds: readonly number[]): Pick<HostFacts, "passedFiles" | "openFolders"> {
  const found: PassedFileRule[] = [];
  const folders: number[] = [];
  for (const fd of fds) {
    const flags = rawSyscall("fcntl", fd, F.GETFL);
    const access = ACCESS[flags & O_ACCMODE];
    // KERNEL: a folder can't be opened for writing; one that is passed gives no right to what is below it.
    if (flags < 0 || access === undefined) continue;
    if (access === "read" && pathKind(`/proc/self/fd/${fd}`) === "dir") folders.push(fd);
    else found.push({ fd, access });
  }
  return { passedFiles: found, openFolders: folders };
}

/** Whether this descriptor of ours is a terminal. */
export function isTerminal(fd: number): boolean {
  return rawSyscall("ioctl", fd, TC.GETS, new Uint8Array(64)) === 0;
}

function readSubIds(path: string, uid: number, env: Readonly<Record<string, string>>): readonly SubIdRange[] {
  try {
    return parseSubIds(readText(path), uid, userName(uid) ?? env["USER"]);
  } catch (error) {
    if (error instanceof SyscallError && error.is("ENOENT")) return [];
    throw error;
  }
}

/** KERNEL: 2^32-1 is not an id, so this is every one there is; and what a map has where nobody has made one. */
const ALL_IDS: readonly SubIdRange[] = [{ start: 0, count: 4294967295 }];

/** The first and third number of each line, see user_namespaces(7). */
function readOwnIds(path: string): readonly SubIdRange[] {
  try {
    return parseOwnIds(readText(path));
  } catch (error) {
    if (error instanceof SyscallError && error.is("ENOENT")) return ALL_IDS;
    throw error;
  }
}

/** The ranges inside, of the lines of an id map. */
export function parseOwnIds(text: string): readonly SubIdRange[] {
  const ranges: SubIdRange[] = [];
  for (const line of text.split("\n")) {
    const numbers: number[] = [];
    for (const word of line.split(" ")) if (word !== "") numbers.push(Number(word));
    const [start, , count] = numbers;
    if (start !== undefined && count !== undefined) ranges.push({ start, count });
  }
  return ranges;
}

function userName(uid: number): string | undefined {
  const line = readText("/etc/passwd")
    .split("\n")
    .find((row) => row.split(":")[2] === String(uid));
  return line?.split(":")[0];
}
