// What a compiled box may have to say, laid out so that its tape finds it: see say-calls.ts for who reads it.
//
//   errnos  addresses of iovecs in 4 bytes each, downward from errno 0
//   rows    { a record, the iovec of what could not be done, the iovec of what its call was about, its hints }, 4 bytes each;
//           a row of zeros ends them
//   hints   { 2^32 - errno, the iovec of a hint } for each, then 0
//   texts   NUL behind each
//
// Behind the iovec of what could not be done lies that of where it stands in the plan.
import { BOX_IOVECS_AT, BOX_TEXTS_AT, type BoxTexts, IOVEC_BYTES, stringsOf } from "#ffi/runner/texts.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { errnoMessage, type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";

/** What failed, for people. */
export interface Place {
  readonly text: string;
  readonly tail: string;
}

/** One action for each errno for which there is one. */
export type Hints = ReadonlyMap<number, string>;

/** What is said of a record: addresses of iovecs, and which of the lists of hints. */
export interface Said {
  readonly place: number;
  readonly about: number;
  readonly hints: number;
}

/** The offsets in a row. */
export const ROW = { record: 0, place: 4, about: 8, hints: 12 } as const;
export const ROW_BYTES = 16;
/** How far behind a place's iovec its tail's lies. */
export const TAIL: number = IOVEC_BYTES;

/** Errnos that a box can meet. Others are told by what failed alone. */
const TOLD: readonly ErrnoName[] = [
  ...(["EPERM", "ENOENT", "ESRCH", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN"] as const),
  ...(["ENOMEM", "EACCES", "EFAULT", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR"] as const),
  ...(["EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "EROFS", "EMLINK", "EPIPE"] as const),
  ...(["ERANGE", "ENAMETOOLONG", "ENOSYS", "ENOTEMPTY", "ELOOP", "EOVERFLOW", "EUSERS", "EOPNOTSUPP"] as const),
  ...(["ELIBBAD", "ESTALE", "EDQUOT", "ENOKEY", "EKEYREVOKED", "ENOMEDIUM", "EAFNOSUPPORT", "EBADFD"] as const),
];
const TOLD_NUMBERS: readonly number[] = TOLD.map(errnoNumber);
const ERRNO_MAX = 133;
const TWO_32 = 2 ** 32;

/** Where tables lie. */
export interface Tables {
  /** The address of errno 0's place; that of errno N lies 4 * N bytes below. */
  readonly errnos: number;
  readonly rows: number;
}

const align = (at: number): number => Math.ceil(at / ROW_BYTES) * ROW_BYTES;

/** Behind a tape of so many bytes. */
export function tablesBehind(tapeBytes: number): Tables {
  return tablesFrom(align(BOX_TEXTS_AT + tapeBytes));
}

function tablesFrom(at: number): Tables {
  const errnos = at + ERRNO_MAX * 4;
  return { errnos, rows: align(errnos + 4) };
}

/** Collects messages. */
export class Messages {
  readonly #texts: string[] = [];
  readonly #known: Map<string, number> = new Map();
  readonly #hints: (readonly number[])[] = [];

  /** The address of an iovec with this text; equal ones share it. */
  line(text: string): number {
    return this.#once(`line ${text}`, () => this.#add(text));
  }

  /** The address of the iovec of a place's text; equal places share it. */
  place({ text, tail }: Place): number {
    return this.#once(JSON.stringify(["place", text, tail]), () => {
      const at = this.#add(text);
      this.#add(tail);
      return at;
    });
  }

  /** Which list of hints these are. */
  hints(known: Hints): number {
    const list = TOLD_NUMBERS.flatMap((errno) => {
      const hint = known.get(errno);
      return hint === undefined ? [] : [TWO_32 - errno, this.line(`  hint  ${hint}\n`)];
    });
    return this.#once(`hints ${list.join(" ")}`, () => this.#hints.push(list) - 1);
  }

  /** All of it, behind a tape. */
  layOut(tape: Uint8Array, said: readonly (readonly [record: number, said: Said])[]): BoxTexts {
    const errnos = this.#errnos();
    const { rows } = tablesBehind(tape.length);
    let hintsAt = rows + (said.length + 1) * ROW_BYTES;
    const lists = this.#hints.map((list) => {
      const at = hintsAt;
      hintsAt += (list.length + 1) * 4;
      return { at, words: [...list, 0] };
    });
    const words = [
      ...said.flatMap(([record, { place, about, hints }]) => [record, place, about, lists[hints]?.at ?? 0]),
      ...[0, 0, 0, 0],
      ...lists.flatMap((list) => list.words),
    ];
    const tables = new Uint8Array(rows - BOX_TEXTS_AT);
    tables.set(tape);
    tables.set(errnos, align(tape.length));
    const parts = [tables, new Uint8Array(new Uint32Array(words).buffer), ...this.#texts.map(textBytes)];
    return { bytes: concatBytes(parts), rowsAt: align(BOX_TEXTS_AT + tape.length), stringsAt: hintsAt };
  }

  #errnos(): Uint8Array {
    const addresses = new Uint32Array(ERRNO_MAX + 1).fill(this.line("an errno that has no name here"));
    for (const name of TOLD) addresses[ERRNO_MAX - errnoNumber(name)] = this.line(`${name} (${errnoMessage(name)})`);
    return new Uint8Array(addresses.buffer);
  }

  #add(text: string): number {
    if (text.includes("\0")) throw new RangeError("a message holds a NUL byte");
    return BOX_IOVECS_AT + (this.#texts.push(text) - 1) * IOVEC_BYTES;
  }

  #once(key: string, make: () => number): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#known.set(key, made);
    return made;
  }
}

function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** The places of what was laid out, by their records. */
export function readPlaces(texts: BoxTexts): ReadonlyMap<number, Place> {
  const strings = stringsOf(texts);
  const { bytes, rowsAt } = texts;
  const { rows } = tablesFrom(rowsAt);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = new Map<number, Place>();
  for (let at = rows - BOX_TEXTS_AT; at + ROW_BYTES <= bytes.length; at += ROW_BYTES) {
    const record = view.getUint32(at + ROW.record, true);
    if (record === 0) break;
    const index = (view.getUint32(at + ROW.place, true) - BOX_IOVECS_AT) / IOVEC_BYTES;
    places.set(record, { text: strings[index] ?? "", tail: strings[index + 1] ?? "" });
  }
  return places;
}
