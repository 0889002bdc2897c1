// Mounts in one call each, for destinations that nobody can have swapped: in the host's own root, in the box's fresh
// /dev, in /proc and /sys. Elsewhere mounts.ts is the way.
import { AT } from "#ffi/uapi/fcntl.ts";
import { flagNames } from "#ffi/uapi/flags.ts";
import { MOUNT_ATTR, MOUNT_ATTR_STRUCT, MOVE_MOUNT, MS, OPEN_TREE } from "#ffi/uapi/mount.ts";
import { type Call, call, result, tolerate } from "#ffi/tape/call.ts";
import { quote, type StepKind } from "../step.ts";
import type { MountOptions } from "./mounts.ts";

const { RDONLY, NOSUID, NOEXEC } = MOUNT_ATTR;

function mountFlags(options: MountOptions): number {
  // Nothing inside a box may gain from a setuid file, whatever mount it lies on.
  let flags: number = MS.NOSUID;
  if (options.readOnly) flags |= MS.RDONLY;
  if (!options.dev) flags |= MS.NODEV;
  if (options.noexec) flags |= MS.NOEXEC;
  return flags;
}

/** A new file system at its place, see mount(2). */
export interface MountStep {
  readonly kind: "mount";
  readonly type: string;
  readonly destination: string;
  /** As mount(8)'s -o has it, without the options above. */
  readonly data: string;
  readonly options: MountOptions;
}

export const mountStep: StepKind<MountStep> = {
  phase: "mounts",
  explain: ({ type, destination, data, options }) => {
    const flags = flagNames(MS, "MS_", mountFlags(options));
    return `mount a ${type} on ${quote(destination)} (${data === "" ? flags : `${flags}, ${data}`})`;
  },
  lower: ({ type, destination, data, options }) => [
    call("mount", [type, destination, type, mountFlags(options), data === "" ? 0 : data]),
  ],
};

/** Empty folders of the box's own, of one file system, each at its place. */
export interface FreshFoldersStep {
  readonly kind: "fresh-folders";
  readonly folders: readonly FreshFolder[];
}

export interface FreshFolder {
  readonly destination: string;
  readonly mode: number;
  readonly readOnly: boolean;
  readonly noexec: boolean;
}

const FRESH: MountOptions = { readOnly: false, dev: false, noexec: false };

function freshAttributes({ readOnly, noexec }: FreshFolder): number {
  return (readOnly ? RDONLY : 0) | (noexec ? NOEXEC : 0);
}

export const freshFoldersStep: StepKind<FreshFoldersStep> = {
  phase: "mounts",
  explain: ({ folders }) => {
    const places = folders.map((folder) => {
      const more = freshAttributes(folder);
      return quote(folder.destination) + (more === 0 ? "" : ` (${flagNames(MOUNT_ATTR, "MOUNT_ATTR_", more)})`);
    });
    return `mount an empty folder of one tmpfs (${flagNames(MS, "MS_", mountFlags(FRESH))}) on each of ${places.join(", ")}`;
  },
  // The file system lies where its last folder goes, until that covers it.
  lower: ({ folders }) => {
    const at = folders[folders.length - 1]?.destination ?? "";
    const calls = [call("mount", ["tmpfs", at, "tmpfs", mountFlags(FRESH), "mode=0755"])];
    for (const folder of folders) calls.push(...freshFolderCalls(folder, at));
    return calls;
  },
};

function freshFolderCalls(folder: FreshFolder, at: string): readonly Call[] {
  const { destination, mode } = folder;
  const path = `${at}/${destination.slice(1).replaceAll("/", "-")}`;
  const more = freshAttributes(folder);
  const attr = MOUNT_ATTR_STRUCT.pack({ attr_set: more });
  return [
    call("mkdirat", [AT.FDCWD, path, mode]),
    // Whatever the caller's umask is.
    call("fchmodat", [AT.FDCWD, path, mode]),
    call("mount", [path, destination, 0, MS.BIND, 0]),
    ...(more === 0 ? [] : [call("mount_setattr", [AT.FDCWD, destination, 0, attr, attr.length])]),
  ];
}

/** What is mounted at one place at another too, with the same options; see mount(2), MS_BIND. */
export interface MountAgainStep {
  readonly kind: "mount-again";
  readonly source: string;
  readonly destination: string;
  /** Nothing happens where the destination is missing. */
  readonly ifPresent: boolean;
}

export const mountAgainStep: StepKind<MountAgainStep> = {
  phase: "mounts",
  explain: ({ source, destination, ifPresent }) =>
    `mount what is on ${quote(source)} on ${quote(destination)} too${ifPresent ? ", if it is there" : ""}`,
  lower: ({ source, destination, ifPresent }) => [
    call("mount", [source, destination, 0, MS.BIND, 0], ifPresent ? tolerate("ENOENT") : {}),
  ],
};

/** A copy of the mount of one device or file, to be attached once. */
export interface OpenNodeStep {
  readonly kind: "open-node";
  readonly source: string;
  readonly node: string;
}

export const openNodeStep: StepKind<OpenNodeStep> = {
  phase: "sources",
  explain: (step) => `take ${quote(step.source)}${step.node === step.source ? "" : ` as ${step.node}`}`,
  lower: (step) => [
    call("open_tree", [AT.FDCWD, step.source, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC], { label: `node ${step.node}` }),
  ],
};

const NODE_ATTR = MOUNT_ATTR_STRUCT.pack({ attr_set: RDONLY | NOSUID | NOEXEC });

/** Give it its place. */
export interface AttachNodeStep {
  readonly kind: "attach-node";
  readonly node: string;
  readonly destination: string;
  /** Nothing happens where the destination is missing. */
  readonly ifPresent: boolean;
}

export const attachNodeStep: StepKind<AttachNodeStep> = {
  phase: "mounts",
  explain: (step) =>
    `mount ${step.node} on ${quote(step.destination)}, read-only${step.ifPresent ? ", if it is there" : ""}`,
  lower: ({ node, destination, ifPresent }) => {
    const options = ifPresent ? tolerate("ENOENT") : {};
    return [
      call("move_mount", [result(`node ${node}`), "", AT.FDCWD, destination, MOVE_MOUNT.F_EMPTY_PATH], options),
      // SECURITY: it is the host's own file. A box whose user owns it outside, as root's does, could change its mode for
      // all the machine. KERNEL: a device is written to all the same, as what is written goes to no file system.
      call("mount_setattr", [AT.FDCWD, destination, AT.SYMLINK_NOFOLLOW, NODE_ATTR, NODE_ATTR.length], options),
    ];
  },
};

/** Make a path of /proc read-only, by mounting it over itself. */
export interface ReadOnlyPathStep {
  readonly kind: "read-only-path";
  readonly path: string;
}

export const readOnlyPathStep: StepKind<ReadOnlyPathStep> = {
  phase: "mounts",
  explain: (step) => `make ${quote(step.path)} read-only`,
  lower: ({ path }) => [
    call("mount", [path, path, 0, MS.BIND, 0]),
    call("mount", [0, path, 0, MS.BIND | MS.REMOUNT | MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC, 0]),
  ],
};
