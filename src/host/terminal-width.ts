// How wide the terminal on stdout is.
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { TIOC } from "#ffi/uapi/ioctl.ts";
import { WINSIZE } from "#ffi/uapi/termios.ts";

/** In columns; undefined where stdout is no terminal, or one that does not say. */
export function terminalWidth(): number | undefined {
  const size = new Uint8Array(WINSIZE.size);
  if (rawSyscall("ioctl", 1, TIOC.GWINSZ, size) !== 0) return undefined;
  const columns = new DataView(size.buffer).getUint16(WINSIZE.offsets.ws_col, true);
  return columns === 0 ? undefined : columns;
}
