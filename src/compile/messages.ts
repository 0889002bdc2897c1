// What a compiled box may have to say, laid out so that its tape finds it: see report-calls.ts for who reads it.
//
//   place   iovec of what could not be done, iovec of where that stands in the plan
//   call    iovec of what the call was about, then { 2^32 - errno, address of an iovec } for each hint, then 0
//   errnos  addresses of iovecs in 4 bytes each, downward from errno 0
//
// An iovec is an address and a length, see readv(2).
import { errnoMessage, type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";

/** What failed, for people. */
export interface Place {
  readonly text: string;
  readonly tail: string;
  /** Not for good. */
  readonly goesOn?: true;
}

/** One action for each errno for which there is one. */
export type Hints = ReadonlyMap<number, string>;

/** The offsets in a place. */
export const PLACE = { text: 0, tail: 16 } as const;
export const PLACE_BYTES = 32;
/** Where the hints of a call begin. */
export const HINTS_AT = 16;

/** Errnos that a box can meet. Others are told by what failed alone. */
const TOLD: readonly ErrnoName[] = [
  ...(["EPERM", "ENOENT", "ESRCH", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN"] as const),
  ...(["ENOMEM", "EACCES", "EFAULT", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR"] as const),
  ...(["EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "EROFS", "EMLINK", "EPIPE"] as const),
  ...(["ERANGE", "ENAMETOOLONG", "ENOSYS", "ENOTEMPTY", "ELOOP", "EOVERFLOW", "EUSERS", "EOPNOTSUPP"] as const),
  ...(["ELIBBAD", "ESTALE", "EDQUOT", "ENOKEY", "EKEYREVOKED", "ENOMEDIUM", "EAFNOSUPPORT", "EBADFD"] as const),
];
const TOLD_NUMBERS: readonly number[] = TOLD.map((name) => errnoNumber(name));
const ERRNO_MAX = 133;
const TWO_32 = 2 ** 32;

/** Collects messages from an address on. */
export class Messages {
  readonly #base: number;
  readonly #parts: { readonly at: number; readonly part: Uint8Array }[] = [];
  readonly #known: Map<string, number> = new Map();
  #end = 0;

  constructor(base: number) {
    this.#base = base;
  }

  /** A place's address; equal places share one. */
  place({ text, tail, goesOn }: Place): number {
    return this.#once(`place ${goesOn} ${text} ${tail}`, () => {
      const words = [...this.#iovec(text), ...this.#iovec(tail)];
      return this.#add(new Uint8Array(new BigUint64Array(words.map(BigInt)).buffer));
    });
  }

  /** What a call was about, and what to do about its errnos. */
  call(about: string, known: Hints): number {
    const hints = TOLD_NUMBERS.flatMap((errno) => {
      const hint = known.get(errno);
      return hint === undefined ? [] : [{ errno, hint }];
    });
    return this.#once(`call ${about} ${JSON.stringify(hints)}`, () => {
      const pairs = hints.flatMap(({ errno, hint }) => [TWO_32 - errno, this.line(`  hint  ${hint}\n`)]);
      const iovec = this.#iovec(about).flatMap((word) => [word, 0]);
      return this.#add(new Uint8Array(new Uint32Array([...iovec, ...pairs, 0]).buffer));
    });
  }

  /** The address of an iovec with this text. */
  line(text: string): number {
    return this.#once(`line ${text}`, () => {
      const words = this.#iovec(text);
      return this.#add(new Uint8Array(new BigUint64Array(words.map(BigInt)).buffer));
    });
  }

  /** The address of errno 0's place in the table; that of errno N lies 4 * N bytes below. */
  errnos(): number {
    const unknown = this.line("an errno that has no name here");
    const table = this.#once("errnos", () => {
      const addresses = new Uint32Array(ERRNO_MAX + 1).fill(unknown);
      for (const name of TOLD) addresses[ERRNO_MAX - errnoNumber(name)] = this.line(`${name} (${errnoMessage(name)})`);
      return this.#add(new Uint8Array(addresses.buffer));
    });
    return table + ERRNO_MAX * 4;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#end);
    for (const { at, part } of this.#parts) bytes.set(part, at);
    return bytes;
  }

  #iovec(text: string): readonly number[] {
    const bytes = new TextEncoder().encode(text);
    return [bytes.length === 0 ? 0 : this.#once(`text ${text}`, () => this.#add(bytes, 1)), bytes.length];
  }

  #once(key: string, make: () => number): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const address = make();
    this.#known.set(key, address);
    return address;
  }

  #add(part: Uint8Array, alignment = 4): number {
    const at = Math.ceil(this.#end / alignment) * alignment;
    this.#parts.push({ at, part });
    this.#end = at + part.length;
    return this.#base + at;
  }
}
