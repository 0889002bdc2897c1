// The listings as machine code.
import { ARM64_LISTING } from "./arm64.ts";
import { type Listing, X64_LISTING } from "./x64.ts";

/** At most this long: it is meant to be read whole. */
export const RUNNER_BYTES_MAX = 150;

/** How many bytes lie before the loop: an ELF enters there, with the record's register set. */
export const LOOP_OFFSET = { x64: 4, arm64: 8 } as const;

/** The runner's machine code. */
export function runnerCode(arch: "x64" | "arm64"): Uint8Array {
  return listingBytes(arch === "x64" ? X64_LISTING : ARM64_LISTING);
}

/** The bytes that a listing names, in order. */
export function listingBytes(listing: Listing): Uint8Array {
  let hex = "";
  for (const [bytes] of listing) hex += bytes;
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}
