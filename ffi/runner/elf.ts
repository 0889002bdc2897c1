// A minimal static ELF executable: runner and tape, nothing else. See elf(5).
//
//   file   ┌ ELF header, 2 program headers ┐┌ prologue, runner ┐┌ tape ┐
//   memory  CODE_BASE: read, execute ─────────────────────────┘ DATA_BASE + offset: read, write
//
// The two segments share file pages but not memory pages, so nothing is ever writable and executable.
import { LOOP_OFFSET, runnerCode } from "./code.ts";

export const CODE_BASE = 0x400000;
export const DATA_BASE = 0x600000;
const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const PHDR_COUNT = 3;
/** arm64 kernels may have pages of 64 KiB. */
export const ELF_ALIGN = 0x10000;
export const MACHINE = { x64: 62, arm64: 183 } as const;
export const PT = { LOAD: 1, DYNAMIC: 2, NOTE: 4, GNU_STACK: 0x6474e551 } as const;
export const PF = { X: 1, W: 2, R: 4 } as const;

type Arch = "x64" | "arm64";

/** Sets the record's register and jumps over the runner's C entry. */
function prologue(arch: Arch, record: number): Uint8Array {
  if (arch === "x64") {
    const code = new Uint8Array([0xbb, 0, 0, 0, 0, 0xeb, LOOP_OFFSET.x64]); // mov ebx, record; jmp loop
    new DataView(code.buffer).setUint32(1, record, true);
    return code;
  }
  const code = new Uint8Array(12);
  const view = new DataView(code.buffer);
  view.setUint32(0, 0xd2800013 | ((record & 0xffff) << 5), true); // movz x19, #low
  view.setUint32(4, 0xf2a00013 | ((record >>> 16) << 5), true); // movk x19, #high, lsl #16
  view.setUint32(8, 0x14000000 | (1 + LOOP_OFFSET.arm64 / 4), true); // b loop
  return code;
}

function codeOffset(): number {
  return headerBytes(PHDR_COUNT);
}

function tapeOffset(arch: Arch): number {
  return (codeOffset() + prologue(arch, 0).length + runnerCode(arch).length + 15) & ~15;
}

/** Where a tape must be assembled for, to lie in an ELF made by buildElf(). */
export function elfTapeBase(arch: Arch): number {
  return DATA_BASE + tapeOffset(arch);
}

const PAGE = 0x1000;

/** Where a second tape may begin, behind a first of that many bytes: a page of its own, to be given back alone. */
export function elfSecondBase(arch: Arch, firstBytes: number): number {
  return (elfTapeBase(arch) + firstBytes + PAGE - 1) & ~(PAGE - 1);
}

interface PlacedTape {
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly entry: number;
}

/** The executable that runs this tape, assembled for elfTapeBase(), and another behind it, for elfSecondBase(). */
export function buildElf(arch: Arch, first: PlacedTape, second?: PlacedTape): Uint8Array {
  const start = codeOffset();
  const at = tapeOffset(arch);
  const tape = second === undefined ? first : joinTapes(first, second);
  const head = prologue(arch, tape.entry);
  const file = new Uint8Array(at + tape.bytes.length);
  file.set(head, start);
  file.set(runnerCode(arch), start + head.length);
  file.set(tape.bytes, at);
  const data = { type: PT.LOAD, flags: PF.R | PF.W, offset: at, address: DATA_BASE + at, size: tape.bytes.length };
  writeHeaders(file, { arch, entry: CODE_BASE + start, segments: [codeSegment(at), data, STACK_SEGMENT] });
  return file;
}

function joinTapes(first: PlacedTape, second: PlacedTape): PlacedTape {
  const gap = second.base - first.base;
  if (first.bytes.length > gap) throw new RangeError("the first tape does not fit before the second");
  const bytes = new Uint8Array(gap + second.bytes.length);
  bytes.set(first.bytes);
  bytes.set(second.bytes, gap);
  return { ...first, bytes };
}

export interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
  /** Zeros in memory, behind what the file has. */
  readonly zeros?: number;
}

/** A stack that is not executable. */
export const STACK_SEGMENT: Segment = { type: PT.GNU_STACK, flags: PF.R | PF.W, offset: 0, address: 0, size: 0 };

/** The file from its first byte on, to be read and executed. */
export function codeSegment(size: number): Segment {
  return { type: PT.LOAD, flags: PF.R | PF.X, offset: 0, address: CODE_BASE, size };
}

/** How long the headers of a file with so many segments are. */
export function headerBytes(segments: number): number {
  return EHDR_BYTES + segments * PHDR_BYTES;
}

export interface ElfHeaders {
  readonly arch: Arch;
  readonly entry: number;
  readonly segments: readonly Segment[];
}

/** Writes what every ELF file begins with. */
export function writeHeaders(file: Uint8Array, { arch, entry, segments }: ElfHeaders): void {
  const view = new DataView(file.buffer, file.byteOffset);
  const identity = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]; // "\x7fELF", 64 bits, little-endian, version 1
  for (const [n, byte] of identity.entries()) view.setUint8(n, byte);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, MACHINE[arch], true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(EHDR_BYTES), true);
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(54, PHDR_BYTES, true);
  view.setUint16(56, segments.length, true);
  for (const [index, segment] of segments.entries()) programHeader(view, index, segment);
}

function programHeader(view: DataView, index: number, segment: Segment): void {
  const at = EHDR_BYTES + index * PHDR_BYTES;
  view.setUint32(at, segment.type, true);
  view.setUint32(at + 4, segment.flags, true);
  const fields = [
    segment.offset,
    segment.address,
    segment.address,
    segment.size,
    segment.size + (segment.zeros ?? 0),
    segment.type === PT.NOTE ? 4 : ELF_ALIGN,
  ];
  for (const [n, value] of fields.entries()) view.setBigUint64(at + 8 + n * 8, BigInt(value), true);
}
