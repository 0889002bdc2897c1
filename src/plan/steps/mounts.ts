// Steps that make mounts, by file descriptor: a mount is made detached, then attached inside the new root.
// Sources are opened before pivot_root, destinations are resolved after it, by the kernel, in the box's own root:
// no symbolic link in there can lead a mount outside (CVE-2021-30465).
import { CLONE } from "#ffi/uapi/clone.ts";
import { AT, F, O, S_IFREG } from "#ffi/uapi/fcntl.ts";
import { flagNames } from "#ffi/uapi/flags.ts";
import {
  FSCONFIG,
  FSMOUNT,
  FSOPEN,
  MNT,
  MOUNT_ATTR,
  MOUNT_ATTR_STRUCT,
  MOVE_MOUNT,
  MS,
  OPEN_TREE,
} from "#ffi/uapi/mount.ts";
import { type Arg, type Call, call, fd, memory, result, tolerate, words } from "#ffi/tape/call.ts";
import { quote, type StepKind } from "../step.ts";
import { receiveFileCalls } from "./files.ts";

/** Words of mount_setattr(2) for a mount's options. */
export interface MountOptions {
  readonly readOnly: boolean;
  /** Device files work. */
  readonly dev: boolean;
  readonly noexec: boolean;
}

function attributes(options: MountOptions): number {
  // Nothing inside a box may gain from a setuid file, whatever mount it lies on.
  let set: number = MOUNT_ATTR.NOSUID;
  if (options.readOnly) set |= MOUNT_ATTR.RDONLY;
  if (!options.dev) set |= MOUNT_ATTR.NODEV;
  if (options.noexec) set |= MOUNT_ATTR.NOEXEC;
  return set;
}

function explainOptions(options: MountOptions): string {
  return flagNames(MOUNT_ATTR, "MOUNT_ATTR_", attributes(options));
}

/** struct mount_attr: attr_set, attr_clr, propagation, userns_fd. */
function mountAttr(set: number): Arg {
  return words(set, 0, 0, 0);
}

const ALL_OF_IT = AT.EMPTY_PATH | AT.RECURSIVE;

/** Keep mounts made here from showing on the host, and the reverse; see mount_namespaces(7). */
export interface PrivateMountsStep {
  readonly kind: "private-mounts";
}

export const privateMountsStep: StepKind<PrivateMountsStep> = {
  phase: "sources",
  explain: () => "make every mount private (MS_REC|MS_PRIVATE on /)",
  lower: () => [call("mount", [0, "/", 0, MS.REC | MS.PRIVATE, 0])],
};

/** A copy of a mount tree, detached, to be attached later under the name `tree`. See open_tree(2). */
export interface OpenTreeStep {
  readonly kind: "open-tree";
  readonly source: string;
  readonly tree: string;
  readonly options: MountOptions;
}

export const openTreeStep: StepKind<OpenTreeStep> = {
  phase: "sources",
  explain: (step) => `take ${quote(step.source)} with all that is mounted below it (${explainOptions(step.options)})`,
  lower: (step) => [
    call("open_tree", [AT.FDCWD, step.source, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.RECURSIVE], {
      as: step.tree,
    }),
    call("mount_setattr", [fd(step.tree), "", ALL_OF_IT, mountAttr(attributes(step.options)), MOUNT_ATTR_STRUCT.size]),
  ],
};

/** Take a mount whose ids the launcher has mapped to the box's, as the tree of that name. */
export interface ReceiveTreeStep {
  readonly kind: "receive-tree";
  readonly source: string;
  readonly tree: string;
}

export const receiveTreeStep: StepKind<ReceiveTreeStep> = {
  phase: "sources",
  explain: (step) => `take ${quote(step.source)} from the launcher, its ids mapped to the box's`,
  lower: (step) => {
    return [
      call("close", [fd("tree-writer")]),
      ...receiveFileCalls("tree-socket", "received tree"),
      call("fcntl", [result("received tree"), F.DUPFD_CLOEXEC, 0], { as: step.tree }),
    ];
  },
};

/** A new file system, mounted detached under the name `tree`. See fsopen(2), fsmount(2). */
export interface NewFilesystemStep {
  readonly kind: "new-filesystem";
  readonly type: string;
  readonly tree: string;
  /** Key and value as in mount(8)'s -o; a null value is a flag. */
  readonly config: readonly (readonly [key: string, value: string | null])[];
  readonly options: MountOptions;
}

