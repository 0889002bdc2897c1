// linux/sched.h: clone(2), clone3(2), unshare(2) and setns(2).
import { defineStruct, type Struct } from "./struct.ts";

/** Flags of clone(2), see namespaces(7). The last two need clone3(2) and exceed 32 bits: add with +, not with |. */
export const CLONE = {
  NEWTIME: 0x80, // since 5.6
  VM: 0x100,
  FS: 0x200,
  FILES: 0x400,
  SIGHAND: 0x800,
  PIDFD: 0x1000, // since 5.2
  PTRACE: 0x2000,
  VFORK: 0x4000,
  PARENT: 0x8000,
  THREAD: 0x10000,
  NEWNS: 0x20000,
  SYSVSEM: 0x40000,
  SETTLS: 0x80000,
  PARENT_SETTID: 0x100000,
  CHILD_CLEARTID: 0x200000,
  DETACHED: 0x400000,
  UNTRACED: 0x800000,
  CHILD_SETTID: 0x1000000,
  NEWCGROUP: 0x2000000,
  NEWUTS: 0x4000000,
  NEWIPC: 0x8000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
  IO: 0x80000000,
  CLEAR_SIGHAND: 0x100000000, // since 5.5
  INTO_CGROUP: 0x200000000, // since 5.7
} as const;

/** The clone(2) flag of each namespace, by its name under /proc/PID/ns. */
export const NAMESPACE_FLAGS: Readonly<
  Record<"user" | "mnt" | "pid" | "ipc" | "uts" | "net" | "cgroup" | "time", number>
> = {
  user: CLONE.NEWUSER,
  mnt: CLONE.NEWNS,
  pid: CLONE.NEWPID,
  ipc: CLONE.NEWIPC,
  uts: CLONE.NEWUTS,
  net: CLONE.NEWNET,
  cgroup: CLONE.NEWCGROUP,
  time: CLONE.NEWTIME,
};

const CLONE_ARGS_FIELDS = [
  ["flags", "u64"],
  ["pidfd", "u64"],
  ["child_tid", "u64"],
  ["parent_tid", "u64"],
  ["exit_signal", "u64"],
  ["stack", "u64"],
  ["stack_size", "u64"],
  ["tls", "u64"],
  ["set_tid", "u64"], // since 5.5
  ["set_tid_size", "u64"], // since 5.5
  ["cgroup", "u64"], // since 5.7
] as const;

/** `struct clone_args` of clone3(2). */
export const CLONE_ARGS: Struct<(typeof CLONE_ARGS_FIELDS)[number][0]> = defineStruct(CLONE_ARGS_FIELDS);
