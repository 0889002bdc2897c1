// Requests of ioctl(2): terminals (asm-generic/ioctls.h), interfaces (linux/sockios.h), namespaces (linux/nsfs.h).
// They are the same on x86-64 and arm64.

/** Requests of ioctl_tty(2) that begin with TIOC. */
export const TIOC = {
  EXCL: 0x540c,
  NXCL: 0x540d,
  SCTTY: 0x540e,
  GPGRP: 0x540f,
  SPGRP: 0x5410,
  STI: 0x5412,
  GWINSZ: 0x5413,
  SWINSZ: 0x5414,
  LINUX: 0x541c,
  NOTTY: 0x5422,
  SETD: 0x5423,
  GSID: 0x5429,
  GPTPEER: 0x5441, // since 4.13
  SPTLCK: 0x40045431,
  GPTN: 0x80045430,
} as const;

/** Requests of ioctl_tty(2) that begin with TC. */
export const TC = { GETS: 0x5401, SETS: 0x5402, SETSW: 0x5403, SETSF: 0x5404, FLSH: 0x540b } as const;

/** Requests of netdevice(7). */
export const SIOC = {
  GIFCONF: 0x8912,
  GIFFLAGS: 0x8913,
  SIFFLAGS: 0x8914,
  GIFADDR: 0x8915,
  SIFADDR: 0x8916,
  GIFNETMASK: 0x891b,
  SIFNETMASK: 0x891c,
  GIFMTU: 0x8921,
  SIFMTU: 0x8922,
  GIFINDEX: 0x8933,
  GSKNS: 0x894c, // since 4.10
} as const;

/** Requests of ioctl_ns(2). */
export const NS = {
  GET_USERNS: 0xb701,
  GET_PARENT: 0xb702,
  GET_NSTYPE: 0xb703,
  GET_OWNER_UID: 0xb704,
  GET_MNTNS_ID: 0x8008b705, // since 6.11
  GET_PID_FROM_PIDNS: 0x8004b706, // since 6.11
  GET_TGID_FROM_PIDNS: 0x8004b707, // since 6.11
  GET_PID_IN_PIDNS: 0x8004b708, // since 6.11
  GET_TGID_IN_PIDNS: 0x8004b709, // since 6.11
} as const;
