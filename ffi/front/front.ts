// The front's machine code, complete: listing, and behind it the runner that it calls.
import { listingBytes, runnerCode } from "#ffi/runner/code.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import type { Listing } from "#ffi/runner/x64.ts";
import { ARM64_FRONT_LISTING } from "./front-arm64.ts";
import { X64_FRONT_LISTING } from "./front-x64.ts";

export interface FrontPlaces {
  /** Where the engine begins: the address at which the executable was entered without a front. */
  readonly engine: bigint;
  /** Names the build; ready boxes of others are not looked at. */
  readonly build: bigint;
  /** Where the C library keeps `environ`; 0 where that is not known. */
  readonly environ: bigint;
}

/** The front. Wherever it lies, it runs; on arm64 at a multiple of 4. */
export function frontCode(arch: "x64" | "arm64", { engine, build, environ }: FrontPlaces): Uint8Array {
  const listing = arch === "x64" ? X64_FRONT_LISTING : ARM64_FRONT_LISTING;
  const code = concatBytes([listingBytes(listing), runnerCode(arch)]);
  const view = new DataView(code.buffer);
  view.setBigUint64(offsetOf(listing, "build:"), build, true);
  view.setBigUint64(offsetOf(listing, "begin:"), engine, true);
  view.setBigUint64(offsetOf(listing, "environ:"), environ, true);
  return code;
}

function offsetOf(listing: Listing, label: string): number {
  const at = listing.findIndex(([, text]) => text === label);
  if (at < 0) throw new RangeError(`the front has no ${label}`);
  return listingBytes(listing.slice(0, at)).length;
}
