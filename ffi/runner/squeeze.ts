// How a compiled box keeps its texts, which are read where something fails only: without what has been said before.
//
//   0…127    so many bytes follow, and one more
//   128…255  so many less 124 are those that lie further back, by the 16-bit number that follows
//
// expand-x64.ts and expand-arm64.ts undo it as machine code.

const LITERALS_MAX = 128;
const MATCH = { min: 4, max: 131, bias: 124, back: 0xffff } as const;
/** How many earlier places are looked at: more find little. */
const LOOKS = 16;

interface Match {
  readonly length: number;
  readonly back: number;
}

/** The places at which the same four bytes have stood. */
class Places {
  readonly #bytes: Uint8Array;
  readonly #places: Map<number, number[]> = new Map();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #key(at: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#bytes.subarray(at, at + MATCH.min);
    return a + b * 0x100 + c * 0x10000 + d * 0x1000000;
  }

  add(at: number): void {
    if (at + MATCH.min > this.#bytes.length) return;
    const key = this.#key(at);
    const places = this.#places.get(key);
    if (places === undefined) this.#places.set(key, [at]);
    else places.push(at);
  }

  /** The longest stretch before `at` that goes on as this one does. */
  longest(at: number): Match | undefined {
    if (at + MATCH.min > this.#bytes.length) return undefined;
    let best: Match | undefined;
    for (const place of (this.#places.get(this.#key(at)) ?? []).slice(-LOOKS)) {
      const length = this.#common(place, at);
      if (at - place <= MATCH.back && length >= (best?.length ?? MATCH.min)) best = { length, back: at - place };
    }
    return best;
  }

  #common(one: number, other: number): number {
    const bytes = this.#bytes;
    let length = 0;
    while (length < MATCH.max && other + length < bytes.length && bytes[one + length] === bytes[other + length])
      length++;
    return length;
  }
}

export function squeeze(bytes: Uint8Array): Uint8Array {
  const places = new Places(bytes);
  const out: number[] = [];
  let literals: number[] = [];
  const flush = (): void => {
    for (let n = 0; n < literals.length; n += LITERALS_MAX) {
      const run = literals.slice(n, n + LITERALS_MAX);
      out.push(run.length - 1, ...run);
    }
    literals = [];
  };
  for (let at = 0; at < bytes.length;) {
    const match = places.longest(at);
    const length = match?.length ?? 1;
    if (match === undefined) literals.push(bytes[at] ?? 0);
    else {
      flush();
      out.push(match.length + MATCH.bias, match.back & 0xff, match.back >>> 8);
    }
    for (let n = 0; n < length; n++) places.add(at++);
  }
  flush();
  return Uint8Array.from(out);
}

/** `length` bytes again; undefined where these are not squeezed bytes. */
export function expand(squeezed: Uint8Array, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  let end = 0;
  for (let at = 0; end < length;) {
    const token = squeezed[at++];
    if (token === undefined) return undefined;
    const isMatch = token >= LITERALS_MAX;
    const count = isMatch ? token - MATCH.bias : token + 1;
    const back = isMatch ? (squeezed[at] ?? 0) + (squeezed[at + 1] ?? 0) * 0x100 : 0;
    if (end + count > length || (isMatch && (back === 0 || back > end))) return undefined;
    for (let n = 0; n < count; n++) bytes[end + n] = (isMatch ? bytes[end + n - back] : squeezed[at + n]) ?? 0;
    end += count;
    at += isMatch ? 2 : count;
    if (at > squeezed.length) return undefined;
  }
  return bytes;
}
