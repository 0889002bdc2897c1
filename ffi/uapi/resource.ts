// asm-generic/resource.h: getrlimit(2). The numbers are the same on x86-64 and arm64.
import { defineStruct, type Struct } from "./struct.ts";

/** Resources of prlimit(2). */
export const RLIMIT = {
  CPU: 0,
  FSIZE: 1,
  DATA: 2,
  STACK: 3,
  CORE: 4,
  RSS: 5,
  NPROC: 6,
  NOFILE: 7,
  MEMLOCK: 8,
  AS: 9,
  LOCKS: 10,
  SIGPENDING: 11,
  MSGQUEUE: 12,
  NICE: 13,
  RTPRIO: 14,
  RTTIME: 15,
} as const;

/** "No limit" in `struct rlimit64`. */
export const RLIM_INFINITY = 0xffffffffffffffffn;

const RLIMIT64_FIELDS = [
  ["rlim_cur", "u64"],
  ["rlim_max", "u64"],
] as const;

/** `struct rlimit64` of prlimit(2). */
export const RLIMIT64: Struct<(typeof RLIMIT64_FIELDS)[number][0]> = defineStruct(RLIMIT64_FIELDS);
