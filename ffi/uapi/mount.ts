// linux/mount.h: mount(2), umount2(2) and the mount calls by file descriptor.
import { defineStruct, type Struct } from "./struct.ts";

/** Flags of mount(2). */
export const MS = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  SYNCHRONOUS: 0x10,
  REMOUNT: 0x20,
  MANDLOCK: 0x40,
  DIRSYNC: 0x80,
  NOSYMFOLLOW: 0x100, // since 5.10
  NOATIME: 0x400,
  NODIRATIME: 0x800,
  BIND: 0x1000,
  MOVE: 0x2000,
  REC: 0x4000,
  SILENT: 0x8000,
  POSIXACL: 0x10000,
  UNBINDABLE: 0x20000,
  PRIVATE: 0x40000,
  SLAVE: 0x80000,
  SHARED: 0x100000,
  RELATIME: 0x200000,
  KERNMOUNT: 0x400000,
  I_VERSION: 0x800000,
  STRICTATIME: 0x1000000,
  LAZYTIME: 0x2000000,
} as const;

/** Flags of umount2(2). */
export const MNT = { FORCE: 0x1, DETACH: 0x2, EXPIRE: 0x4 } as const;

/** The flag of umount2(2) that has a prefix of its own. */
export const UMOUNT = { NOFOLLOW: 0x8 } as const;

/** Attributes of mount_setattr(2) and fsmount(2). The access time ones are a number in `_ATIME`, not bits. */
export const MOUNT_ATTR = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  _ATIME: 0x70,
  RELATIME: 0x0,
  NOATIME: 0x10,
  STRICTATIME: 0x20,
  NODIRATIME: 0x80,
  IDMAP: 0x100000, // since 5.12
  NOSYMFOLLOW: 0x200000, // since 5.14
} as const;

const MOUNT_ATTR_FIELDS = [
  ["attr_set", "u64"],
  ["attr_clr", "u64"],
  ["propagation", "u64"],
  ["userns_fd", "u64"],
] as const;

/** `struct mount_attr` of mount_setattr(2). */
export const MOUNT_ATTR_STRUCT: Struct<(typeof MOUNT_ATTR_FIELDS)[number][0]> = defineStruct(MOUNT_ATTR_FIELDS);

/** Flags of open_tree(2). */
export const OPEN_TREE = { CLONE: 0x1, CLOEXEC: 0x80000 } as const;

/** Flags of move_mount(2). */
export const MOVE_MOUNT = {
  F_SYMLINKS: 0x1,
  F_AUTOMOUNTS: 0x2,
  F_EMPTY_PATH: 0x4,
  T_SYMLINKS: 0x10,
  T_AUTOMOUNTS: 0x20,
  T_EMPTY_PATH: 0x40,
  SET_GROUP: 0x100, // since 5.15
  BENEATH: 0x200, // since 6.5
} as const;

/** Flags of fsopen(2). */
export const FSOPEN = { CLOEXEC: 0x1 } as const;

/** Flags of fspick(2). */
export const FSPICK = { CLOEXEC: 0x1, SYMLINK_NOFOLLOW: 0x2, NO_AUTOMOUNT: 0x4, EMPTY_PATH: 0x8 } as const;

/** Commands of fsconfig(2). */
export const FSCONFIG = {
  SET_FLAG: 0,
  SET_STRING: 1,
  SET_BINARY: 2,
  SET_PATH: 3,
  SET_PATH_EMPTY: 4,
  SET_FD: 5,
  CMD_CREATE: 6,
  CMD_RECONFIGURE: 7,
  CMD_CREATE_EXCL: 8, // since 6.6
} as const;

/** Flags of fsmount(2). */
export const FSMOUNT = { CLOEXEC: 0x1 } as const;

/** What statmount(2) is asked for. */
export const STATMOUNT = {
  SB_BASIC: 0x1, // since 6.8
  MNT_BASIC: 0x2, // since 6.8
  PROPAGATE_FROM: 0x4, // since 6.8
  MNT_ROOT: 0x8, // since 6.8
  MNT_POINT: 0x10, // since 6.8
  FS_TYPE: 0x20, // since 6.8
  MNT_NS_ID: 0x40, // since 6.11
  MNT_OPTS: 0x80, // since 6.11
  FS_SUBTYPE: 0x100, // since 6.13
  SB_SOURCE: 0x200, // since 6.13
  OPT_ARRAY: 0x400, // since 6.13
  OPT_SEC_ARRAY: 0x800, // since 6.13
  SUPPORTED_MASK: 0x1000, // since 6.15
  MNT_UIDMAP: 0x2000, // since 6.15
  MNT_GIDMAP: 0x4000, // since 6.15
} as const;
