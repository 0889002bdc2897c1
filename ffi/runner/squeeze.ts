// How a compiled box keeps its texts, which are read where something fails only: as one number between 0 and 1, in bytes.
// Each bit leaves of the range so far the part that it was likely to take, see foresee.ts. What is left last is written down.
import { Foresight } from "./foresee.ts";

/** A range is so much wider, at least, than the parts that likelihoods are told in. */
const NARROW = 2 ** 24;
const WIDE = 2 ** 32;
const PARTS = 65536;

/** Four bytes of the number are read before the first bit. */
const AHEAD = 4;

export function squeeze(bytes: Uint8Array): Uint8Array {
  const foresight = new Foresight(bytes);
  const out: number[] = [];
  let [low, range] = [0, WIDE - 1];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    foresight.begin(at);
    for (let bits = 1, shift = 7; shift >= 0; shift--) {
      const bit = ((byte >>> shift) & 1) === 1 ? 1 : 0;
      const part = Math.floor(range / PARTS) * foresight.likely(bits);
      if (bit === 1) range = part;
      else {
        low += part;
        range -= part;
      }
      if (low >= WIDE) {
        low -= WIDE;
        carry(out);
      }
      while (range < NARROW) {
        out.push(Math.floor(low / NARROW));
        low = (low % NARROW) * 0x100;
        range *= 0x100;
      }
      foresight.learn(bit);
      bits = bits * 2 + bit;
    }
    foresight.end(byte);
  }
  for (let n = 0; n < AHEAD; n++, low = (low % NARROW) * 0x100) out.push(Math.floor(low / NARROW));
  return Uint8Array.from(out);
}

/** One more, where the bytes so far are a number's digits. */
function carry(digits: number[]): void {
  let n = digits.length - 1;
  for (; n >= 0 && digits[n] === 0xff; n--) digits[n] = 0;
  if (n >= 0) digits[n] = (digits[n] ?? 0) + 1;
}

/** `length` bytes again; undefined where squeezed bytes are missing. */
export function expand(squeezed: Uint8Array, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  const foresight = new Foresight(bytes);
  let [at, code, range] = [0, 0, WIDE - 1];
  const digit = (): number => squeezed[at++] ?? 0;
  for (let n = 0; n < AHEAD; n++) code = code * 0x100 + digit();
  for (let place = 0; place < length; place++) {
    foresight.begin(place);
    let bits = 1;
    while (bits < 0x100) {
      const part = Math.floor(range / PARTS) * foresight.likely(bits);
      const bit = code < part ? 1 : 0;
      if (bit === 1) range = part;
      else {
        code -= part;
        range -= part;
      }
      while (range < NARROW) {
        code = code * 0x100 + digit();
        range *= 0x100;
      }
      foresight.learn(bit);
      bits = bits * 2 + bit;
    }
    bytes[place] = bits & 0xff;
    foresight.end(bits & 0xff);
  }
  return at > squeezed.length ? undefined : bytes;
}
