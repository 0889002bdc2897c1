// Asks of very many processes which namespaces they are in: nothing is made, and nothing parsed, per question.
import { ptr } from "bun:ffi";
import { syscallNumber } from "#ffi/uapi/syscalls.ts";
import { O, openFlags } from "#ffi/uapi/fcntl.ts";
import type { Fd } from "./fd.ts";
import { libc } from "./symbols.ts";

const BYTES = 64;
const ARCH: "x64" | "arm64" = process.arch === "arm64" ? "arm64" : "x64";

/** Bytes whose address stays: the engine moves a small array without a buffer as soon as somebody asks for one. */
function fixed(text: string): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(BYTES));
  new TextEncoder().encodeInto(text, bytes);
  return bytes;
}

interface Link {
  /** Kept, as only its address is used. */
  readonly path: Uint8Array;
  readonly pathAt: number;
  /** What counts, and zeros behind it. */
  readonly words: Uint32Array;
  readonly length: number;
}

export class LinkComparer {
  readonly #links: Link[] = [];
  readonly #target: Uint8Array = fixed("");
  readonly #words: Uint32Array = wordsOf(this.#target);
  readonly #path: Uint8Array = fixed("");
  // SAFETY: both arrays live as long as this object, and have buffers, which do not move.
  readonly #targetAt: number = ptr(this.#target);
  readonly #folderAt: number = ptr(this.#path); // SAFETY: as above
  readonly #openat: number = syscallNumber(ARCH, "openat");
  readonly #readlinkat: number = syscallNumber(ARCH, "readlinkat");
  readonly #close: number = syscallNumber(ARCH, "close");
  readonly #flags: number = O.PATH | O.CLOEXEC | openFlags(ARCH).DIRECTORY;
  readonly #encoder: TextEncoder = new TextEncoder();

  /** Each link's name in the folder, and the text that is asked for. */
  constructor(links: readonly (readonly [name: string, text: string])[]) {
    for (const [name, text] of links) {
      const path = fixed(name);
      // SAFETY: the path is kept beside its address.
      this.#links.push({ path, pathAt: ptr(path), words: wordsOf(fixed(text)), length: text.length });
    }
  }

  /** The index of each link that says what is asked for; undefined where the first can't be read. */
  compare(dir: Fd, folder: string): readonly number[] | undefined {
    const { syscall } = libc();
    const links = this.#links;
    const target = this.#words;
    const targetAt = this.#targetAt;
    const readlinkat = this.#readlinkat;
    const { written } = this.#encoder.encodeInto(folder, this.#path);
    this.#path[written] = 0;
    const fd = syscall(this.#openat, dir, this.#folderAt, this.#flags, 0, 0, 0);
    if (fd < 0) return undefined;
    const equal: number[] = [];
    let readable = true;
    for (let index = 0; index < links.length && readable; index++) {
      const link = links[index];
      if (link === undefined) continue;
      const length = syscall(readlinkat, fd, link.pathAt, targetAt, BYTES, 0, 0);
      if (length < 0) readable = index > 0;
      else if (isEqual(target, length, link)) equal.push(index);
    }
    syscall(this.#close, fd, 0, 0, 0, 0, 0);
    return readable ? equal : undefined;
  }
}

/** From the end, where numbers differ first; of the last word only what is part of the text. */
function isEqual(target: Uint32Array, length: number, link: Link): boolean {
  if (length !== link.length) return false;
  const { words } = link;
  const whole = length >> 2;
  const rest = (1 << ((length & 3) * 8)) - 1;
  if ((((target[whole] ?? 0) ^ (words[whole] ?? 0)) & rest) !== 0) return false;
  for (let at = whole - 1; at >= 0; at--) if (target[at] !== words[at]) return false;
  return true;
}

/** The same bytes, four at a time: each one that is looked at costs an interpreter. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer);
}
