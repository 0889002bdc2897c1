// Asks the machine what a ready box will ask again. An answer that doesn't agree with the facts that its plan rests on
// makes the list worthless: something has just changed.
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { KEY_SPEC, KEYCTL } from "#ffi/uapi/keyctl.ts";
import { LANDLOCK_CREATE_RULESET } from "#ffi/uapi/landlock.ts";
import { RLIM_INFINITY, RLIMIT } from "#ffi/uapi/resource.ts";
import { isSocketMode, kindOf, modeOf, parseOwnIds } from "#src/host/read-facts.ts";
import { throttlePath } from "#src/spec/defaults.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { Observation } from "./observation.ts";

/** What else a plan rests on, and no fact names. */
export interface PlanAlso {
  /** Folders that are shown writable. */
  readonly writable: readonly string[];
  /** Paths that stand there now, for this box made them and takes them away: nothing was there before. */
  readonly made: readonly string[];
}

/** And what the front starts rests on. */
export interface Also extends PlanAlso {
  /** Paths that a box would be warned of if a socket stood there. */
  readonly noSockets: readonly string[];
}

/** What a ready box for these facts rests on; undefined where it is not so any more. */
export function observe(facts: HostFacts, { noSockets, ...also }: Also): readonly Observation[] | undefined {
  const sockets = noSockets.map((path) => ({ kind: "path", path, mode: modeOf(path) }) as const);
  if (sockets.some(({ mode }) => isSocketMode(mode))) return undefined;
  if (hasFileLimit()) return undefined;
  const plan = observePlan(facts, also);
  if (plan === undefined) return undefined;
  const streams = facts.passedFiles.map((rule) => ({ kind: "stream", rule }) as const);
  return [...plan, ...streams, { kind: "no terminal" }, { kind: "no limit" }, ...sockets];
}

/** What the plan for these facts rests on, whatever the streams are; undefined where it is not so any more. */
export function observePlan(facts: HostFacts, { writable, made }: PlanAlso): readonly Observation[] | undefined {
  const landlock = [0, 0, LANDLOCK_CREATE_RULESET.VERSION];
  const abi = rawSyscall("landlock_create_ruleset", 0, 0, LANDLOCK_CREATE_RULESET.VERSION);
  const paths = observePaths({ ...facts.paths, [throttlePath(facts.throttles)]: "missing" }, made);
  const files = observeFiles(facts);
  const keyctl = observeKeyctl(facts);
  const access = writable.map((path) => observeAccess(path));
  if (access.some(({ path, result }) => facts.unwritable.includes(path) !== (result !== 0))) return undefined;
  const release = readRelease();
  if (!release.startsWith(`${facts.kernel.join(".")}.`)) return undefined;
  if (paths === undefined || files === undefined || keyctl === undefined || Math.max(0, abi) !== facts.landlockAbi)
    return undefined;
  return [
    { kind: "result", name: "geteuid", args: [], result: facts.uid },
    { kind: "result", name: "getegid", args: [], result: facts.gid },
    { kind: "result", name: "landlock_create_ruleset", args: landlock, result: abi },
    keyctl,
    { kind: "release", text: release },
    ...paths,
    ...access.map(({ observation }) => observation),
    ...files,
  ];
}

function hasFileLimit(): boolean {
  const limit = new BigUint64Array(2);
  rawSyscall("prlimit64", 0, RLIMIT.FSIZE, 0, new Uint8Array(limit.buffer));
  return limit[0] !== RLIM_INFINITY;
}

/** Refused, it is so with this errno. */
function observeKeyctl({ keyctl }: HostFacts): Observation | undefined {
  const name = "keyctl";
  const args = [KEYCTL.GET_KEYRING_ID, KEY_SPEC.SESSION_KEYRING, 0];
  const result = rawSyscall(name, ...args);
  const works = result !== -errnoNumber("EPERM") && result !== -errnoNumber("ENOSYS");
  if (works !== keyctl) return undefined;
  return works ? { kind: "works", name, args } : { kind: "result", name, args, result };
}

const UTS = { bytes: 390, release: 130, field: 65 } as const;

function readRelease(): string {
  const bytes = new Uint8Array(UTS.bytes);
  rawSyscall("uname", bytes);
  const field = bytes.subarray(UTS.release, UTS.release + UTS.field);
  return new TextDecoder().decode(field.subarray(0, field.indexOf(0)));
}

const W_OK = 2;

function observeAccess(path: string) {
  const args = [AT.FDCWD, path, W_OK, AT.EACCESS] as const;
  const result = rawSyscall("faccessat2", ...args);
  return { path, result, observation: { kind: "result", name: "faccessat2", args, result } as const };
}

function observePaths(paths: HostFacts["paths"], made: readonly string[]): readonly Observation[] | undefined {
  const found: Observation[] = [];
  for (const [path, kind] of Object.entries(paths)) {
    const mode = made.includes(path) ? -errnoNumber("ENOENT") : modeOf(path);
    if (kindOf(mode) !== kind) return undefined;
    found.push({ kind: "path", path, mode });
  }
  return found;
}

/** What the caller's own id maps and place in line for the OOM killer are read from. */
function observeFiles({ uid, oomScoreAdj, ownUids, ownGids }: HostFacts): readonly Observation[] | undefined {
  const score = readSmall("/proc/self/oom_score_adj");
  if (score === undefined || Number(new TextDecoder().decode(score)) !== oomScoreAdj) return undefined;
  const found: Observation[] = [{ kind: "file", path: "/proc/self/oom_score_adj", content: score }];
  if (uid !== 0) return found;
  for (const [path, ranges] of [["/proc/self/uid_map", ownUids] as const, ["/proc/self/gid_map", ownGids] as const]) {
    const content = readSmall(path);
    if (content === undefined || !hasRanges(new TextDecoder().decode(content), ranges)) return undefined;
    found.push({ kind: "file", path, content });
  }
  return found;
}

function hasRanges(text: string, ranges: HostFacts["ownUids"]): boolean {
  return JSON.stringify(parseOwnIds(text)) === JSON.stringify(ranges);
}

const SMALL_BYTES = 4096;

/** A file that one read takes whole; undefined where it can't be read or is larger. */
function readSmall(path: string): Uint8Array | undefined {
  const bytes = new Uint8Array(SMALL_BYTES);
  const file = rawSyscall("openat", AT.FDCWD, path, O.RDONLY | O.CLOEXEC);
  if (file < 0) return undefined;
  const length = rawSyscall("read", file, bytes, bytes.length);
  rawSyscall("close", file);
  return length < 0 || length === bytes.length ? undefined : bytes.subarray(0, length);
}
