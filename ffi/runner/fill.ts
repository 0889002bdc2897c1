// Listings with addresses in them that are known late: a row whose last column ends with "filled in: NAME" takes one.
import { listingBytes } from "./code.ts";
import type { Listing } from "./x64.ts";

const FILLED = /filled in: (\w+)$/;

/** A listing's code with these addresses. Throws RangeError where one is missing. */
export function filledCode(
  arch: "x64" | "arm64",
  listing: Listing,
  addresses: Readonly<Record<string, number>>,
): Uint8Array {
  const code = listingBytes(listing);
  const view = new DataView(code.buffer);
  let end = 0;
  for (const [bytes, , why] of listing) {
    end += Math.floor((bytes.length + 1) / 3); // two digits a byte, and a space between
    const name = FILLED.exec(why)?.[1];
    if (name === undefined) continue;
    const address = addresses[name];
    if (address === undefined) throw new RangeError(`no address is given for "${name}"`);
    if (arch === "x64") view.setUint32(end - 4, address, true);
    else fillAddress(view, end - 4, address);
  }
  return code;
}

/** movz and movk, which take 16 bits each. */
export function fillAddress(view: DataView, at: number, address: number): void {
  const imm16 = (where: number, half: number): void =>
    view.setUint32(where, view.getUint32(where, true) | (half << 5), true);
  imm16(at, address & 0xffff);
  imm16(at + 4, address >>> 16);
}
