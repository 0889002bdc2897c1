// Signals that wait until there is a box to forward them to.
// Held from the first moment on: a thread that the JavaScript engine starts later inherits the mask, and a signal to
// the process never ends it by reaching a thread that doesn't hold it.
import { getSignalMask, setSignalMask } from "#ffi/libc/process.ts";
import { SIG, signalSet } from "#ffi/uapi/signal.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";

let before: bigint | undefined;

/** Blocks what is forwarded, and SIGCHLD and SIGALRM, which only a watcher takes, for the rest of this process's life. */
export function holdSignals(): void {
  before ??= setSignalMask(signalSet([...FORWARDED_SIGNALS, SIG.CHLD, SIG.ALRM]));
}

/** The mask that the caller gave this process. */
export function callerSignalMask(): bigint {
  return before ?? getSignalMask();
}
