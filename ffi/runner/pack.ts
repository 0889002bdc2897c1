// How a compiled box keeps its data: most of a record is as in the record before.
//
// Chunks of 112 bytes, which is a record's length. A chunk is a word of which bit n says that its 32-bit word n
// follows. All others are those of the chunk before (zeros, at first), and the low half of the last, where a record
// has its next, 112 more. Little-endian. unpack-x64.ts and unpack-arm64.ts are the same as machine code.
import { RECORD_BYTES } from "#ffi/tape/format.ts";

/** What a chunk is long. */
export const CHUNK_BYTES: number = RECORD_BYTES;
const CHUNK_WORDS = CHUNK_BYTES / 4;
/** The word that counts up. */
const NEXT: number = CHUNK_WORDS - 2;

/** How many bytes there are once all is unpacked. */
export function unpackedBytes(bytes: number): number {
  return Math.ceil(bytes / CHUNK_BYTES) * CHUNK_BYTES;
}

/** What a word is where nothing is said of it. */
function usual(words: Uint32Array, chunk: number, n: number): number {
  const before = chunk === 0 ? 0 : (words[(chunk - 1) * CHUNK_WORDS + n] ?? 0);
  return n === NEXT ? (before + CHUNK_BYTES) >>> 0 : before;
}

export function pack(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(unpackedBytes(data.length));
  bytes.set(data);
  const words = new Uint32Array(bytes.buffer);
  const packed: number[] = [];
  for (let chunk = 0; chunk < words.length / CHUNK_WORDS; chunk++) {
    const others: number[] = [];
    let mask = 0;
    for (let n = 0; n < CHUNK_WORDS; n++) {
      const word = words[chunk * CHUNK_WORDS + n] ?? 0;
      if (word === usual(words, chunk, n)) continue;
      mask |= 1 << n;
      others.push(word);
    }
    packed.push(mask, ...others);
  }
  return new Uint8Array(new Uint32Array(packed).buffer);
}

/** `bytes` of data again; undefined where these are not packed bytes. */
export function unpack(packed: Uint8Array, bytes: number): Uint8Array | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const words = new Uint32Array(unpackedBytes(bytes) / 4);
  let at = 0;
  const next = (): number | undefined => {
    at += 4;
    return at > packed.length ? undefined : view.getUint32(at - 4, true);
  };
  for (let chunk = 0; chunk < words.length / CHUNK_WORDS; chunk++) {
    const mask = next();
    if (mask === undefined) return undefined;
    for (let n = 0; n < CHUNK_WORDS; n++) {
      const word = (mask >>> n) & 1 ? next() : usual(words, chunk, n);
      if (word === undefined) return undefined;
      words[chunk * CHUNK_WORDS + n] = word;
    }
  }
  return new Uint8Array(words.buffer).subarray(0, bytes);
}
