// How a compiled box keeps its data: only what is new in it. Little-endian; a token is
//
//   bits 0…1  so many bytes are new; 3: a byte says how many
//   bits 2…6  so many bytes, and one more, are those that lie further back; 0: none; 31: and as many more as a byte says
//   bit 7     as far back as is said now, not as far as the last time (at first, a record's length)
//
// and then come the first byte, what is new, how far back (1…127: so many records; 128 + N: N * 256 + the byte that follows)
// and the second byte. unpack-x64.ts and unpack-arm64.ts are the same as machine code.
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { NOBODY_TOLD, type OnRound } from "./on-round.ts";

const COUNT = { inToken: 3, max: 255 } as const;
const LENGTH = { min: 2, inToken: 31, max: 32 + 255 } as const;
/** What is nearer is copied byte by byte, which takes a processor longer than it is worth. */
const BACK = { min: 8, max: 0x7fff, records: 127 } as const;
const HASH_BITS = 14;

/** So many new bytes, then so many from so far back. */
export interface Token {
  readonly fresh: number;
  readonly copied: number;
  readonly back: number;
}

/** Packed as small as it goes, or as well as that is found at once: for who waits for it. */
export function pack(data: Uint8Array, effort: "best" | "quick" = "best", onRound: OnRound = NOBODY_TOLD): Uint8Array {
  // As if zeros lay before.
  const bytes = concatBytes([new Uint8Array(RECORD_BYTES), data]);
  return written(bytes, effort === "best" ? bestTokens(bytes, onRound) : quickTokens(bytes));
}

/** How many bytes it takes to say how far back. */
function backBytes(back: number): number {
  return back % RECORD_BYTES === 0 && back / RECORD_BYTES <= BACK.records ? 1 : 2;
}

function written(bytes: Uint8Array, tokens: readonly Token[]): Uint8Array {
  const out = new Uint8Array(bytes.length * 2);
  let [end, at, last] = [0, RECORD_BYTES, RECORD_BYTES];
  for (const { fresh, copied, back } of tokens) {
    const goes = copied > 0 && back !== last;
    const inToken = Math.min(fresh, COUNT.inToken);
    const length = Math.min(Math.max(copied - 1, 0), LENGTH.inToken);
    out[end++] = inToken | (length << 2) | (goes ? 0x80 : 0);
    if (inToken === COUNT.inToken) out[end++] = fresh;
    for (let n = 0; n < fresh; n++) out[end++] = bytes[at++] ?? 0;
    if (goes) {
      last = back;
      if (backBytes(back) === 1) out[end++] = back / RECORD_BYTES;
      else {
        out[end++] = 0x80 | (back >>> 8);
        out[end++] = back & 0xff;
      }
    }
    if (length === LENGTH.inToken) out[end++] = copied - 1 - LENGTH.inToken;
    at += copied;
  }
  return out.slice(0, end);
}

/** How many bytes from `at` on are as those so far back, up to `max`. */
function common(bytes: Uint8Array, at: number, back: number, max: number): number {
  let length = 0;
  while (length < max && bytes[at + length] === bytes[at + length - back]) length++;
  return length;
}

/** Earlier places, by the three bytes that stand there. */
class Places {
  readonly #bytes: Uint8Array;
  /** The last place, by hash; and from each place the one before. */
  readonly #last: Int32Array = new Int32Array(1 << HASH_BITS).fill(-1);
  readonly #before: Int32Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#before = new Int32Array(bytes.length + 1);
  }

  #hash(at: number): number {
    const bytes = this.#bytes;
    const three = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return Math.imul(three, 0x2f0b_4c47) >>> (32 - HASH_BITS);
  }

  /** The last place that is like this one, or -1. */
  like(at: number): number {
    return this.#last[this.#hash(at)] ?? -1;
  }

  before(place: number): number {
    return this.#before[place] ?? -1;
  }

  add(at: number): void {
    const hash = this.#hash(at);
    this.#before[at] = this.#last[hash] ?? -1;
    this.#last[hash] = at;
  }
}

/** From each place what is longest at the moment. */
function quickTokens(bytes: Uint8Array): readonly Token[] {
  const places = new Places(bytes);
  const tokens: Token[] = [];
  const end = bytes.length;
  let [fresh, last] = [0, RECORD_BYTES];
  for (let at = RECORD_BYTES; at < end;) {
    const max = Math.min(LENGTH.max, end - at);
    let back = last;
    let copied = common(bytes, at, last, max);
    if (copied < 8 && last !== RECORD_BYTES) {
      const length = common(bytes, at, RECORD_BYTES, max);
      if (length > copied + 1) [copied, back] = [length, RECORD_BYTES];
    }
    if (copied < 8) {
      const far = at - places.like(at);
      const length = far < BACK.min || far > BACK.max || far > at ? 0 : common(bytes, at, far, max);
      if (length > copied + 2) [copied, back] = [length, far];
    }
    places.add(at);
    const isFull = fresh === COUNT.max;
    if (copied < (back === last ? LENGTH.min : LENGTH.min + 1)) {
      if (isFull) tokens.push({ fresh, copied: 0, back });
      fresh = isFull ? 1 : fresh + 1;
      at++;
      continue;
    }
    tokens.push({ fresh, copied, back });
    [fresh, last] = [0, back];
    at += copied;
  }
  if (fresh > 0) tokens.push({ fresh, copied: 0, back: last });
  return tokens;
}

