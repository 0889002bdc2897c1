// Steps that give the box a terminal of its own, see pts(4). The supervisor relays its master side.
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { TIOC } from "#ffi/uapi/ioctl.ts";
import { SCM, SOL } from "#ffi/uapi/socket.ts";
import { WINSIZE } from "#ffi/uapi/termios.ts";
import { call, fd, memory, words } from "#ffi/tape/call.ts";
import type { StepKind } from "../step.ts";

/** Open a new pseudo-terminal of the box's devpts and hand its master side to the supervisor. */
export interface OpenTerminalStep {
  readonly kind: "open-terminal";
}

const CMSG_LEN = 20; // a header of 16 bytes and one int
const CMSG_SPACE = 24;
/** Level and type of the control message, two ints in one word; see cmsg(3). */
const RIGHTS = SOL.SOCKET + SCM.RIGHTS * 2 ** 32;

export const openTerminalStep: StepKind<OpenTerminalStep> = {
  phase: "terminal",
  explain: () => "open a terminal of the box's own and pass its other side to the supervisor",
  lower: () => {
    const control = words(CMSG_LEN, RIGHTS, fd("ptmx"));
    const message = words(0, 0, words(new Uint8Array(1), 1), 1, control, CMSG_SPACE, 0);
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
      call("sendmsg", [fd("terminal-socket"), message, 0], { label: "unsized" }),
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
