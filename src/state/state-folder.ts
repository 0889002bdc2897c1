// Where nsbox keeps what outlives it: a folder of the caller's own, in memory like all of /run, gone after a restart.
//
//   /run/nsbox             root
//   $XDG_RUNTIME_DIR/nsbox anyone else; /run/user/UID or, where that is missing, /tmp/nsbox-UID
//   $NSBOX_STATE_DIR       whoever sets it
import { lstatSync, mkdirSync } from "node:fs";
import { NsboxError } from "#src/error.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The folder's path; `exists` says whether a folder is there. Pure but for that. */
export function stateFolderPath(env: Env, uid: number, exists: (path: string) => boolean): string {
  const given = env["NSBOX_STATE_DIR"] ?? "";
  if (given !== "") {
    if (given.startsWith("/")) return given;
    throw new NsboxError("EUSAGE", `Cannot use NSBOX_STATE_DIR ${JSON.stringify(given)}: it is not an absolute path`, {
      hint: "the state has to be found from every folder: begin it with /",
    });
  }
  if (uid === 0) return "/run/nsbox";
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  if (runtime.startsWith("/")) return `${runtime}/nsbox`;
  return exists(`/run/user/${uid}`) ? `/run/user/${uid}/nsbox` : `/tmp/nsbox-${uid}`;
}

const MODE = 0o700;
const WRITABLE_BY_OTHERS = 0o022;

/** The caller's folder, made if it is missing; `part` is a folder in it. Throws NsboxError EHOST. */
export function openStateFolder(part: string): string {
  const uid = callerUid();
  const folder = stateFolderPath(process.env, uid, isFolder);
  makeFolder(folder, { recursive: true });
  checkOwner(folder, uid);
  const path = `${folder}/${part}`;
  makeFolder(path, { recursive: false });
  return path;
}

/** The same where something is only looked up: undefined if there is no such folder yet. */
export function findStateFolder(part: string): string | undefined {
  const uid = callerUid();
  const folder = stateFolderPath(process.env, uid, isFolder);
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return undefined;
  checkOwner(folder, uid);
  const path = `${folder}/${part}`;
  return isFolder(path) ? path : undefined;
}

function callerUid(): number {
  return process.geteuid?.() ?? 0;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function makeFolder(path: string, { recursive }: { readonly recursive: boolean }): void {
  try {
    mkdirSync(path, { recursive, mode: MODE });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
    if (code === "EEXIST" && isFolder(path)) return;
    if (code === undefined) throw cause;
    throw new NsboxError("EHOST", `Cannot make the folder ${JSON.stringify(path)} for nsbox's state: ${code}`, {
      hint: "set NSBOX_STATE_DIR to a folder of your own",
      cause,
    });
  }
}

/** SECURITY: what is read from here says which process to enter or to end, so nobody else may have written it. */
function checkOwner(path: string, uid: number): void {
  const stat = lstatSync(path);
  const why = !stat.isDirectory()
    ? "it is not a folder"
    : stat.uid !== uid
      ? `it belongs to uid ${stat.uid}`
      : (stat.mode & WRITABLE_BY_OTHERS) !== 0
        ? "others may write to it"
        : undefined;
  if (why === undefined) return;
  throw new NsboxError("EHOST", `Cannot use ${JSON.stringify(path)} for nsbox's state: ${why}`, {
    hint: "remove it, or set NSBOX_STATE_DIR to a folder that is yours alone",
  });
}
