// Asks of very many processes which namespaces they are in: nothing is made, and nothing parsed, per question.
import { ptr } from "bun:ffi";
import { syscallNumber } from "#ffi/uapi/syscalls.ts";
import { O, openFlags } from "#ffi/uapi/fcntl.ts";
import type { Fd } from "./fd.ts";
import { libc } from "./symbols.ts";

/** What a path or a link's text may take, with its NUL. */
const SLOT = 64;
const WORD = 4;
const ARCH: "x64" | "arm64" = process.arch === "arm64" ? "arm64" : "x64";

interface Link {
  /** Where its name stands, as an address. */
  readonly pathAt: number;
  /** Where the text that counts stands, in words, with zeros behind it. */
  readonly text: number;
  readonly length: number;
}

/** One piece of memory in slots: the folder's path, what a link says, then a name and a text for each link. */
export class LinkComparer {
  readonly #links: Link[] = [];
  readonly #words: Uint32Array;
  readonly #path: Uint8Array;
  readonly #folderAt: number;
  readonly #openat: number = syscallNumber(ARCH, "openat");
  readonly #readlinkat: number = syscallNumber(ARCH, "readlinkat");
  readonly #close: number = syscallNumber(ARCH, "close");
  readonly #flags: number = O.PATH | O.CLOEXEC | openFlags(ARCH).DIRECTORY;
  readonly #encoder: TextEncoder = new TextEncoder();

  /** Each link's name in the folder, and the text that is asked for. */
  constructor(links: readonly (readonly [name: string, text: string])[]) {
    // The engine moves a small array without a buffer of its own as soon as somebody asks for one.
    const bytes = new Uint8Array(new ArrayBuffer(SLOT * (2 + 2 * links.length)));
    this.#words = new Uint32Array(bytes.buffer);
    this.#path = bytes.subarray(0, SLOT);
    // SAFETY: the memory lives as long as this object, which has an array over it, and does not move.
    this.#folderAt = ptr(bytes);
    let slot = 2 * SLOT;
    for (const [name, text] of links) {
      this.#encoder.encodeInto(name, bytes.subarray(slot, slot + SLOT - 1));
      this.#encoder.encodeInto(text, bytes.subarray(slot + SLOT, slot + 2 * SLOT));
      this.#links.push({ pathAt: this.#folderAt + slot, text: (slot + SLOT) / WORD, length: text.length });
      slot += 2 * SLOT;
    }
  }

  /** Adds `weight` to the count of each link that says what is asked for; false where the first can't be read. */
  count(dir: Fd, folder: string, counts: number[], weight: number): boolean {
    const { syscall } = libc();
    const links = this.#links;
    const words = this.#words;
    const targetAt = this.#folderAt + SLOT;
    const readlinkat = this.#readlinkat;
    const { written } = this.#encoder.encodeInto(folder, this.#path);
    this.#path[written] = 0;
    const fd = syscall(this.#openat, dir, this.#folderAt, this.#flags, 0, 0, 0);
    if (fd < 0) return false;
    let readable = true;
    for (let index = 0; index < links.length && readable; index++) {
      const link = links[index];
      if (link === undefined) continue;
      const length = syscall(readlinkat, fd, link.pathAt, targetAt, SLOT, 0, 0);
      if (length < 0) readable = index > 0;
      else if (length === link.length && isEqual(words, link)) counts[index] = (counts[index] ?? 0) + weight;
    }
    syscall(this.#close, fd, 0, 0, 0, 0, 0);
    return readable;
  }
}

/** What the link says begins at the second slot. Four bytes at a time: each that is looked at costs an interpreter. */
function isEqual(words: Uint32Array, { text, length }: Link): boolean {
  const target = SLOT / WORD;
  const whole = length >> 2;
  // Of the last word only what is part of the text; from the end, where numbers differ first.
  const rest = (1 << ((length & 3) * 8)) - 1;
  if ((((words[target + whole] ?? 0) ^ (words[text + whole] ?? 0)) & rest) !== 0) return false;
  for (let at = whole - 1; at >= 0; at--) if (words[target + at] !== words[text + at]) return false;
  return true;
}
