// Puts the front into an executable: behind everything else, in a segment of its own, entered first. See elf(5).
// The program header that a build's note has becomes the segment's: nothing reads that note when a program starts.
import { ELF_ALIGN, MACHINE, PF, PT } from "#ffi/runner/elf.ts";
import { frontCode } from "./front.ts";

const AT = { entry: 24, headers: 32, headerBytes: 54, headerCount: 56, machine: 18, type: 16 } as const;
const PHDR = {
  type: 0,
  flags: 4,
  offset: 8,
  address: 16,
  physical: 24,
  fileBytes: 32,
  memoryBytes: 40,
  align: 48,
  bytes: 56,
} as const;
const EHDR_BYTES = 64;
const ELF_64_LITTLE = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
const ET_EXEC = 2;
/** Above all that the engine's executable takes, and far below where ready boxes go. */
const FRONT_AT = 0x2000_0000n;

export interface Fronted {
  /** The file's first bytes, changed. */
  readonly head: Uint8Array;
  /** What to write, and where: behind the file's end. */
  readonly code: Uint8Array;
  readonly offset: number;
}

/** For the first page of an executable and its length; undefined where it is of another kind than is known here. */
export function addFront(first: Uint8Array, fileBytes: number, build: bigint): Fronted | undefined {
  const head = first.slice();
  const view = new DataView(head.buffer);
  const found = programHeaders(view);
  if (found === undefined) return undefined;
  const { arch, places } = found;
  const note = places.findIndex((at) => view.getUint32(at + PHDR.type, true) === PT.NOTE);
  const last = places.at(-1);
  if (note < 0 || last === undefined || places.some((at) => endOf(view, at) > FRONT_AT)) return undefined;
  // KERNEL: segments to load stand in the order of their addresses; older ones lay out a program's zeros only so.
  const from = places[note] ?? last;
  head.copyWithin(from, from + PHDR.bytes, last + PHDR.bytes);
  const code = frontCode(arch, { engine: view.getBigUint64(AT.entry, true), build });
  const offset = Math.ceil(fileBytes / ELF_ALIGN) * ELF_ALIGN;
  const set = (at: number, value: number | bigint): void => view.setBigUint64(last + at, BigInt(value), true);
  view.setUint32(last + PHDR.type, PT.LOAD, true);
  view.setUint32(last + PHDR.flags, PF.R | PF.X, true);
  for (const at of [PHDR.fileBytes, PHDR.memoryBytes]) set(at, code.length);
  for (const at of [PHDR.address, PHDR.physical]) set(at, FRONT_AT);
  set(PHDR.offset, offset);
  set(PHDR.align, ELF_ALIGN);
  view.setBigUint64(AT.entry, FRONT_AT, true);
  return { head, code, offset };
}

/** Where they stand, for an executable that is loaded where it says. */
function programHeaders(
  view: DataView,
): { readonly arch: "x64" | "arm64"; readonly places: readonly number[] } | undefined {
  if (view.byteLength < EHDR_BYTES || ELF_64_LITTLE.some((byte, at) => view.getUint8(at) !== byte)) return undefined;
  const machine = view.getUint16(AT.machine, true);
  const arch = machine === MACHINE.x64 ? "x64" : machine === MACHINE.arm64 ? "arm64" : undefined;
  const headers = Number(view.getBigUint64(AT.headers, true));
  const count = view.getUint16(AT.headerCount, true);
  const isWhole = headers + count * PHDR.bytes <= view.byteLength;
  if (view.getUint16(AT.type, true) !== ET_EXEC || arch === undefined || !isWhole) return undefined;
  if (view.getUint16(AT.headerBytes, true) !== PHDR.bytes) return undefined;
  return { arch, places: Array.from({ length: count }, (_, n) => headers + n * PHDR.bytes) };
}

/** Where a segment ends in memory. */
function endOf(view: DataView, at: number): bigint {
  const isLoaded = view.getUint32(at + PHDR.type, true) === PT.LOAD;
  return isLoaded ? view.getBigUint64(at + PHDR.address, true) + view.getBigUint64(at + PHDR.memoryBytes, true) : 0n;
}
