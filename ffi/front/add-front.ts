// Puts the front into an executable: behind everything else, in a segment of its own, entered first. See elf(5).
// The program header that a build's note has becomes the segment's: nothing reads that note when a program starts.
import { ELF_ALIGN, PF, PT } from "#ffi/runner/elf.ts";
import { findEnviron } from "./find-environ.ts";
import { frontCode } from "./front.ts";
import { EHDR_AT, PHDR, programHeaders } from "./program-headers.ts";

/** All program headers are within these first bytes. */
const HEAD_BYTES = 4096;
/** Above all that the engine's executable takes, and far below where ready boxes go. */
const FRONT_AT = 0x2000_0000n;

export interface Fronted {
  /** The file's first bytes, changed. */
  readonly head: Uint8Array;
  /** What to write, and where: behind the file's end. */
  readonly code: Uint8Array;
  readonly offset: number;
}

/** For an executable, as a whole; undefined where it is of another kind than is known here. */
export function addFront(file: Uint8Array, build: bigint): Fronted | undefined {
  const head = file.slice(0, HEAD_BYTES);
  const view = new DataView(head.buffer);
  const found = programHeaders(view);
  if (found === undefined) return undefined;
  const { arch, places } = found;
  const note = places.findIndex((at) => view.getUint32(at + PHDR.type, true) === PT.NOTE);
  const last = places.at(-1);
  if (note < 0 || last === undefined || places.some((at) => endOf(view, at) > FRONT_AT)) return undefined;
  const environ = findEnviron(file, found) ?? 0n;
  // KERNEL: segments to load stand in the order of their addresses; older ones lay out a program's zeros only so.
  const from = places[note] ?? last;
  head.copyWithin(from, from + PHDR.bytes, last + PHDR.bytes);
  const code = frontCode(arch, { engine: view.getBigUint64(EHDR_AT.entry, true), build, environ });
  const offset = Math.ceil(file.length / ELF_ALIGN) * ELF_ALIGN;
  const set = (at: number, value: number | bigint): void => view.setBigUint64(last + at, BigInt(value), true);
  view.setUint32(last + PHDR.type, PT.LOAD, true);
  view.setUint32(last + PHDR.flags, PF.R | PF.X, true);
  for (const at of [PHDR.fileBytes, PHDR.memoryBytes]) set(at, code.length);
  for (const at of [PHDR.address, PHDR.physical]) set(at, FRONT_AT);
  set(PHDR.offset, offset);
  set(PHDR.align, ELF_ALIGN);
  view.setBigUint64(EHDR_AT.entry, FRONT_AT, true);
  return { head, code, offset };
}

/** Where a segment ends in memory. */
function endOf(view: DataView, at: number): bigint {
  const isLoaded = view.getUint32(at + PHDR.type, true) === PT.LOAD;
  return isLoaded ? view.getBigUint64(at + PHDR.address, true) + view.getBigUint64(at + PHDR.memoryBytes, true) : 0n;
}
