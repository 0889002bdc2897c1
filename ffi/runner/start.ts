// The start block: what the start of a compiled box reads, in words of 8 bytes.
//
//   the box's own words, last first   pointers, 0
//   who wants argv                    { address of a word, bytes behind argv's first }, 0
//   who wants envp as it was          addresses of words, 0
//   rules for variables               { text, length of text, passes, its own value }, 0
//   who wants envp                    addresses of words, 0-terminated
//   the first record
//
// A variable passes or not by the first rule whose text it begins with; one without a rule doesn't. A rule's own
// value is set unless a variable of the caller's has passed by that rule.
import { ARM64_START_LISTING } from "./start-arm64.ts";
import { X64_START_LISTING } from "./start-x64.ts";
import { ARM64_EXPAND_LISTING } from "./expand-arm64.ts";
import { X64_EXPAND_LISTING } from "./expand-x64.ts";
import { fillAddress, filledCode } from "./fill.ts";
import { ARM64_UNPACK_LISTING } from "./unpack-arm64.ts";
import { X64_UNPACK_LISTING } from "./unpack-x64.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { LOOP_OFFSET, listingBytes, runnerCode } from "./code.ts";

/** One rule for the caller's variables. */
export interface EnvRule {
  /** What a variable begins with: "TERM=" for one, "LC_" for many, "" for all. */
  readonly text: string;
  readonly passes: boolean;
  /** NAME=VALUE, set unless the caller's has passed. */
  readonly value: string | undefined;
}

export interface StartBlock {
  /** What the new argv begins with. */
  readonly words: readonly string[];
  readonly rules: readonly EnvRule[];
  /** Addresses of the words that take the addresses of argv and of envp. */
  readonly argvWords: readonly number[];
  readonly envpWords: readonly number[];
  /** How many words of argv are not for those. */
  readonly argvFrom?: number;
  /** Addresses of words that take all of argv, and envp as it was. */
  readonly wholeArgvWords?: readonly number[];
  readonly wholeEnvpWords?: readonly number[];
  readonly entry: number;
}

/** Lets every variable pass. */
export const PASS_ALL: EnvRule = { text: "", passes: true, value: undefined };

/** The bytes of a start block that will lie at this address. */
export function startBlock(block: StartBlock, base: number): Uint8Array {
  const { words, rules, argvWords, envpWords, argvFrom = 0, wholeArgvWords = [], wholeEnvpWords = [], entry } = block;
  const argv = [...argvWords.flatMap((at) => [at, argvFrom * 8]), ...wholeArgvWords.flatMap((at) => [at, 0])];
  const count = words.length + argv.length + wholeEnvpWords.length + rules.length * 4 + envpWords.length + 6;
  const texts = new Texts(base + count * 8);
  const list = [
    ...words.map((word) => texts.address(word)).reverse(),
    ...[0, ...argv, 0, ...wholeEnvpWords, 0],
    ...rules.flatMap(({ text, passes, value }) => [
      texts.address(text),
      new TextEncoder().encode(text).length,
      passes ? 1 : 0,
      value === undefined ? 0 : texts.address(value),
    ]),
    ...[0, ...envpWords, 0, entry],
  ];
  const head = new Uint8Array(new BigUint64Array(list.map(BigInt)).buffer);
  return concatBytes([head, ...texts.parts]);
}

/** Texts with a NUL behind each, equal ones once. */
class Texts {
  readonly parts: Uint8Array[] = [];
  readonly #known: Map<string, number> = new Map();
  #end: number;

  constructor(base: number) {
    this.#end = base;
  }

  address(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const at = this.#end;
    const bytes = new TextEncoder().encode(`${text}\0`);
    this.parts.push(bytes);
    this.#known.set(text, at);
    this.#end += bytes.length;
    return at;
  }
}

const UNPACK = { x64: X64_UNPACK_LISTING, arm64: ARM64_UNPACK_LISTING } as const;
const EXPAND = { x64: X64_EXPAND_LISTING, arm64: ARM64_EXPAND_LISTING } as const;

/** What is packed, where it goes, where that ends; and where it is told which records there are. All are addresses. */
export interface Unpacking {
  readonly from: number;
  readonly to: number;
  readonly end: number;
  readonly tapes: number;
}

/** What unpacks a box's data. */
export function unpackCode(arch: "x64" | "arm64", unpacking: Unpacking): Uint8Array {
  return filledCode(arch, UNPACK[arch], { ...unpacking });
}

/** What is squeezed, where it goes, where that ends; what is made of which part of it, and where memory is free. */
export interface Expanding {
  readonly from: number;
  readonly to: number;
  readonly end: number;
  readonly tables: number;
  readonly rows: number;
  readonly strings: number;
  readonly iovecs: number;
}

/** What expands a box's texts, as a signal's handler. */
export function expandCode(arch: "x64" | "arm64", expanding: Expanding): Uint8Array {
  return filledCode(arch, EXPAND[arch], { ...expanding });
}

/** How long these are, whatever the addresses. */
export function codeBytes(arch: "x64" | "arm64"): { readonly unpack: number; readonly expand: number } {
  return { unpack: listingBytes(UNPACK[arch]).length, expand: listingBytes(EXPAND[arch]).length };
}

/** How far behind expandCode()'s first byte that begins to which its handler returns. */
export function restorerOffset(arch: "x64" | "arm64"): number {
  const listing = EXPAND[arch];
  return listingBytes(
    listing.slice(
      0,
      listing.findIndex(([, text]) => text === "restorer:"),
    ),
  ).length;
}

/** How many bytes startCode() begins with that say where the start block is; all others are the same for each. */
export const START_BLOCK_BYTES = { x64: 5, arm64: 8 } as const;

/** What drops words in front. */
const DROP = { x64: "add rsp, 0x7fffffff", arm64: "add x4, x4, #8" } as const;

/** Start and runner, one behind the other, for a start block at this address; `names`: words of argv that are dropped. */
export function startCode(arch: "x64" | "arm64", block: number, names: 0 | 1 = 1): Uint8Array {
  const listing = arch === "x64" ? X64_START_LISTING : ARM64_START_LISTING;
  const start = listingBytes(listing);
  const view = new DataView(start.buffer);
  const drop = listingBytes(
    listing.slice(
      0,
      listing.findIndex(([, text]) => text === DROP[arch]),
    ),
  ).length;
  if (arch === "x64") {
    view.setUint32(drop + 3, names * 8, true);
    view.setUint32(1, block, true); // mov esi, block
    return concatBytes([start, new Uint8Array([0xeb, LOOP_OFFSET.x64]), runnerCode(arch)]); // jmp loop
  }
  view.setUint32(drop, (view.getUint32(drop, true) & ~(0xfff << 10)) | ((names * 8) << 10), true); // its imm12
  fillAddress(view, 0, block);
  const jump = new Uint8Array(4);
  new DataView(jump.buffer).setUint32(0, 0x14000000 | (1 + LOOP_OFFSET.arm64 / 4), true); // b loop
  return concatBytes([start, jump, runnerCode(arch)]);
}
