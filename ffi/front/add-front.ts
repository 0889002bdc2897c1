// Puts the front into an executable: behind everything else, in a segment of its own, entered first. See elf(5).
// The program header that a build's note has becomes the segment's: nothing reads that note when a program starts.
import { PF, PT } from "#ffi/runner/elf.ts";
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
} as const;
const ET_EXEC = 2;
const EM_X86_64 = 62;
const PAGE = 0x1000;
/** Above all that the engine's executable takes, and within what 32 bits reach. */
const FRONT_AT = 0x2000_0000;

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
  if (view.getUint16(AT.type, true) !== ET_EXEC || view.getUint16(AT.machine, true) !== EM_X86_64) return undefined;
  const headers = Number(view.getBigUint64(AT.headers, true));
  const count = view.getUint16(AT.headerCount, true);
  const places = Array.from({ length: count }, (_, n) => headers + n * view.getUint16(AT.headerBytes, true));
  const note = places.find((at) => view.getUint32(at + PHDR.type, true) === PT.NOTE);
  const end = Math.max(...places.map((at) => endOf(view, at)));
  if (note === undefined || end > FRONT_AT) return undefined;
  const engine = Number(view.getBigUint64(AT.entry, true));
  const code = frontCode({ engine, build });
  const offset = Math.ceil(fileBytes / PAGE) * PAGE;
  const set = (at: number, value: number): void => view.setBigUint64(note + at, BigInt(value), true);
  view.setUint32(note + PHDR.type, PT.LOAD, true);
  view.setUint32(note + PHDR.flags, PF.R | PF.X, true);
  for (const at of [PHDR.fileBytes, PHDR.memoryBytes]) set(at, code.length);
  for (const at of [PHDR.address, PHDR.physical]) set(at, FRONT_AT);
  set(PHDR.offset, offset);
  set(PHDR.align, PAGE);
  view.setBigUint64(AT.entry, BigInt(FRONT_AT), true);
  return { head, code, offset };
}

/** Where a segment ends in memory. */
function endOf(view: DataView, at: number): number {
  const isLoaded = view.getUint32(at + PHDR.type, true) === PT.LOAD;
  return isLoaded
    ? Number(view.getBigUint64(at + PHDR.address, true) + view.getBigUint64(at + PHDR.memoryBytes, true))
    : 0;
}
