// What the next bit of a compiled box's texts may be, by what has followed before: squeeze.ts says how the texts are kept.
// All of it is whole numbers, so that expand-x64.ts and expand-arm64.ts come to the same.
//
// Eight contexts have an opinion: the last 0 … 5 bytes, the letters of the word so far, and the byte one record back, with
// the place within 16 bytes. With the bits so far of this byte each has a slot of 16 bits: how likely a 1 is, of
// 4096, and in the lowest four bits how often it was there, 15 at most. What is likely counts by its logarithm of the odds:
// what a sum of these says, each by its weight, is foreseen. Then slots and weights learn what it was.
import { RECORD_BYTES } from "#ffi/tape/format.ts";

/** Contexts: the last 0 … 5 bytes, a word, a column. */
const ORDERS = 6;
const CONTEXTS: number = ORDERS + 2;
const WORD: number = ORDERS;
const COLUMN: number = ORDERS + 1;
const SLOT_BITS = 21;
/** What the machine code needs: contexts, places, odds, weights in 32 bits each, and the slots. */
export const TABLES_BYTES: number = CONTEXTS * 4 * 4 + 2 * 2 ** SLOT_BITS;
/** Mixes the bits of a context. */
const MIX = 0x2f0b_4c47;
/** Tells the bits of a byte apart. */
const BIT = 9973;
/** A slot that nothing is known of: likely as not. */
const UNKNOWN = 0x8000;
const SURE = 4096;
const OFTEN = 15;
/** A weight is its part of 65536. */
const WEIGHT = 20000;
/** The odds are 2^15 at most. */
const ODDS_MAX = 3839;

/** 256 times the logarithm of a number, plus 256; between powers of 2 it rises evenly. */
function logarithm(value: number): number {
  const bit = 31 - Math.clz32(value);
  return (bit << 8) + ((value << 8) >> bit);
}

/** Logarithms of the odds, for each likelihood. */
function allOdds(): Int32Array {
  return Int32Array.from({ length: SURE }, (_, likely) =>
    likely === 0 ? 0 : logarithm(likely) - logarithm(SURE - likely),
  );
}

/** And back: how likely by the logarithm, from -ODDS_MAX on. In single precision, as a processor has it. */
function allLikely(): Int32Array {
  return Int32Array.from({ length: 2 * ODDS_MAX + 1 }, (_, n) => {
    const all = n - ODDS_MAX + 0x1000;
    const odds = ((256 + (all & 255)) / 256) * 2 ** ((all >> 8) - 16);
    return 65536 - Math.trunc(Math.fround(65536 / Math.fround(odds + 1)));
  });
}

/** Tells of each bit how likely a 1 is, of 65536, and learns which it was. */
export class Foresight {
  readonly #bytes: Uint8Array;
  readonly #slots: Uint16Array = new Uint16Array(1 << SLOT_BITS);
  readonly #allOdds: Int32Array = allOdds();
  readonly #allLikely: Int32Array = allLikely();
  readonly #weights: Int32Array = new Int32Array(CONTEXTS).fill(WEIGHT);
  readonly #contexts: Int32Array = new Int32Array(CONTEXTS);
  /** For the bit that comes: the slots in question, and what each says. */
  readonly #places: Int32Array = new Int32Array(CONTEXTS);
  readonly #odds: Int32Array = new Int32Array(CONTEXTS);
  #word = 0;
  #likely = 0;

  /** Of these bytes only those are read that have been foreseen. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bits of the byte at this place come. */
  begin(at: number): void {
    const contexts = this.#contexts;
    let hash = 0;
    for (let n = 0; n < ORDERS; n++) {
      contexts[n] = hash;
      hash = Math.imul(hash + (this.#bytes[at - 1 - n] ?? 0) + 1, MIX);
    }
    contexts[WORD] = this.#word;
    contexts[COLUMN] = Math.imul(((this.#bytes[at - RECORD_BYTES] ?? 0) << 4) + (at & 15), MIX);
  }

  /** `bits`: a 1 and the bits of this byte so far. */
  likely(bits: number): number {
    const slots = this.#slots;
    const known = this.#allOdds;
    const contexts = this.#contexts;
    const places = this.#places;
    const odds = this.#odds;
    const weights = this.#weights;
    let sum = 0;
    for (let n = 0; n < CONTEXTS; n++) {
      const place = Math.imul((contexts[n] ?? 0) + bits * BIT, MIX) >>> (32 - SLOT_BITS);
      const odd = known[((slots[place] ?? 0) ^ UNKNOWN) >>> 4] ?? 0;
      places[n] = place;
      odds[n] = odd;
      sum += odd * (weights[n] ?? 0);
    }
    const all = Math.min(Math.max(Math.floor(sum / 65536), -ODDS_MAX), ODDS_MAX);
    this.#likely = this.#allLikely[all + ODDS_MAX] ?? 0;
    return this.#likely;
  }

  learn(bit: 0 | 1): void {
    const slots = this.#slots;
    const places = this.#places;
    const odds = this.#odds;
    const weights = this.#weights;
    const error = (bit << 16) - this.#likely;
    const goal = bit === 1 ? SURE - 1 : 1;
    for (let n = 0; n < CONTEXTS; n++) {
      weights[n] = (weights[n] ?? 0) + (Math.imul(odds[n] ?? 0, error) >> 17);
      const place = places[n] ?? 0;
      const slot = (slots[place] ?? 0) ^ UNKNOWN;
      const count = slot & OFTEN;
      const likely = slot >>> 4;
      const closer = likely + ((((goal - likely) << 3) / (count * 5 + 9)) | 0);
      slots[place] = ((closer << 4) | (count < OFTEN ? count + 1 : OFTEN)) ^ UNKNOWN;
    }
  }

  end(byte: number): void {
    const isLetter = ((byte | 0x20) - 0x61) >>> 0 < 26;
    this.#word = isLetter ? Math.imul(this.#word + byte, MIX) : 0;
  }
}
