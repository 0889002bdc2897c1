// Text to stdout and stderr without node:fs or console, which the way to a box can't afford.
import { asFd } from "#ffi/libc/fd.ts";
import { pollFiles } from "#ffi/libc/process.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { POLL } from "#ffi/uapi/poll.ts";

/** false where nobody reads it any more. */
function print(fd: 1 | 2, bytes: Uint8Array): boolean {
  let rest = bytes;
  while (rest.length > 0) {
    const count = rawSyscall("write", fd, rest, rest.length);
    // A full non-blocking pipe is waited for; a reader that has gone away is no error of ours.
    if (count >= 0) rest = rest.subarray(count);
    else if (count === -errnoNumber("EAGAIN")) pollFiles([{ fd: asFd(fd), events: POLL.OUT }], undefined);
    else if (count !== -errnoNumber("EINTR")) return false;
  }
  return true;
}

/** Writes bytes as they are to stdout; false where nobody reads it any more. */
export function printBytes(bytes: Uint8Array): boolean {
  return print(1, bytes);
}

/** Writes to stdout; a closed pipe is ignored. */
export function printOut(text: string): void {
  print(1, new TextEncoder().encode(text));
}

/** Writes to stderr; a closed pipe is ignored. */
export function printError(text: string): void {
  print(2, new TextEncoder().encode(text));
}
