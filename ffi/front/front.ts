// The front's machine code, complete: listing, and behind it the runner that it calls.
import { listingBytes, runnerCode } from "#ffi/runner/code.ts";
import { concatBytes } from "#ffi/runner/start.ts";
import type { Listing } from "#ffi/runner/x64.ts";
import { X64_FRONT_LISTING } from "./front-x64.ts";

export interface FrontPlaces {
  /** Where the engine begins: the address at which the executable was entered without a front. */
  readonly engine: number;
  /** Names the build; ready boxes of others are not looked at. */
  readonly build: bigint;
}

const BUILD_ROW = "movabs rax, 0x1122334455667788";
const ENGINE_ROW = "mov eax, 0x7fffffff";

/** The front for x86-64; other machines have none. Wherever it lies, it runs. */
export function frontCode({ engine, build }: FrontPlaces): Uint8Array {
  const code = concatBytes([listingBytes(X64_FRONT_LISTING), runnerCode("x64")]);
  const view = new DataView(code.buffer);
  view.setBigUint64(offsetOf(X64_FRONT_LISTING, BUILD_ROW) + 2, build, true);
  view.setUint32(offsetOf(X64_FRONT_LISTING, ENGINE_ROW) + 1, engine, true);
  return code;
}

function offsetOf(listing: Listing, text: string): number {
  const at = listing.findIndex(([, row]) => row === text);
  if (at < 0) throw new RangeError(`the front has no ${text}`);
  return listingBytes(listing.slice(0, at)).length;
}
