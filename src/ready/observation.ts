// What the machine has answered when a box was made ready, and the calls that see whether it still answers so. Pure.
import { type Arg, type Call, call, type Case, memory, type MemoryArg, result } from "#ffi/tape/call.ts";
import { AT, F, O } from "#ffi/uapi/fcntl.ts";
import { TC } from "#ffi/uapi/ioctl.ts";
import { RLIMIT } from "#ffi/uapi/resource.ts";
import type { SyscallName } from "#ffi/uapi/syscalls.ts";
import type { PassedFileRule } from "#src/spec/spec.ts";

type Word = number | string;

/** One question, and the answer that the plan rests on. */
export type Observation =
  /** A call without effect, and its result: a number, or -errno. */
  | { readonly kind: "result"; readonly name: SyscallName; readonly args: readonly Word[]; readonly result: number }
  /** A call that no filter refuses, whatever else it says. */
  | { readonly kind: "works"; readonly name: SyscallName; readonly args: readonly Word[] }
  /** Mode and kind of what stands at a path, links followed; or -errno. */
  | { readonly kind: "path"; readonly path: string; readonly mode: number }
  /** A file's whole content. */
  | { readonly kind: "file"; readonly path: string; readonly content: Uint8Array }
  /** The kernel's release, as uname(2) has it. */
  | { readonly kind: "release"; readonly text: string }
  /** An open file, and no folder. */
  | { readonly kind: "stream"; readonly rule: PassedFileRule }
  /** Standard input or standard output is no terminal. */
  | { readonly kind: "no terminal" }
  /** Files may be of any size, see RLIMIT_FSIZE: the first write behind a limit ends whoever doesn't ignore its signal. */
  | { readonly kind: "no limit" };

/** Where a tape goes on when an answer is another one. */
export const STALE = "stale";

const STATX = { bytes: 256, mode: 28, type: 1 } as const;
const UTS = { bytes: 390, release: 130 } as const;
const ACCESS = { read: 0, write: 1, both: 2 } as const;
const TERMIOS_BYTES = 64;
const RLIMIT_BYTES = 16;
/** Both halves of RLIM_INFINITY. */
const UNLIMITED = 0xffff_ffff;

/** The calls that come through where every answer is as it was, and go to STALE otherwise. */
export function checkCalls(observations: readonly Observation[]): readonly Call[] {
  return observations.flatMap((one, n) => callsFor(one, n)).map((one) => ({ ...one, fail: one.fail ?? STALE }));
}

function callsFor(one: Observation, n: number): readonly Call[] {
  switch (one.kind) {
    case "result":
      return [expect(one.name, one.args, one.result)];
    case "works":
      return [
        call(one.name, one.args, {
          cases: [
            { equals: "EPERM", then: STALE },
            { equals: "ENOSYS", then: STALE },
          ],
          fail: `worked ${n}`,
        }),
        call("getpid", [], { label: `worked ${n}` }),
      ];
    case "path": {
      const answer = memory("statx", STATX.bytes);
      const args = [AT.FDCWD, one.path, 0, STATX.type, answer];
      // Behind the mode's two bytes there are two that are always 0.
      return one.mode < 0
        ? [expect("statx", args, one.mode)]
        : [call("statx", args), expect("load", [{ ...answer, at: STATX.mode }, 0], one.mode)];
    }
    case "file": {
      const size = (one.content.length + 7) & ~3;
      const opened = `file ${n}`;
      const length = memory(`length ${n}`, 8);
      return [
        call("openat", [AT.FDCWD, one.path, O.RDONLY | O.CLOEXEC], { save: fileAt(n) }),
        // Closed whatever it says: the engine must not find it open.
        ...withFile(n, "read", (file) =>
          call("read", [file, memory(opened, size), size], { save: length, fail: `close ${n}` }),
        ),
        ...withFile(n, "close", (file) => call("close", [file])),
        expect("load", [length, 0], one.content.length),
        ...expectBytes(opened, size, 0, one.content),
      ];
    }
    case "release":
      return [
        call("uname", [memory("uname", UTS.bytes)]),
        ...expectBytes("uname", UTS.bytes, UTS.release, new TextEncoder().encode(`${one.text}\0`)),
      ];
    case "stream": {
      const { fd, access } = one.rule;
      // How it was opened are the lowest two bits, and alone in their byte: a load from three bytes before has it on top.
      const flags = `flags ${fd}`;
      return [
        call("fcntl", [fd, F.GETFL], { save: memory(flags, 16, 8) }),
        expect("load", [memory(flags, 16, 5), 0], ACCESS[access] << 24),
        // Opens nothing, unlike openat(2).
        call("faccessat", [fd, ".", 0], { cases: [{ equals: "ENOTDIR", then: "next" }], then: STALE }),
      ];
    }
    case "no terminal":
      return [0, 1]
        .map((fd) => call("ioctl", [fd, TC.GETS, memory("termios", TERMIOS_BYTES)], { fail: "no terminal" }))
        .concat(call("getpid", [], { then: STALE }), call("getpid", [], { label: "no terminal" }));
    case "no limit": {
      const limit = memory("limit", RLIMIT_BYTES);
      return [
        call("prlimit64", [0, RLIMIT.FSIZE, 0, limit]),
        expect("load", [limit, 0], UNLIMITED),
        expect("load", [{ ...limit, at: 4 }, 0], UNLIMITED),
      ];
    }
  }
}

const fileAt = (n: number): MemoryArg => memory(`descriptor ${n}`, 8);

/** A call that takes a descriptor which an earlier one has saved: a result can be passed on but once. */
function withFile(n: number, use: string, make: (file: Arg) => Call): readonly Call[] {
  const label = `${use} ${n}`;
  return [call("load", [fileAt(n), 0], { label }), make(result(label))];
}

/** A call with this result, and no other. */
function expect(name: Call["name"], args: readonly Arg[], equals: Case["equals"]): Call {
  return call(name, args, { cases: [{ equals, then: "next" }], then: STALE });
}

/** Four bytes at a time; a rest is followed by zeros. */
function expectBytes(area: string, size: number, at: number, bytes: Uint8Array): readonly Call[] {
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const calls: Call[] = [];
  for (let offset = 0; offset < padded.length; offset += 4)
    calls.push(expect("load", [memory(area, size, at + offset), 0], view.getUint32(offset, true)));
  return calls;
}
