// Takes an open file out of a Unix socket, see unix(7), SCM_RIGHTS.
import { ptr } from "bun:ffi";
import { asFd, type Fd } from "./fd.ts";
import { syscall } from "./syscall.ts";

/** The one descriptor of the next message, close-on-exec; undefined once nobody can send one. Throws SyscallError. */
export function receiveFd(socket: Fd): Fd | undefined {
  const data = new Uint8Array(1);
  const control = new Uint8Array(24);
  const MSG_CMSG_CLOEXEC = 0x40000000;
  // SAFETY: data, control and iov are referenced until the call has returned.
  const iov = new BigUint64Array([BigInt(ptr(data)), 1n]);
  const message = new BigUint64Array([0n, 0n, BigInt(ptr(iov)), 1n, BigInt(ptr(control)), 24n, 0n]);
  const count = syscall("the box's terminal", "recvmsg", socket, new Uint8Array(message.buffer), MSG_CMSG_CLOEXEC);
  if (count === 0) return undefined;
  return asFd(new DataView(control.buffer).getInt32(16, true));
}
