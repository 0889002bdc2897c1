// A person at the terminal of a box that lives on: keys go to the terminal, what is printed comes from the log.
// Any number may be attached at once; all see the same.
import { asFd, closeFile, type Fd, readInto, writeAll } from "#ffi/libc/fd.ts";
import { openSignalfd, pollFiles, readSignal } from "#ffi/libc/process.ts";
import { rawSyscall, syscall } from "#ffi/libc/syscall.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import { SIG, signalSet } from "#ffi/uapi/signal.ts";
import { KEEPER_TERMINAL } from "#src/plan/steps/keeper.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";
import { DetachKeys } from "./detach-keys.ts";
import { TerminalRelay } from "./terminal-relay.ts";

export interface Attachment {
  /** The box's init, and the keeper of its terminal, by descriptor; closed when this is over. */
  readonly init: Fd;
  readonly keeper: Fd;
  /** The next bytes of the log. */
  readonly read: () => Uint8Array;
  /** The log by a path. */
  readonly logPath: string;
  readonly keys: Uint8Array;
}

const STDOUT = asFd(1);
const IN_MODIFY = 0x2;
const IN_CLOEXEC = 0x80000;
const IN_NONBLOCK = 0x800;

/** Until the box has ended ("ended"), or the keys were typed or a signal came ("detached"). Throws SyscallError. */
export function attach({ init, keeper, read, logPath, keys }: Attachment): "ended" | "detached" {
  const opened: Fd[] = [init, keeper];
  const keep = (fd: Fd): Fd => {
    opened.push(fd);
    return fd;
  };
  const typed = new DetachKeys(keys);
  let relay: TerminalRelay | undefined;
  try {
    const changes = keep(asFd(syscall("", "inotify_init1", IN_CLOEXEC | IN_NONBLOCK)));
    syscall(logPath, "inotify_add_watch", changes, logPath, IN_MODIFY);
    const signals = keep(openSignalfd(signalSet(FORWARDED_SIGNALS)));
    // KERNEL: since 5.6; asks for the right to trace the keeper, which is ours.
    const master = asFd(syscall("the box's terminal", "pidfd_getfd", keeper, KEEPER_TERMINAL, 0));
    relay = new TerminalRelay(master, typed);
    return relayLoop({ init, keeper, changes, signals, relay, typed, read });
  } finally {
    relay?.close();
    for (const fd of opened) closeFile(fd);
  }
}

interface Loop {
  readonly init: Fd;
  readonly keeper: Fd;
  readonly changes: Fd;
  readonly signals: Fd;
  readonly relay: TerminalRelay;
  readonly typed: DetachKeys;
  readonly read: () => Uint8Array;
}

/** How long the keeper may take to move what was printed last. */
const KEEPER_MS = 2000;

function relayLoop({ init, keeper, changes, signals, relay, typed, read }: Loop): "ended" | "detached" {
  const fixed = [init, changes, signals].map((fd) => ({ fd, events: POLL.IN }));
  const events = new Uint8Array(4096);
  for (;;) {
    writeAll(STDOUT, read());
    const [ended = 0, changed = 0, signalled = 0, ...ready] = pollFiles([...fixed, ...relay.entries()], undefined);
    if (changed !== 0) readInto(changes, events);
    if (ended !== 0) {
      // What was printed last may still be on its way to the log.
      pollFiles([{ fd: keeper, events: POLL.IN }], KEEPER_MS);
      writeAll(STDOUT, read());
      return "ended";
    }
    if (signalled !== 0 && !handleSignal(readSignal(signals), relay)) return "detached";
    relay.handle(ready);
    if (typed.isDetached) return "detached";
  }
}

/** false: the signal ends the attachment, and not the box. */
function handleSignal(signal: number, relay: TerminalRelay): boolean {
  if (signal === SIG.WINCH || signal === SIG.CONT) relay.resize();
  else if (signal === SIG.TSTP) {
    relay.suspend();
    rawSyscall("kill", rawSyscall("getpid"), SIG.STOP);
    relay.resume();
  } else return false;
  return true;
}
