// How many files the command may have open, where nothing is said: the JavaScript engine has raised its own limit.
import { RLIMIT } from "#ffi/uapi/resource.ts";
import { call, memory, tolerate } from "#ffi/tape/call.ts";
import type { StepKind } from "../step.ts";

/** Lower the soft limit of open files, and leave the hard one; see getrlimit(2). */
export interface OpenFilesStep {
  readonly kind: "open-files";
  readonly soft: number;
}

const LIMIT_BYTES = 16; // struct rlimit64: soft, hard

export const openFilesStep: StepKind<OpenFilesStep> = {
  phase: "limits",
  explain: ({ soft }) => `limit RLIMIT_NOFILE to ${soft}, and no further than it is`,
  lower: ({ soft }) => {
    const limit = memory("open files", LIMIT_BYTES);
    return [
      call("prlimit64", [0, RLIMIT.NOFILE, 0, limit]),
      call("load", [new Uint8Array(new Uint32Array([soft]).buffer), 0], { save: limit }),
      // The hard limit is lower still: it is the soft one, too.
      call("prlimit64", [0, RLIMIT.NOFILE, limit, 0], tolerate("EINVAL")),
    ];
  },
};