export const newFilesystemStep: StepKind<NewFilesystemStep> = {
  phase: "sources",
  explain: (step) => {
    const config = step.config.map(([key, value]) => (value === null ? key : `${key}=${value}`));
    return `make a ${step.type} (${[explainOptions(step.options), ...config].join(", ")})`;
  },
  lower: (step) => {
    const context = `fs ${step.tree}`;
    const calls = [
      call("fsopen", [step.type, FSOPEN.CLOEXEC], { as: context }),
      // What mount(8) and df(1) show as its source.
      call("fsconfig", [fd(context), FSCONFIG.SET_STRING, "source", step.type, 0]),
    ];
    for (const [key, value] of step.config) {
      const [command, word] = value === null ? [FSCONFIG.SET_FLAG, 0] : [FSCONFIG.SET_STRING, value];
      calls.push(call("fsconfig", [fd(context), command, key, word, 0]));
    }
    calls.push(
      call("fsconfig", [fd(context), FSCONFIG.CMD_CREATE, 0, 0, 0]),
      call("fsmount", [fd(context), FSMOUNT.CLOEXEC, attributes(step.options)], { as: step.tree }),
    );
    return calls;
  },
};

/** Make the root that came with the mount namespace the box's, with all that is mounted below it. D-53. */
export interface HostRootStep {
  readonly kind: "host-root";
  readonly options: MountOptions;
}

export const hostRootStep: StepKind<HostRootStep> = {
  phase: "root",
  explain: (step) => `keep the host's root, with every mount of it ${explainOptions(step.options)}`,
  lower: (step) => [
    call("mount_setattr", [AT.FDCWD, "/", AT.RECURSIVE, mountAttr(attributes(step.options)), MOUNT_ATTR_STRUCT.size]),
    // SECURITY: the caller's folder may be one that is hidden from here on, and /proc/1/cwd leads to it.
    call("chdir", ["/"]),
  ],
};

/** Change into a new root and let the old one go: what pivot_root(2) calls `pivot_root(".", ".")`. */
export interface PivotStep {
  readonly kind: "pivot";
  readonly tree: string;
  /** How many trees are staged, and go with the old root. */
  readonly staged: number;
  /** The caller's root may not be the mount namespace's: then pivot_root would leave that one where it is. */
  readonly leaveChroot: boolean;
}

const ROOTED = "rooted";

const STATX_MNT_ID = 0x1000;
const STATX_BYTES = 256;
const STX_MNT_ID = 144;
const rootBefore = (at: number): Arg => memory("root before", STATX_BYTES, at);
const rootAfter = (at: number): Arg => memory("root after", STATX_BYTES, at);

/**
 * Again from the mount namespace's own root, which pivot_root leaves where it is for who is in a chroot.
 *
 * KERNEL: entering a mount namespace, one's own too, makes its root the process's, see setns(2).
 */
function leaveChrootCalls(tree: string): readonly Call[] {
  return [
    call("statx", [AT.FDCWD, "/", 0, STATX_MNT_ID, rootBefore(0)]),
    call("setns", [result("own mounts"), CLONE.NEWNS]),
    call("statx", [AT.FDCWD, "/", 0, STATX_MNT_ID, rootAfter(0)]),
    call("load", [rootBefore(STX_MNT_ID), 0], { label: "root before" }),
    call("load", [rootAfter(STX_MNT_ID), 0], { cases: [{ equals: result("root before"), then: ROOTED }] }),
    call("fchdir", [fd(tree)]),
    call("pivot_root", [".", "."]),
    call("umount2", [".", MNT.DETACH]),
  ];
}

export const pivotStep: StepKind<PivotStep> = {
  phase: "root",
  explain: ({ leaveChroot }) =>
    `make it the root (pivot_root) and detach the old one${leaveChroot ? ", and what lies beyond a chroot" : ""}`,
  // The new root is mounted over "/", which exists everywhere; pivot_root then stacks the old root, and over it what
  // is staged, over the new one. SECURITY: umount2(".") takes the topmost off, so it is done once for each.
  lower: (step) => {
    const calls = [
      ...(step.leaveChroot
        ? [call("openat", [AT.FDCWD, "/proc/self/ns/mnt", O.RDONLY | O.CLOEXEC], { label: "own mounts" })]
        : []),
      call("move_mount", [fd(step.tree), "", AT.FDCWD, "/", MOVE_MOUNT.F_EMPTY_PATH]),
      call("fchdir", [fd(step.tree)]),
      call("pivot_root", [".", "."]),
    ];
    for (let n = 0; n <= step.staged; n++) calls.push(call("umount2", [".", MNT.DETACH]));
    if (step.leaveChroot) calls.push(...leaveChrootCalls(step.tree));
    calls.push(call("chdir", ["/"], { label: ROOTED }));
    return calls;
  },
};

