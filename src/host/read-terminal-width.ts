// How wide the terminal is that stdout goes to.
import { TIOC } from "#ffi/uapi/ioctl.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";

/** Its columns; undefined where stdout is no terminal, or one that doesn't say. See ioctl_tty(2). */
export function readTerminalWidth(): number | undefined {
  const winsize = new Uint8Array(8);
  if (rawSyscall("ioctl", 1, TIOC.GWINSZ, winsize) !== 0) return undefined;
  const columns = new DataView(winsize.buffer).getUint16(2, true);
  return columns === 0 ? undefined : columns;
}
