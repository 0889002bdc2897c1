// Where a compiled box's parts lie in its memory.
import { BOX_DATA_AT } from "#ffi/runner/box-elf.ts";
import { CODE_BASE, DATA_BASE } from "#ffi/runner/elf.ts";
import type { PlacedRecords } from "#ffi/runner/tapes.ts";
import type { Tape } from "#ffi/tape/assemble.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";

export interface Pages {
  readonly at: number;
  readonly bytes: number;
}

export const NO_PAGES: Pages = { at: 0, bytes: 0 };
const PAGE_BYTES = 4096;
/** Whatever lies there behind the code's first page; the kernel passes over what is not mapped. */
export const CODE_PAGES: Pages = { at: CODE_BASE + PAGE_BYTES, bytes: DATA_BASE - CODE_BASE - PAGE_BYTES };

/** The whole pages of a stretch of memory that ends with its mapping. */
export function pagesBetween(from: number, end: number): Pages {
  const at = nextPage(from);
  return { at, bytes: nextPage(end) - at };
}

export const nextPage = (at: number): number => Math.ceil(at / PAGE_BYTES) * PAGE_BYTES;
/** Where a tape packs best: so many records behind another one, see pack.ts. */
export const nextRecord = (at: number): number =>
  BOX_DATA_AT + Math.ceil((at - BOX_DATA_AT) / RECORD_BYTES) * RECORD_BYTES;
export const align = (at: number): number => (at + 15) & ~15;

export function records(tape: Tape | undefined): PlacedRecords {
  return { at: tape?.base ?? 0, count: tape?.callOf.length ?? 0 };
}

/** Parts at their addresses. */
export function placed(base: number, parts: readonly (readonly [at: number, bytes: Uint8Array])[]): Uint8Array {
  const end = Math.max(...parts.map(([at, bytes]) => at + bytes.length));
  const bytes = new Uint8Array(align(end) - base);
  for (const [at, part] of parts) bytes.set(part, at - base);
  return bytes;
}
