// Steps that give the box a terminal of its own, see pts(4). The supervisor relays its master side.
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { TIOC } from "#ffi/uapi/ioctl.ts";
import { WINSIZE } from "#ffi/uapi/termios.ts";
import { call, fd, memory } from "#ffi/tape/call.ts";
import type { StepKind } from "../step.ts";
import { sendFileCall } from "./files.ts";

/** Open a new pseudo-terminal of the box's devpts and hand its master side to the supervisor. */
export interface OpenTerminalStep {
  readonly kind: "open-terminal";
}

export const openTerminalStep: StepKind<OpenTerminalStep> = {
  phase: "terminal",
  explain: () => "open a terminal of the box's own and pass its other side to the supervisor",
  lower: () => {
    return [
      call("openat", [AT.FDCWD, "/dev/ptmx", O.RDWR | O.NOCTTY | O.CLOEXEC], { as: "ptmx" }),
      call("ioctl", [fd("ptmx"), TIOC.SPTLCK, new Uint8Array(4)]),
      call("ioctl", [fd("ptmx"), TIOC.GPTPEER, O.RDWR | O.NOCTTY | O.CLOEXEC], { as: "terminal" }),
      // The caller's size from the start: the supervisor's relay may come later than the command's first look.
      call("ioctl", [0, TIOC.GWINSZ, memory("window size", WINSIZE.size)], {
        cases: [
          { equals: "ENOTTY", then: "unsized" },
          { equals: "EBADF", then: "unsized" },
        ],
      }),
      call("ioctl", [fd("terminal"), TIOC.SWINSZ, memory("window size", WINSIZE.size)]),
      sendFileCall("terminal-socket", "ptmx", "unsized"),
      ...[0, 1, 2].map((stream) => call("dup3", [fd("terminal"), stream, 0])),
    ];
  },
};

/** Make the terminal the controlling one of a new session, and the standard streams. */
export interface UseTerminalStep {
  readonly kind: "use-terminal";
}

export const useTerminalStep: StepKind<UseTerminalStep> = {
  phase: "terminal",
  explain: () => "lead a session on the box's terminal, which stdin, stdout and stderr are",
  lower: () => [call("setsid", []), call("ioctl", [0, TIOC.SCTTY, 0])],
};