const NEVER = 0x3fff_ffff;
/** How many earlier places are looked at, and how many records back first; what is as long is taken. */
const LOOKS = 24;
const RECORDS = 8;
const ENOUGH = 64;

function bestTokens(bytes: Uint8Array, onRound: OnRound): readonly Token[] {
  return new Ways(bytes, onRound).tokens();
}

/** For each place the best way to get there, from each place every way on. */
class Ways {
  readonly #bytes: Uint8Array;
  readonly #places: Places;
  /** Of the best way to a place: its length, the new bytes at its end, how far back it last went, its last stretch. */
  readonly #cost: Int32Array;
  readonly #fresh: Int32Array;
  readonly #back: Int32Array;
  readonly #copied: Int32Array;

  constructor(bytes: Uint8Array, onRound: OnRound) {
    const count = bytes.length + 1;
    this.#bytes = bytes;
    this.#places = new Places(bytes);
    this.#cost = new Int32Array(count).fill(NEVER);
    this.#fresh = new Int32Array(count);
    this.#back = new Int32Array(count);
    this.#copied = new Int32Array(count);
    this.#cost[RECORD_BYTES] = 0;
    this.#back[RECORD_BYTES] = RECORD_BYTES;
    for (let at = 0; at < RECORD_BYTES; at++) this.#places.add(at);
    const often = [this.#goOn, this.#copy, this.#offer, common, this.#places.add];
    let round = 0;
    for (let at = RECORD_BYTES; at < bytes.length;) {
      onRound(round++, often);
      const next = this.#goOn(at);
      while (at < next) this.#places.add(at++);
    }
  }

  /** Every way on from a place. Returns the next place that is worth a look. */
  #goOn(at: number): number {
    const cost = this.#cost[at] ?? NEVER;
    const fresh = this.#fresh[at] ?? 0;
    const last = this.#back[at] ?? 0;
    // A token's own byte is counted with what it copies; one that is full copies nothing.
    if (fresh === COUNT.max) this.#offer(at + 1, cost + 2, 1, last, 0);
    else this.#offer(at + 1, cost + (fresh + 1 === COUNT.inToken ? 2 : 1), fresh + 1, last, 0);
    let longest = this.#copy(at, cost + 1, last, LENGTH.min - 1);
    for (let records = 1; records <= RECORDS && longest < ENOUGH; records++) {
      const back = records * RECORD_BYTES;
      if (back <= at) longest = this.#copy(at, cost + 2, back, longest);
    }
    let place = this.#places.like(at);
    for (let looks = 0; looks < LOOKS && place >= 0 && longest < ENOUGH; looks++) {
      const back = at - place;
      if (back > BACK.max) break;
      if (back >= BACK.min) longest = this.#copy(at, cost + 1 + backBytes(back), back, longest);
      place = this.#places.before(place);
    }
    return longest < ENOUGH ? at + 1 : at + longest;
  }

  /** Offers what can be copied from there that is longer than what was offered, mostly for less. Returns the longest. */
  #copy(at: number, cost: number, back: number, longest: number): number {
    const bytes = this.#bytes;
    if (bytes[at + longest] !== bytes[at + longest - back]) return longest;
    const length = common(bytes, at, back, Math.min(LENGTH.max, bytes.length - at));
    for (let one = length < ENOUGH ? longest + 1 : length; one <= length; one++) {
      this.#offer(at + one, cost + (one > LENGTH.inToken ? 1 : 0), 0, back, one);
    }
    return Math.max(length, longest);
  }

  #offer(at: number, cost: number, fresh: number, back: number, copied: number): void {
    if (cost >= (this.#cost[at] ?? 0)) return;
    this.#cost[at] = cost;
    this.#fresh[at] = fresh;
    this.#back[at] = back;
    this.#copied[at] = copied;
  }

  /** The best way to the end. */
  tokens(): readonly Token[] {
    const tokens: Token[] = [];
    for (let at = this.#bytes.length; at > RECORD_BYTES;) {
      const copied = this.#copied[at] ?? 0;
      const fresh = this.#fresh[at - copied] ?? 0;
      tokens.push({ fresh, copied, back: this.#back[at] ?? 0 });
      at -= copied + fresh;
    }
    return tokens.reverse();
  }
}

/** `length` bytes again; undefined where these are not packed bytes. */
export function unpack(packed: Uint8Array, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(RECORD_BYTES + length);
  let [at, end, back] = [0, RECORD_BYTES, RECORD_BYTES];
  const next = (): number => packed[at++] ?? Number.NaN;
  while (end < bytes.length) {
    const token = next();
    const fresh = (token & 3) === COUNT.inToken ? next() : token & 3;
    if (end + fresh > bytes.length || at + fresh > packed.length) return undefined;
    bytes.set(packed.subarray(at, at + fresh), end);
    at += fresh;
    end += fresh;
    if (token & 0x80) {
      const far = next();
      back = far < 0x80 ? far * RECORD_BYTES : (far & 0x7f) * 0x100 + next();
    }
    const inToken = (token >>> 2) & 31;
    const copied = inToken === 0 ? 0 : inToken + 1 + (inToken === LENGTH.inToken ? next() : 0);
    // Where a byte is missing, these are no numbers, which are not smaller than anything either.
    if (!(end + copied <= bytes.length && back > 0 && back <= end && at <= packed.length)) return undefined;
    for (let n = 0; n < copied; n++, end++) bytes[end] = bytes[end - back] ?? 0;
  }
  return bytes.subarray(RECORD_BYTES);
}