/**
 * Mount a detached tree over "/" until the root changes and go there, so that files in it can be sources.
 * Paths from "/" still mean the host's: looking up "/" does not cross what is mounted over it.
 */
export interface StageStep {
  readonly kind: "stage";
  readonly tree: string;
  readonly folders: readonly string[];
}

export const stageStep: StepKind<StageStep> = {
  phase: "sources",
  explain: (step) =>
    `stage ${step.tree}${step.folders.length > 0 ? ` with the folders ${step.folders.join(", ")}` : ""}`,
  lower: (step) => [
    call("move_mount", [fd(step.tree), "", AT.FDCWD, "/", MOVE_MOUNT.F_EMPTY_PATH]),
    call("fchdir", [fd(step.tree)]),
    ...step.folders.map((folder) => call("mkdirat", [AT.FDCWD, folder, 0o755])),
  ],
};

/** Give a detached tree its place. */
export interface AttachStep {
  readonly kind: "attach";
  readonly tree: string;
  readonly destination: string;
  /** Nothing happens where the destination is missing: masks of paths that some kernels don't have. */
  readonly ifPresent: boolean;
}

export const attachStep: StepKind<AttachStep> = {
  phase: "mounts",
  explain: (step) => `mount ${step.tree} on ${quote(step.destination)}${step.ifPresent ? " if it is there" : ""}`,
  // SECURITY: without MOVE_MOUNT_T_SYMLINKS the last component is never followed (CVE-2019-16884).
  lower: (step) => [
    call("move_mount", [fd(step.tree), "", AT.FDCWD, step.destination, MOVE_MOUNT.F_EMPTY_PATH], {
      ...(step.ifPresent ? { cases: [{ equals: "ENOENT", then: "next" }] } : {}),
    }),
  ],
};

/** Make the root itself read-only, after mount points were made in it. */
export interface ReadOnlyRootStep {
  readonly kind: "read-only-root";
}

export const readOnlyRootStep: StepKind<ReadOnlyRootStep> = {
  phase: "mounts",
  explain: () => "make the root itself read-only",
  lower: () => [call("mount_setattr", [AT.FDCWD, "/", 0, mountAttr(MOUNT_ATTR.RDONLY), MOUNT_ATTR_STRUCT.size])],
};

/** Mount a path on itself, so that it can't be removed, renamed or, read-only, changed. See --no-protect. */
export interface ProtectStep {
  readonly kind: "protect";
  readonly path: string;
  readonly readOnly: boolean;
  /** Nothing is there: this keeps the place. */
  readonly make: { readonly isFile: boolean } | undefined;
}

export const protectStep: StepKind<ProtectStep> = {
  phase: "mounts",
  explain: ({ path, readOnly, make }) =>
    `${make === undefined ? "keep" : "make and keep"} ${quote(path)} ${readOnly ? "as it is" : "in its place"}`,
  lower: ({ path, readOnly, make }) => {
    const tree = `protected ${path}`;
    const attr = mountAttr(MOUNT_ATTR.RDONLY);
    // KERNEL: a symbolic link can be a mount, too; it is kept, and not what it leads to.
    const flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.RECURSIVE | AT.SYMLINK_NOFOLLOW;
    return [
      ...(make === undefined ? [] : [makeCall(path, make.isFile)]),
      call("open_tree", [AT.FDCWD, path, flags], { as: tree }),
      ...(readOnly ? [call("mount_setattr", [fd(tree), "", ALL_OF_IT, attr, MOUNT_ATTR_STRUCT.size])] : []),
      call("move_mount", [fd(tree), "", AT.FDCWD, path, MOVE_MOUNT.F_EMPTY_PATH]),
    ];
  },
};

function makeCall(path: string, isFile: boolean): Call {
  return isFile
    ? call("mknodat", [AT.FDCWD, path, S_IFREG | 0o644, 0], tolerate("EEXIST"))
    : call("mkdirat", [AT.FDCWD, path, 0o755], tolerate("EEXIST"));
}
