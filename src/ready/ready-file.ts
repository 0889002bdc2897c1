// (Key, observations, a compiled box) → the file that the front plays: it asks again what was asked, and becomes the box.
// Pure. The layout is ffi/front/ready-layout.ts.
import { READY_AT, READY_BASE } from "#ffi/front/ready-layout.ts";
import { assemble, type Tape } from "#ffi/tape/assemble.ts";
import { type Arg, type Call, call, memory, result } from "#ffi/tape/call.ts";
import { RECORD_BYTES, WORD } from "#ffi/tape/format.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { AT } from "#ffi/uapi/fcntl.ts";
import { MFD } from "#ffi/uapi/mman.ts";
import type { Arch } from "#src/spec/facts.ts";
import { checkCalls, type Observation, STALE } from "./observation.ts";
import type { ReadyKey } from "./ready-key.ts";

export interface ReadyInput {
  readonly arch: Arch;
  readonly build: bigint;
  readonly key: ReadyKey;
  readonly observations: readonly Observation[];
  /** What compileBox() gives. */
  readonly box: Uint8Array;
}

const IMAGE = "image";
/** The box's process has this name, as that of any other run. */
const NAME = "nsbox";

/** The file. */
export function buildReadyFile({ arch, build, key, observations, box }: ReadyInput): Uint8Array {
  const lengths = new Uint8Array(new BigUint64Array(key.stretches.map(({ length }) => BigInt(length))).buffer);
  const stretches = concatBytes([lengths, ...key.stretches]);
  const tapeAt = align(READY_AT.lengths + stretches.length);
  // Every call says where it goes when it fails: nothing is reported.
  const becoming = becomeCalls(box.length).map((one) => ({ ...one, fail: one.fail ?? STALE }));
  const calls = [...checkCalls(observations), ...becoming];
  const place = (image: number): Tape =>
    assemble(calls, {
      arch,
      base: READY_BASE + tapeAt,
      fds: { report: -1 },
      fdBase: 0,
      failStatus: 0,
      labels: { [IMAGE]: image },
    });
  const imageAt = align(tapeAt + place(0).bytes.length);
  const tape = place(READY_BASE + imageAt);
  const exec = tape.callOf.findIndex((index) => calls[index]?.name === "execveat");
  const argument = (n: number): number => tape.base + exec * RECORD_BYTES + (WORD.a0 + n) * 8;
  const file = new Uint8Array(imageAt + box.length);
  const view = new DataView(file.buffer);
  const set = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  view.setBigUint64(READY_AT.build, build, true);
  set(READY_AT.entry, tape.entry);
  set(READY_AT.argv, argument(2));
  set(READY_AT.envp, argument(3));
  set(READY_AT.bytes, file.length);
  file.set(stretches, READY_AT.lengths);
  file.set(tape.bytes, tapeAt);
  file.set(box, imageAt);
  return file;
}

/** Through a file in memory: what lies in /run is often not to be executed, see mount(8). */
function becomeCalls(bytes: number): readonly Call[] {
  const image: Arg = { kind: "address", label: IMAGE };
  const flags = MFD.CLOEXEC;
  const memfd = memory("memfd", 8);
  const UNMADE = "unmade";
  return [
    // KERNEL: MFD_EXEC is since 6.3, and required where vm.memfd_noexec is 1.
    call("memfd_create", [NAME, flags | MFD.EXEC], {
      ...{ save: memfd, cases: [{ equals: "EINVAL", then: "older kernel" }], then: "written" },
    }),
    call("memfd_create", [NAME, flags], { save: memfd, label: "older kernel" }),
    call("load", [memfd, 0], { label: "written" }),
    call("write", [result("written"), image, bytes], {
      ...{ cases: [{ equals: bytes, then: "next" }], fail: UNMADE, then: UNMADE },
    }),
    call("load", [memfd, 0], { label: "executed" }),
    call("execveat", [result("executed"), "", 0, 0, AT.EMPTY_PATH], { fail: UNMADE }),
    call("load", [memfd, 0], { label: UNMADE }),
    call("close", [result(UNMADE)], { fail: STALE }),
    // A load: no filter refuses it.
    call("load", [memfd, 0], { label: STALE, then: "return" }),
  ];
}

const align = (at: number): number => (at + 15) & ~15;
