// How a compiled box keeps its texts, which are read where something fails only: as one number between 0 and 1, in bytes.
// Each bit leaves of the range so far the part that it was likely to take, see foresee.ts. What is left last is written down.
import { Foresight } from "./foresee.ts";
import { NOBODY_TOLD, type OnRound } from "./on-round.ts";

/** A range is so much wider, at least, than the parts that likelihoods are told in. */
const NARROW = 2 ** 24;
const WIDE = 2 ** 32;
const PARTS = 65536;

/** Four bytes of the number are read before the first bit. */
const AHEAD = 4;

export function squeeze(bytes: Uint8Array, onRound: OnRound = NOBODY_TOLD): Uint8Array {
  const foresight = new Foresight(bytes);
  const number = new Digits();
  const often = [foresight.begin, foresight.likely, foresight.learn, number.add, addByte];
  for (let at = 0; at < bytes.length; at++) {
    onRound(at, often);
    foresight.begin(at);
    addByte(number, foresight, bytes[at] ?? 0);
    foresight.end(bytes[at] ?? 0);
  }
  return number.end();
}

function addByte(number: Digits, foresight: Foresight, byte: number): void {
  let bits = 1;
  for (let shift = 7; shift >= 0; shift--) {
    const bit = (byte >>> shift) & 1;
    number.add(bit, foresight.likely(bits));
    foresight.learn(bit);
    bits = bits * 2 + bit;
  }
}

/** What is written down: the lower end of the range, and how wide it is. */
class Digits {
  readonly #out: number[] = [];
  #low = 0;
  #range: number = WIDE - 1;

  add(bit: number, likely: number): void {
    const part = ((this.#range * likely) / PARTS) >>> 0;
    if (bit === 1) this.#range = part;
    else {
      this.#low += part;
      this.#range -= part;
    }
    if (this.#low >= WIDE) {
      this.#low -= WIDE;
      carry(this.#out);
    }
    for (; this.#range < NARROW; this.#range *= 0x100) this.#digit();
  }

  #digit(): void {
    this.#out.push(Math.floor(this.#low / NARROW));
    this.#low = (this.#low % NARROW) * 0x100;
  }

  end(): Uint8Array {
    for (let n = 0; n < AHEAD; n++) this.#digit();
    return Uint8Array.from(this.#out);
  }
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
      const part = ((range * foresight.likely(bits)) / PARTS) >>> 0;
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
