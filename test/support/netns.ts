// A network namespace of the test's own, so that nothing of the machine's network changes.
import { openFile, closeFile } from "#ffi/libc/fd.ts";
import { syscall } from "#ffi/libc/syscall.ts";
import { CLONE } from "#ffi/uapi/clone.ts";

/** Moves this thread, and what it starts, to an empty network namespace until it is disposed of; takes root. */
export function enterFreshNetns(): Disposable {
  const before = openFile("/proc/thread-self/ns/net", 0);
  syscall("", "unshare", CLONE.NEWNET);
  return {
    [Symbol.dispose]: () => {
      syscall("", "setns", before, CLONE.NEWNET);
      closeFile(before);
    },
  };
}
