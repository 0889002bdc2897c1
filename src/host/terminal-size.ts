// Whether a file of ours is a terminal, and how large.
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { TIOC } from "#ffi/uapi/ioctl.ts";
import { WINSIZE } from "#ffi/uapi/termios.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Undefined where this descriptor of ours is no terminal; one that doesn't know its size has 80 columns. */
export function readTerminalSize(fd: number): TerminalSize | undefined {
  const bytes = new Uint8Array(WINSIZE.size);
  if (rawSyscall("ioctl", fd, TIOC.GWINSZ, bytes) < 0) return undefined;
  const view = new DataView(bytes.buffer);
  const [rows, columns] = [view.getUint16(WINSIZE.offsets.ws_row, true), view.getUint16(WINSIZE.offsets.ws_col, true)];
  return { rows: rows > 0 ? rows : 24, columns: columns > 0 ? columns : 80 };
}
