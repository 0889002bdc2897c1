// A filter that asks where it would refuse: so that each refusal is seen by who answers, and can be written down.
import { SECCOMP_RET, SOCK_FILTER } from "#ffi/uapi/seccomp.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { actionOf, dataOf } from "./actions.ts";
import { interpret } from "./interpret.ts";
import type { SyscallData } from "./policy.ts";
import { CODE, type Instruction } from "./program.ts";

/** The same filter, but each refusal with an errno asks the listener instead. What ends processes stays as it is. */
export function notifyingFilter(filter: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(filter);
  const view = new DataView(bytes.buffer);
  const { size, offsets } = SOCK_FILTER;
  for (let at = 0; at < bytes.length; at += size) {
    const isErrno = actionOf(view.getUint32(at + offsets.k, true)) === SECCOMP_RET.ERRNO;
    if (view.getUint16(at + offsets.code, true) === CODE.ret && isErrno)
      view.setUint32(at + offsets.k, SECCOMP_RET.USER_NOTIF, true);
  }
  return bytes;
}

/**
 * The errno that the filter without a listener answers this call with; 0 is a success without effect.
 *
 * SECURITY: it follows from the call's number and the words of its arguments alone, which the process that waits can't
 * change any more; what they point to is never looked at.
 */
export function refusalOf(verdicts: readonly Instruction[], data: SyscallData): number {
  const { ret } = interpret(verdicts, data);
  // What a profile leaves to a supervisor is what the kernel says where there is none.
  return actionOf(ret) === SECCOMP_RET.ERRNO ? dataOf(ret) : errnoNumber("ENOSYS");
}
