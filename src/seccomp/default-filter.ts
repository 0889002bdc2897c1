// The default profile, ready to use: compiled once, when nsbox was written, and here fitted to one box. This is on the
// way to every box: nothing of the compiler is loaded (D-10).
import { SECCOMP_RET, SOCK_FILTER } from "#ffi/uapi/seccomp.ts";
import { PREBUILT } from "./prebuilt.ts";
import type { Arch } from "./policy.ts";

/** A program, and which of its returns let through who holds what; see Compiled. */
export interface Prebuilt {
  /** The program in base64. */
  readonly program: string;
  readonly lifts: Readonly<Record<string, readonly number[]>>;
}

/** The filter of a box that holds these: capabilities of its bounding set, and "nested". */
export function defaultFilter(arch: Arch, held: readonly string[]): Uint8Array<ArrayBuffer> {
  const { program, lifts } = PREBUILT[arch];
  return liftFor(Uint8Array.fromBase64(program), lifts, held);
}

/** Lets through, in this program itself, what who holds these may do. */
export function liftFor(
  bytes: Uint8Array<ArrayBuffer>,
  lifts: Prebuilt["lifts"],
  held: readonly string[],
): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  const { size, offsets } = SOCK_FILTER;
  for (const name of held)
    for (const at of lifts[name] ?? []) view.setUint32(at * size + offsets.k, SECCOMP_RET.ALLOW, true);
  return bytes;
}
