// Puts an open file into a Unix socket, see unix(7), SCM_RIGHTS.
import { ptr } from "bun:ffi";
import { MSG, SCM, SOL } from "#ffi/uapi/socket.ts";
import type { Fd } from "./fd.ts";
import { syscall } from "./syscall.ts";

const CMSG_LEN = 20; // a header of 16 bytes and one int

/** A message, of one byte unless it is given, with the file beside it. Throws SyscallError. */
export function sendFd(socket: Fd, file: Fd, data: Uint8Array = new Uint8Array(1)): void {
  const control = new Uint8Array(24);
  const view = new DataView(control.buffer);
  view.setBigUint64(0, BigInt(CMSG_LEN), true);
  view.setInt32(8, SOL.SOCKET, true);
  view.setInt32(12, SCM.RIGHTS, true);
  view.setInt32(16, file, true);
  // SAFETY: data, control and iov are referenced until the call has returned.
  const iov = new BigUint64Array([BigInt(ptr(data)), BigInt(data.length)]);
  const message = new BigUint64Array([0n, 0n, BigInt(ptr(iov)), 1n, BigInt(ptr(control)), 24n, 0n]);
  syscall("an open file", "sendmsg", socket, new Uint8Array(message.buffer), MSG.NOSIGNAL);
}
