// What the next bit of a compiled box's texts may be, by what has followed before: squeeze.ts says how the texts are kept.
// All of it is whole numbers and single precision, so that expand-x64.ts and expand-arm64.ts come to the same.
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
/** Mixes the bits of a context. So small that products stay whole in JavaScript's numbers, whose lower 32 bits count. */
const MIX = 0x1_5f35;
/** Tells the bits of a byte apart. */
const BIT = 0x3_9e37;
/** A slot that nothing is known of: likely as not. The machine code has it as 0, and the others by the difference. */
const UNKNOWN = 0x8000;
const SURE = 4096;
const OFTEN = 15;
/** What a weight is at first, of 65536. */
const WEIGHT = 20000;

/** 256 times the logarithm of a number, and more; between powers of 2 it rises evenly. A float's upper bits are the same. */
function logarithm(value: number): number {
  const bit = 31 - Math.clz32(value);
  return (bit << 8) + ((value << 8) >> bit);
}

/** Logarithms of the odds against a 1, for each likelihood. */
function allOdds(): Int32Array {
  return Int32Array.from({ length: SURE }, (_, likely) =>
    likely === 0 ? 0 : logarithm(SURE - likely) - logarithm(likely),
  );
}

/** A slot that has seen one bit more. */
function closer(slot: number, bit: number): number {
  const count = slot & OFTEN;
  const likely = slot >>> 4;
  const next = likely + Math.trunc(((bit * SURE - likely) * 8) / (count * 5 + 9));
  return (next << 4) | Math.min(count + 1, OFTEN);
}

/** Tells of each bit how likely a 1 is, of 65536, and learns which it was. */
export class Foresight {
  readonly #bytes: Uint8Array;
  readonly #slots: Uint16Array = new Uint16Array(1 << SLOT_BITS).fill(UNKNOWN);
  /** What becomes of a slot where the bit is a 0, and where it is a 1; 0: not yet asked. */
  readonly #learnt: readonly [Uint16Array, Uint16Array] = [new Uint16Array(1 << 16), new Uint16Array(1 << 16)];
  readonly #allOdds: Int32Array = allOdds();
  /** The same bits, as a number of single precision. */
  readonly #float: Float32Array = new Float32Array(1);
  readonly #bits: Int32Array = new Int32Array(this.#float.buffer);
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
      contexts[n] = hash >>> (32 - SLOT_BITS);
      hash = ((hash + (this.#bytes[at - 1 - n] ?? 0) + 1) * MIX) | 0;
    }
    contexts[WORD] = this.#word >>> (32 - SLOT_BITS);
    contexts[COLUMN] = (((at & 15) | ((this.#bytes[at - RECORD_BYTES] ?? 0) << 8)) * MIX) >>> (32 - SLOT_BITS);
  }

  /** `bits`: a 1 and the bits of this byte so far. */
  likely(bits: number): number {
    const slots = this.#slots;
    const known = this.#allOdds;
    const contexts = this.#contexts;
    const places = this.#places;
    const odds = this.#odds;
    const weights = this.#weights;
    const mine = bits * BIT;
    let sum = 0;
    for (let n = 0; n < CONTEXTS; n++) {
      const place = ((contexts[n] ?? 0) + mine) & (2 ** SLOT_BITS - 1);
      const odd = known[(slots[place] ?? 0) >>> 4] ?? 0;
      places[n] = place;
      odds[n] = odd;
      sum = (sum + ((odd * (weights[n] ?? 0)) >> 13)) | 0;
    }
    // 2048 times the logarithm; as a float's upper bits it is the odds.
    const float = this.#float;
    this.#bits[0] = (Math.min(Math.max(sum, -0x8000), 0x7fff) + 127 * 2048) << 12;
    float[0] = 1 + (float[0] ?? 0);
    float[0] = 65536 / (float[0] ?? 0);
    this.#likely = (float[0] ?? 0) | 0;
    return this.#likely;
  }

  learn(bit: number): void {
    const slots = this.#slots;
    const places = this.#places;
    const odds = this.#odds;
    const weights = this.#weights;
    const error = this.#likely - (bit << 16);
    const learnt = this.#learnt[bit === 1 ? 1 : 0];
    for (let n = 0; n < CONTEXTS; n++) {
      weights[n] = (weights[n] ?? 0) + (((odds[n] ?? 0) * error) >> 17);
      const place = places[n] ?? 0;
      const slot = slots[place] ?? 0;
      let next = learnt[slot] ?? 0;
      if (next === 0) {
        next = closer(slot, bit);
        learnt[slot] = next;
      }
      slots[place] = next;
    }
  }

  end(byte: number): void {
    const isLetter = ((byte | 0x20) - 0x61) >>> 0 < 26;
    this.#word = isLetter ? ((this.#word + byte) * MIX) | 0 : 0;
  }
}
