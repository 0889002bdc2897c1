// asm-generic/mman.h and linux/memfd.h: mmap(2), mprotect(2), memfd_create(2).

/** Protections of mmap(2) and mprotect(2). */
export const PROT = { NONE: 0x0, READ: 0x1, WRITE: 0x2, EXEC: 0x4 } as const;

/** Flags of mmap(2) that x86-64 and arm64 share. */
export const MAP = {
  SHARED: 0x1,
  PRIVATE: 0x2,
  FIXED: 0x10,
  ANONYMOUS: 0x20,
  GROWSDOWN: 0x100,
  LOCKED: 0x2000,
  NORESERVE: 0x4000,
  POPULATE: 0x8000,
  NONBLOCK: 0x10000,
  STACK: 0x20000,
  HUGETLB: 0x40000,
  FIXED_NOREPLACE: 0x100000,
} as const;

/** Flags of memfd_create(2). */
export const MFD = {
  CLOEXEC: 0x1,
  ALLOW_SEALING: 0x2,
  HUGETLB: 0x4,
  NOEXEC_SEAL: 0x8, // since 6.3
  EXEC: 0x10, // since 6.3
} as const;

/** Advice of madvise(2). */
export const MADV = { NORMAL: 0, RANDOM: 1, SEQUENTIAL: 2, WILLNEED: 3, DONTNEED: 4, FREE: 8 } as const;
