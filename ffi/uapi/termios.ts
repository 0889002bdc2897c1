// asm-generic/termbits.h: the flags that raw mode changes, and the kernel's own `struct termios`, see termios(3).

/** `c_iflag`. */
export const IFLAG = {
  IGNBRK: 0x1,
  BRKINT: 0x2,
  IGNPAR: 0x4,
  PARMRK: 0x8,
  INPCK: 0x10,
  ISTRIP: 0x20,
  INLCR: 0x40,
  IGNCR: 0x80,
  ICRNL: 0x100,
  IXON: 0x400,
  IXANY: 0x800,
  IXOFF: 0x1000,
  IUTF8: 0x4000,
} as const;

/** `c_oflag`. */
export const OFLAG = { OPOST: 0x1, ONLCR: 0x4, OCRNL: 0x8 } as const;

/** `c_cflag`. CSIZE is the mask of the character sizes. */
export const CFLAG = { CSIZE: 0x30, CS8: 0x30, CREAD: 0x80, PARENB: 0x100 } as const;

/** `c_lflag`. */
export const LFLAG = {
  ISIG: 0x1,
  ICANON: 0x2,
  ECHO: 0x8,
  ECHOE: 0x10,
  ECHOK: 0x20,
  ECHONL: 0x40,
  NOFLSH: 0x80,
  TOSTOP: 0x100,
  IEXTEN: 0x8000,
} as const;

/** Indexes of `c_cc`, by name without the leading V. */
export const VCC = {
  INTR: 0,
  QUIT: 1,
  ERASE: 2,
  KILL: 3,
  EOF: 4,
  TIME: 5,
  MIN: 6,
  START: 8,
  STOP: 9,
  SUSP: 10,
} as const;

/**
 * `struct termios` of TCGETS, which is shorter than libc's:
 *
 *     0        4        8        12       16      17        36
 *     c_iflag  c_oflag  c_cflag  c_lflag  c_line  c_cc[19]
 */
export const TERMIOS = {
  size: 36,
  offsets: { c_iflag: 0, c_oflag: 4, c_cflag: 8, c_lflag: 12, c_line: 16, c_cc: 17 },
  ccCount: 19,
} as const;

/** `struct winsize` of TIOCGWINSZ, all members u16. */
export const WINSIZE = { size: 8, offsets: { ws_row: 0, ws_col: 2, ws_xpixel: 4, ws_ypixel: 6 } } as const;
