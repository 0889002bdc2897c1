// linux/landlock.h: landlock(7).
import { defineStruct, type Struct } from "./struct.ts";

/** Flag of landlock_create_ruleset(2): tell the ABI instead. */
export const LANDLOCK_CREATE_RULESET = { VERSION: 0x1 } as const;

/** `rule_type` of landlock_add_rule(2). */
export const LANDLOCK_RULE = { PATH_BENEATH: 1, NET_PORT: 2 } as const;

/** What can be done with files; a right that a ruleset handles is refused unless a rule allows it. */
export const LANDLOCK_ACCESS_FS = {
  EXECUTE: 0x1,
  WRITE_FILE: 0x2,
  READ_FILE: 0x4,
  READ_DIR: 0x8,
  REMOVE_DIR: 0x10,
  REMOVE_FILE: 0x20,
  MAKE_CHAR: 0x40,
  MAKE_DIR: 0x80,
  MAKE_REG: 0x100,
  MAKE_SOCK: 0x200,
  MAKE_FIFO: 0x400,
  MAKE_BLOCK: 0x800,
  MAKE_SYM: 0x1000,
  REFER: 0x2000, // since 5.19
  TRUNCATE: 0x4000, // since 6.2
  IOCTL_DEV: 0x8000, // since 6.10
} as const;

/** What can be done with TCP ports. */
export const LANDLOCK_ACCESS_NET = {
  BIND_TCP: 0x1, // since 6.7
  CONNECT_TCP: 0x2, // since 6.7
} as const;

/** What a domain's processes do only among themselves. */
export const LANDLOCK_SCOPE = {
  ABSTRACT_UNIX_SOCKET: 0x1, // since 6.12
  SIGNAL: 0x2, // since 6.12
} as const;

/** `struct landlock_ruleset_attr`; a kernel that has fewer fields takes the longer struct if the rest is 0. */
export const LANDLOCK_RULESET_ATTR: Struct<"handled_access_fs" | "handled_access_net" | "scoped"> = defineStruct([
  ["handled_access_fs", "u64"],
  ["handled_access_net", "u64"],
  ["scoped", "u64"],
]);
