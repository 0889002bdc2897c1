// asm-generic/poll.h: poll(2).
import { defineStruct, type Struct } from "./struct.ts";

/** Events of poll(2). */
export const POLL = {
  IN: 0x1,
  PRI: 0x2,
  OUT: 0x4,
  ERR: 0x8,
  HUP: 0x10,
  NVAL: 0x20,
  RDNORM: 0x40,
  RDBAND: 0x80,
  WRNORM: 0x100,
  WRBAND: 0x200,
  MSG: 0x400,
  RDHUP: 0x2000,
} as const;

const POLLFD_FIELDS = [
  ["fd", "i32"],
  ["events", "u16"],
  ["revents", "u16"],
] as const;

/** `struct pollfd` of poll(2). */
export const POLLFD: Struct<(typeof POLLFD_FIELDS)[number][0]> = defineStruct(POLLFD_FIELDS);
