// The keeper of a terminal: what stays with a box that lives on with -t, outside of it. It only moves what the box
// prints from the terminal to the log; who attaches takes the terminal's other side from it by pidfd_getfd(2).
import { POLL } from "#ffi/uapi/poll.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { call, type Call, memory, result, tolerate, words } from "#ffi/tape/call.ts";
import type { KeptLog } from "#src/spec/spec.ts";
import { keepOutputCalls } from "./record-output.ts";

/** The keeper's two files, besides those of a log that nsbox keeps. */
export const KEEPER_TERMINAL = 0;
export const KEEPER_LOG = 1;

const PTRACER_ANY = 0xffff_ffff_ffff_ffffn;
const BUFFER_BYTES = 4096;
const buffer = memory("buffer", BUFFER_BYTES);
const count = memory("count", 8);

/** The keeper's calls. It ends when nobody in the box has the terminal open any more. */
export function keeperCalls(log: KeptLog | undefined): readonly Call[] {
  return [
    call("prctl", [PR.SET_NAME, "nsbox-tty"]),
    // Yama lets a process be traced by its parents only, and who attaches is none; EINVAL without Yama.
    call("prctl", [PR.SET_PTRACER, PTRACER_ANY, 0, 0, 0], tolerate("EINVAL")),
    call("read", [KEEPER_TERMINAL, buffer, BUFFER_BYTES], {
      label: "read",
      save: count,
      cases: [
        { equals: 0, then: "end" },
        { equals: "EAGAIN", then: "wait" }, // who attaches may have made it non-blocking
      ],
      fail: "end", // KERNEL: EIO, once the other side is closed for good
    }),
    call("load", [count, 0], { label: "length" }),
    call("load", [count, 0], { label: "whole" }),
    // On a full disk the log has a gap; the box goes on.
    call("write", [KEEPER_LOG, buffer, result("length")], {
      cases: [{ equals: result("whole"), then: log === undefined ? "read" : "came" }],
      fail: "lost",
      then: "lost",
    }),
    ...(log === undefined ? [call("load", [count, 0], { label: "lost", then: "read" })] : keepOutputCalls(log)),
    call("ppoll", [words(KEEPER_TERMINAL + POLL.IN * 2 ** 32), 1, 0, 0, 8], {
      label: "wait",
      fail: "end",
      then: "read",
    }),
    call("exit_group", [0], { label: "end" }),
  ];
}
