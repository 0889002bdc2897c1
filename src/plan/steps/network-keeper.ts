// The keeper of a network: what stays outside with a box that lives on, where something of the host has to be taken back
// once the box has ended. It holds published ports meanwhile, and the program that is the box's network is its child.
import { CLONE } from "#ffi/uapi/clone.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { type Call, call, memory, result, strings, tolerate, words } from "#ffi/tape/call.ts";
import type { Farewell } from "#src/spec/network.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { signalsStep } from "./process.ts";
import { farewellCalls } from "./watch.ts";

/** The keeper's files: a pidfd of the box's init, and what its program writes to once it is ready, or gives up. */
export const NETWORK_KEEPER_FILES = { box: 0, ready: 1, errors: 2 } as const;

export interface NetworkKeeper {
  /** The program that is the box's network, and its environment. */
  readonly helper: { readonly command: readonly string[]; readonly env: readonly string[] } | undefined;
  readonly farewell: Farewell;
}

const LOST_STATUS = 125;
const HELPER = "helper";

/** The keeper's calls. It ends when the box has ended. */
export function networkKeeperCalls({ helper, farewell }: NetworkKeeper): readonly Call[] {
  const { box, ready, errors } = NETWORK_KEEPER_FILES;
  return [
    call("prctl", [PR.SET_NAME, "nsbox-net"]),
    ...(helper === undefined ? [] : helperCalls(helper)),
    // Nobody but the program says that it is ready.
    call("close_range", [ready, errors, 0], { label: "started" }),
    call("ppoll", [words(box + POLL.IN * 2 ** 32), 1, 0, 0, 8], {
      label: "wait",
      cases: [{ equals: "EINTR", then: "wait" }],
    }),
    ...(helper === undefined ? [] : [call("kill", [result(HELPER), SIG.TERM], tolerate("ESRCH"))]),
    call("close", [box]),
    ...farewellCalls(farewell),
    call("exit_group", [0]),
  ];
}

/** Starts the program as a child, which ends with the keeper; a dead child keeps its PID until then. */
function helperCalls({ command, env }: NonNullable<NetworkKeeper["helper"]>): readonly Call[] {
  const [path = ""] = command;
  return [
    call("clone", [CLONE.VM | CLONE.VFORK | CLONE.PARENT_SETTID | SIG.CHLD, 0, memory("pid", 8), 0, 0], {
      label: HELPER,
      cases: [{ equals: 0, then: "child" }],
      fail: "started",
      then: "started",
    }),
    call("prctl", [PR.SET_PDEATHSIG, SIG.KILL, 0, 0, 0], { label: "child" }),
    call("close", [NETWORK_KEEPER_FILES.box]),
    call("openat", [AT.FDCWD, "/dev/null", O.RDWR, 0]),
    ...signalsStep.lower({ kind: "signals", defaults: [SIG.PIPE, SIG.XFSZ, SIG.CHLD], mask: 0n }),
    call("execve", [path, strings(command), strings(env)], { fail: "lost" }),
    call("exit_group", [LOST_STATUS], { label: "lost" }),
  ];
}
