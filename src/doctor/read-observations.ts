// Reads the machine for the doctor, and has boxes tried.
import { readText } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { AT } from "#ffi/uapi/fcntl.ts";
import { findUserNamespaceCause } from "#src/host/diagnose-user-namespaces.ts";
import { pathKind, readFacts } from "#src/host/read-facts.ts";
import { NAMESPACE_TYPES } from "#src/spec/spec.ts";
import { type CgroupFacts, limitOf, type Observations, SETTINGS, type Tool } from "./observations.ts";
import { type ParseRun, tryBoxes } from "./try-boxes.ts";

const FILES: readonly string[] = [
  ...Object.values(SETTINGS),
  ...NAMESPACE_TYPES.map(limitOf),
  ...["/proc/sys/kernel/osrelease", "/proc/self/uid_map", "/proc/self/cgroup"],
];

const TOOLS: readonly string[] = [...["newuidmap", "newgidmap", "nft", "iptables", "pasta", "slirp4netns"]];

/** Everything that the findings rest on. */
export function readObservations(parse: ParseRun): Observations {
  const facts = readFacts(parse(["--subids", "--", "true"]));
  const files = readFiles(FILES);
  const trials = tryBoxes(parse);
  return {
    release: files["/proc/sys/kernel/osrelease"] ?? facts.kernel.join("."),
    uid: facts.uid,
    files,
    trials,
    userNamespaceCause: trials.user.kind === "failed" ? findUserNamespaceCause() : undefined,
    landlockAbi: facts.landlockAbi,
    clone3: facts.clone3,
    keyctl: facts.keyctl,
    tools: TOOLS.map(findTool),
    subuids: sum(facts.subuids),
    subgids: sum(facts.subgids),
    containerSigns: findContainerSigns(files),
    cgroup: readCgroup(files),
  };
}

function readFiles(paths: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    paths.flatMap((path) => {
      const text = tryRead(path);
      return text === undefined ? [] : [[path, text] as const];
    }),
  );
}

function tryRead(path: string): string | undefined {
  try {
    return readText(path).trim();
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

function sum(ranges: readonly { readonly count: number }[]): number {
  return ranges.reduce((total, { count }) => total + count, 0);
}

const STATX_BYTES = 256;
const STATX_UID = 0x8;
const STX_UID = 20;
const STATX_MODE = 2;
const STX_MODE = 28;
const S_ISUID = 0o4000;

function findTool(name: string): Tool {
  const path = Bun.which(name) ?? undefined;
  return { name, path, privileged: path !== undefined && isPrivileged(path) };
}

/** Set-user-ID and root's, or with file capabilities (capabilities(7)). */
function isPrivileged(path: string): boolean {
  const stat = new Uint8Array(STATX_BYTES);
  rawSyscall("statx", AT.FDCWD, path, 0, STATX_MODE + STATX_UID, stat);
  const view = new DataView(stat.buffer);
  if ((view.getUint16(STX_MODE, true) & S_ISUID) !== 0 && view.getUint32(STX_UID, true) === 0) return true;
  return rawSyscall("getxattr", path, "security.capability", new Uint8Array(64), 64) > 0;
}

const MARKS: readonly (readonly [path: string, sign: string])[] = [
  ["/.dockerenv", "/.dockerenv"],
  ["/run/.containerenv", "/run/.containerenv"],
  ["/run/systemd/container", "/run/systemd/container"],
];

/** KERNEL: 2^32-1 is not an id: the initial user namespace maps every one there is. */
const ALL_MAPPED: RegExp = /^\s*0\s+0\s+4294967295\s*$/;

/** No sign is proof: a container can look like a machine. */
function findContainerSigns(files: Readonly<Record<string, string>>): readonly string[] {
  const signs = MARKS.flatMap(([path, sign]) => (pathKind(path) === "missing" ? [] : [`${sign} is there`]));
  const status = files[SETTINGS.status] ?? "";
  if (/^Seccomp:\t2$/m.test(status)) signs.push("a seccomp filter is in force");
  if (/^NoNewPrivs:\t1$/m.test(status)) signs.push("no_new_privs is set");
  if (!ALL_MAPPED.test(files["/proc/self/uid_map"] ?? "0 0 4294967295")) signs.push("a user namespace of its own");
  const masks = mountPoints(files).filter((path) => path.startsWith("/proc/") && !PROC_MOUNTS.includes(path));
  if (masks.length > 0) signs.push(`mounts that cover parts of /proc (${masks.slice(0, 2).join(", ")}…)`);
  return signs;
}

/** Mounted below /proc on every machine. */
const PROC_MOUNTS: readonly string[] = ["/proc/sys/fs/binfmt_misc"];

function mountPoints(files: Readonly<Record<string, string>>): readonly string[] {
  return (files[SETTINGS.mountinfo] ?? "").split("\n").map((line) => line.split(" ")[4] ?? "");
}

const W_OK = 2;
const WX_OK = 3;

function readCgroup(files: Readonly<Record<string, string>>): CgroupFacts {
  // What is covered by another mount is listed, too, and can't be read.
  const mount = (files[SETTINGS.mountinfo] ?? "")
    .split("\n")
    .flatMap((line) => (/ - cgroup2 /.test(line) ? (line.split(" ")[4] ?? []) : []))
    .find((path) => pathKind(`${path}/cgroup.procs`) === "file");
  const line = (files["/proc/self/cgroup"] ?? "").split("\n").find((row) => row.startsWith("0::")) ?? "0::/";
  const path = line.slice("0::".length).replace(/^\/$/, "");
  if (mount === undefined) return { mount, path, controllers: [], delegated: false };
  const group = mount + path;
  const controllers = (tryRead(`${group}/cgroup.controllers`) ?? "").split(" ").filter((name) => name !== "");
  const writable = (name: string): boolean =>
    rawSyscall("faccessat2", AT.FDCWD, group + name, name === "" ? WX_OK : W_OK, AT.EACCESS) === 0;
  return { mount, path, controllers, delegated: writable("") && writable("/cgroup.procs") };
}
