// Calls that ask, played by the simulator with a kernel that answers from a table.
import { assemble } from "#ffi/tape/assemble.ts";
import { type Call, call } from "#ffi/tape/call.ts";
import { type Memory, simulate } from "#ffi/tape/simulate.ts";
import { syscallName } from "#ffi/uapi/syscalls.ts";
import { STALE } from "#src/ready/observation.ts";

/** One call, as the kernel sees it. */
export interface Asked {
  readonly name: string;
  readonly args: readonly number[];
  text(address: number | undefined): string;
  write(address: number | undefined, bytes: Uint8Array): void;
}

export type Answer = (asked: Asked) => number;

/** Whether the calls came through, rather than to STALE. */
export function comesThrough(calls: readonly Call[], answer: Answer): boolean {
  const base = 0x10_0000_0000;
  const ends = [call("getppid", [], { then: "return" }), call("gettid", [], { label: STALE, then: "return" })];
  const tape = assemble([...calls, ...ends], { arch: "x64", base, fds: { report: -1 }, fdBase: 0, failStatus: 0 });
  let end = "";
  simulate(tape, (nr, args, memory) => {
    const name = syscallName("x64", nr) ?? `syscall ${nr}`;
    end = name;
    if (name === "getppid" || name === "gettid") return 0n;
    return BigInt(answer(asked(name, args, memory)));
  });
  return end === "getppid";
}

function asked(name: string, args: readonly bigint[], { base, view }: Memory): Asked {
  const all = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const at = (address: number | undefined): number => (address ?? 0) - base;
  return {
    name,
    args: args.map(Number),
    text: (address) => new TextDecoder().decode(all.subarray(at(address), all.indexOf(0, at(address)))),
    write: (address, bytes) => all.set(bytes, at(address)),
  };
}
