// --no-namespaces: a box of Landlock, a filter and limits alone, for machines that forbid user namespaces. Pure.
//
// What mounts do elsewhere, Landlock has to: it can only allow, so what is to be hidden is left out, folder by folder.
import { NsboxError } from "#src/error.ts";
import { hiddenFolders } from "./build-mounts.ts";
import type { HostFacts } from "./facts.ts";
import type { RunOptions } from "./options.ts";
import { isBelow, isWithin, normalPath } from "./path.ts";
import type { LandlockRule, PathRule } from "./spec.ts";

/** Flags that need a namespace, by what they say. */
const NEEDING: readonly (readonly [flag: string, isSaid: (options: RunOptions) => boolean])[] = [
  ["--root", ({ root }) => root !== undefined && root.kind !== "host"],
  ["--overlay", ({ overlay }) => overlay],
  ["--overlay-dir", ({ overlayDir }) => overlayDir !== undefined],
  ["--writable-root", ({ writableRoot }) => writableRoot],
  ["--tmpfs", ({ mounts }) => mounts.some(({ kind }) => kind !== "bind")],
  ["--proc", ({ proc }) => proc !== undefined],
  ["--dev", ({ dev }) => dev !== undefined],
  ["--hide", ({ hide }) => hide.length > 0],
  ["--hostname", ({ hostname }) => hostname !== undefined],
  ["--domainname", ({ domainname }) => domainname !== undefined],
  ["--boottime", ({ boottimeSeconds }) => boottimeSeconds !== undefined],
  ["--monotonic", ({ monotonicSeconds }) => monotonicSeconds !== undefined],
  ["--uid-map", ({ uidMap }) => uidMap.length > 0],
  ["--gid-map", ({ gidMap }) => gidMap.length > 0],
  ["--subids", ({ subids }) => subids],
  ["--nested", ({ nested }) => nested],
  ["--no-landlock", ({ landlock }) => landlock === false],
];

/** Throws NsboxError EUSAGE where a flag needs what is left out, EHOST where nothing would confine the box. */
export function checkWithoutNamespaces(options: RunOptions, facts: HostFacts): void {
  const namespace = Object.entries(options.namespaces).find(([, option]) => option?.kind !== "host")?.[0];
  const flag =
    NEEDING.find(([, isSaid]) => isSaid(options))?.[0] ??
    (namespace === undefined ? undefined : `--${namespace === "user" ? "userns" : namespace}`);
  if (flag !== undefined) {
    throw new NsboxError("EUSAGE", `Cannot use ${flag} with --no-namespaces: it needs a namespace`, {
      hint: "leave out one of the two",
    });
  }
  const moved = options.mounts.find(
    (mount) =>
      mount.kind === "bind" &&
      mount.destination !== undefined &&
      normalPath(mount.destination, "/") !== normalPath(mount.source, facts.cwd),
  );
  if (moved?.kind === "bind") {
    throw new NsboxError(
      "EUSAGE",
      `Cannot show ${JSON.stringify(moved.source)} as ${JSON.stringify(moved.destination)} with --no-namespaces: nothing is mounted`,
      { hint: `write ${moved.flag} ${moved.source}` },
    );
  }
  if (facts.landlockAbi >= ABI_MIN) return;
  throw new NsboxError(
    "EHOST",
    "Cannot use --no-namespaces: this kernel has no Landlock, so nothing would confine it",
    {
      hint: "boot Linux 5.19 or newer with lsm=landlock,… on the kernel's command line",
    },
  );
}

const ABI_MIN = 2;

/** Harmless devices; the others, and others' terminals, stay out of reach. */
export const DEVICES: readonly string[] = [
  "/dev/null",
  "/dev/zero",
  "/dev/full",
  "/dev/random",
  "/dev/urandom",
  "/dev/tty",
];

/** What a box without mounts must not read: fresh folders, homes, and devices. */
export function unreadable(options: RunOptions, facts: Pick<HostFacts, "homes">): readonly string[] {
  return [...hiddenFolders(options, facts), "/dev"];
}

/** Reading what is left of the host, changing what --rw says. */
export function rulesWithoutNamespaces(options: RunOptions, facts: HostFacts): readonly LandlockRule[] {
  const rule = (path: string, writable: boolean): PathRule => {
    const kind = facts.paths[path];
    return { path, isFile: kind === "file" || kind === "device", writable };
  };
  const devices = DEVICES.filter((path) => facts.paths[path] === "device").map((path) => rule(path, true));
  const given = options.mounts.flatMap((mount): PathRule[] =>
    mount.kind === "bind" ? [rule(normalPath(mount.source, facts.cwd), !mount.readOnly)] : [],
  );
  const homes = options.home === "rw" ? facts.homes.filter((home) => facts.paths[home] === "dir") : [];
  return [
    ...facts.readable,
    ...devices,
    ...homes.map((home) => rule(home, true)),
    ...workingFolder(options, facts).map((path) => rule(path, false)),
    ...given,
    ...facts.passedFiles,
  ];
}

/** As with mounts: shown where what is hidden holds it, unless it is a home or holds one. */
function workingFolder(options: RunOptions, facts: HostFacts): readonly string[] {
  const { cwd } = facts;
  const hidden = unreadable(options, facts);
  const isHidden = hidden.some((folder) => isBelow(cwd, folder));
  const reveals = /^\/home\/[^/]+$/.test(cwd) || hidden.some((folder) => isWithin(folder, cwd));
  return isHidden && !reveals ? [cwd] : [];
}

/** What stands in a folder, as far as a rule cares; symbolic links are left out: what they lead to has its own rule. */
export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The largest trees without any of these folders in them, as rules to read. */
export function readableTrees(
  hidden: readonly string[],
  listFolder: (path: string) => readonly Entry[],
  folder: string = "/",
): readonly PathRule[] {
  return listFolder(folder).flatMap(({ name, isFolder }): readonly PathRule[] => {
    const path = folder === "/" ? `/${name}` : `${folder}/${name}`;
    if (hidden.includes(path)) return [];
    if (isFolder && hidden.some((one) => isBelow(one, path))) return readableTrees(hidden, listFolder, path);
    return [{ path, isFile: !isFolder, writable: false }];
  });
}
