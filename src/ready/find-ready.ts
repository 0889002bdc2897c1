// On the way to every box that could be a ready one: where it would lie, and whether one is wanted by now.
//
// A box is made ready when the same words and folder come for the second time, as most come but once. Only where the front
// looks: root's folder, or the one that XDG_RUNTIME_DIR names.
import { readBytes } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { READY_FOLDER } from "#ffi/front/ready-layout.ts";
import { AT, O, openFlags } from "#ffi/uapi/fcntl.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { buildId } from "./build-id.ts";
import { type ReadyKey, readyKey, readyName } from "./ready-key.ts";

/** Where a ready box goes, and what it is for. */
export interface ReadyPlace {
  readonly build: bigint;
  readonly folder: string;
  /** Adler-32 of the key: what the file is named after. */
  readonly sum: number;
  readonly key: ReadyKey;
  /** It has been asked for before. */
  readonly wanted: boolean;
}

/** undefined where none can be. */
export function findReady(facts: HostFacts): ReadyPlace | undefined {
  const build = buildId();
  const folder = readyFolder(facts);
  if (build === undefined || folder === undefined) return undefined;
  const key = readyKey(readBytes("/proc/self/cmdline"), facts);
  if (key === undefined) return undefined;
  const sum = Bun.hash.adler32(concatBytes(key.stretches));
  const place = { build, folder, sum, key };
  return hasFailed(place) ? undefined : { ...place, wanted: wasSeen(folder, sum) };
}

/** Who sets one of these looks at how `run` works, or keeps apart what it leaves. */
const UNTOUCHED: readonly string[] = ["NSBOX_STATE_DIR", "NSBOX_READY", "NSBOX_TRACE", "NSBOX_DEBUG"];

/** Where the front looks; see state-folder.ts for where all else lies. */
export function readyFolder({ env, uid }: Pick<HostFacts, "env" | "uid">): string | undefined {
  for (const name of UNTOUCHED) if ((env[name] ?? "") !== "") return undefined;
  const runtime = uid === 0 ? "/run" : (env["XDG_RUNTIME_DIR"] ?? "");
  return runtime.startsWith("/") ? `${runtime}/nsbox/${READY_FOLDER}` : undefined;
}

/** Slots of four bytes, each with the last sum that fell on it: what comes but once must not fill the folder. */
const SEEN = { name: "seen", slots: 1024, bytes: 4 } as const;

const placeOf = (sum: number): number => (sum % SEEN.slots) * SEEN.bytes;

function wasSeen(folder: string, sum: number): boolean {
  const slot = new Uint32Array(1);
  const file = rawSyscall("openat", AT.FDCWD, `${folder}/${SEEN.name}`, O.RDONLY | O.CLOEXEC);
  if (file < 0) return false;
  rawSyscall("pread64", file, new Uint8Array(slot.buffer), SEEN.bytes, placeOf(sum));
  rawSyscall("close", file);
  return slot[0] === sum;
}

/** Leaves word that this was asked for. Where that can't be, nothing is ever made ready. */
export function markSeen({ folder, sum }: ReadyPlace): void {
  const { NOFOLLOW } = openFlags(process.arch === "arm64" ? "arm64" : "x64");
  const flags = O.WRONLY | O.CREAT | O.CLOEXEC | NOFOLLOW;
  const open = (): number => rawSyscall("openat", AT.FDCWD, `${folder}/${SEEN.name}`, flags, 0o600);
  let file = open();
  if (file < 0) {
    rawSyscall("mkdirat", AT.FDCWD, folder.slice(0, folder.lastIndexOf("/")), 0o700);
    rawSyscall("mkdirat", AT.FDCWD, folder, 0o700);
    file = open();
  }
  if (file < 0) return;
  rawSyscall("pwrite64", file, new Uint8Array(new Uint32Array([sum]).buffer), SEEN.bytes, placeOf(sum));
  rawSyscall("close", file);
}

const STATX = { bytes: 256, wanted: 0x240, size: 40, mtime: 112 } as const; // STATX_SIZE, STATX_MTIME
/** So long, in seconds, none is made where one could not be started: what it met may be there to stay. */
const PAUSE = 600;

/** An empty file is what such a one leaves, see start-anew.ts. */
function hasFailed({ folder, sum }: Pick<ReadyPlace, "folder" | "sum">): boolean {
  const bytes = new Uint8Array(STATX.bytes);
  if (rawSyscall("statx", AT.FDCWD, `${folder}/${readyName(sum)}`, 0, STATX.wanted, bytes) < 0) return false;
  const view = new DataView(bytes.buffer);
  const age = Date.now() / 1000 - Number(view.getBigInt64(STATX.mtime, true));
  return view.getBigUint64(STATX.size, true) === 0n && age < PAUSE;
}
