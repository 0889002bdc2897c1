// linux/seccomp.h, linux/filter.h and linux/audit.h: seccomp(2).
import { defineStruct, type Struct } from "./struct.ts";

/** Modes of PR_SET_SECCOMP, also the "Seccomp:" line of /proc/PID/status. */
export const SECCOMP_MODE = { DISABLED: 0, STRICT: 1, FILTER: 2 } as const;

/** Operations of seccomp(2). */
export const SECCOMP = {
  SET_MODE_STRICT: 0,
  SET_MODE_FILTER: 1,
  GET_ACTION_AVAIL: 2,
  GET_NOTIF_SIZES: 3,
} as const;

/** Flags of SECCOMP_SET_MODE_FILTER. */
export const SECCOMP_FILTER_FLAG = {
  TSYNC: 0x1,
  LOG: 0x2,
  SPEC_ALLOW: 0x4,
  NEW_LISTENER: 0x8,
  TSYNC_ESRCH: 0x10, // since 5.7
  WAIT_KILLABLE_RECV: 0x20, // since 5.19
} as const;

/** What a filter returns; the low 16 bits are its data, such as an errno. */
export const SECCOMP_RET = {
  KILL_PROCESS: 0x80000000,
  KILL_THREAD: 0x0,
  TRAP: 0x30000,
  ERRNO: 0x50000,
  USER_NOTIF: 0x7fc00000,
  TRACE: 0x7ff00000,
  LOG: 0x7ffc0000,
  ALLOW: 0x7fff0000,
} as const;

/** `seccomp_data.arch`, so that a filter never mistakes one machine's numbers for another's. */
export const AUDIT_ARCH = { X86_64: 0xc000003e, I386: 0x40000003, AARCH64: 0xc00000b7, ARM: 0x40000028 } as const;

/** The bit in `seccomp_data.nr` of an x32 call, which comes with the arch of x86-64. */
export const X32_SYSCALL_BIT = 0x40000000;

/** Offsets in `struct seccomp_data`; `args` are six 64-bit words. */
export const SECCOMP_DATA = { size: 64, offsets: { nr: 0, arch: 4, instruction_pointer: 8, args: 16 } } as const;

/** Parts of a classic BPF instruction code, see linux/bpf_common.h. */
export const BPF = {
  LD: 0x0,
  ALU: 0x4,
  JMP: 0x5,
  RET: 0x6,
  W: 0x0,
  ABS: 0x20,
  AND: 0x50,
  JA: 0x0,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  K: 0x0,
} as const;

const SOCK_FILTER_FIELDS = [
  ["code", "u16"],
  ["jt", "u8"],
  ["jf", "u8"],
  ["k", "u32"],
] as const;

/** `struct sock_filter`: one instruction of classic BPF. */
export const SOCK_FILTER: Struct<(typeof SOCK_FILTER_FIELDS)[number][0]> = defineStruct(SOCK_FILTER_FIELDS);

const SOCK_FPROG_FIELDS = [
  ["len", "u16"],
  ["filter", "u64"],
] as const;

/** `struct sock_fprog`: a program of `len` instructions. */
export const SOCK_FPROG: Struct<(typeof SOCK_FPROG_FIELDS)[number][0]> = defineStruct(SOCK_FPROG_FIELDS);

/** Flags of `seccomp_notif_resp`: CONTINUE lets the call through after all, and is never used here. */
export const SECCOMP_USER_NOTIF_FLAG = { CONTINUE: 0x1 } as const;

/** Requests of ioctl(2) on the file that tells of notifications, see seccomp_unotify(2). */
export const SECCOMP_IOCTL_NOTIF = {
  RECV: 0xc0502100,
  SEND: 0xc0182101,
  ID_VALID: 0x40082102, // since 5.17 and in older stable kernels; before, 0x80082102
} as const;

/** `struct seccomp_notif`: a call that waits for an answer; `data` is a `struct seccomp_data`. */
export const SECCOMP_NOTIF = { size: 80, offsets: { id: 0, pid: 8, flags: 12, data: 16 } } as const;

const SECCOMP_NOTIF_RESP_FIELDS = [
  ["id", "u64"],
  ["val", "u64"],
  ["error", "i32"],
  ["flags", "u32"],
] as const;

/** `struct seccomp_notif_resp`: the answer; `error` is a negative errno. */
export const SECCOMP_NOTIF_RESP: Struct<(typeof SECCOMP_NOTIF_RESP_FIELDS)[number][0]> =
  defineStruct(SECCOMP_NOTIF_RESP_FIELDS);
