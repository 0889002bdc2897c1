// A compiled box: code, texts and packed data to be read and executed; and unpacked, see pack.ts, in memory that is to
// be read and written: tapes and start blocks.
//
//   file    ┌ headers ┐┌ unpack, start, runner ┐┌ note ┐┌ texts ┐┌ packed ┐   at CODE_BASE: read, execute
//   memory  ┌ zeros ┐┌ waiting ┐┌ init's tapes ┐┌ init's head ┐┌ launcher's tape, start block ┐┌ zeros ┐
//           DATA_BASE: read, write
//
// The init is a second executable: its head, and behind a hole the tapes, at the same addresses as in the box's own
// memory. So who reads of a failure in the init finds the failed record, as it was, at its address.
import { CODE_BASE, codeSegment, DATA_BASE, ELF_ALIGN, headerBytes, PF, PT } from "./elf.ts";
import { type Segment, STACK_SEGMENT, writeHeaders } from "./elf.ts";
import { CHUNK_BYTES, pack, unpack, unpackedBytes } from "./pack.ts";
import { concatBytes, startCode, unpackCode } from "./start.ts";

type Arch = "x64" | "arm64";

const align = (offset: number): number => (offset + 15) & ~15;
const BOX_SEGMENTS = 4;
const INIT_SEGMENTS = 3;

/** Where a box's parts lie, in the order of the file; what grows with the box comes last. */
export interface BoxLayout {
  readonly noteOffset: number;
  readonly textsAt: number;
}

/** Where note and texts lie. */
export function boxLayout(arch: Arch): BoxLayout {
  const code = unpackCode(arch, NOWHERE).length + startCode(arch, 0).length;
  const noteOffset = align(headerBytes(BOX_SEGMENTS) + code);
  return { noteOffset, textsAt: CODE_BASE + align(noteOffset + NOTE_BYTES) };
}

const NOWHERE = { from: 0, to: 0, end: 0 };

/** Where data begins: before it lies what the first chunk is like. */
export const BOX_DATA_AT: number = DATA_BASE + CHUNK_BYTES;

/** KERNEL: mount(2) copies so much from its options' address on; where memory ends before, each call faults twice. */
const MOUNT_DATA_BYTES = 4096;

/** Where the memory of a box ends whose data is so long. */
export function boxMemoryEnd(bytes: number): number {
  return BOX_DATA_AT + unpackedBytes(bytes) + MOUNT_DATA_BYTES;
}

export interface BoxParts {
  readonly arch: Arch;
  readonly tapes: BoxTapes;
  readonly texts: Uint8Array;
  /** For BOX_DATA_AT. */
  readonly data: Uint8Array;
}

/** The whole file. */
export function buildBoxElf({ arch, tapes, texts, data }: BoxParts): Uint8Array {
  const { noteOffset, textsAt } = boxLayout(arch);
  const packed = pack(data);
  const packedOffset = align(textsAt - CODE_BASE + texts.length);
  const file = new Uint8Array(packedOffset + packed.length);
  const start = headerBytes(BOX_SEGMENTS);
  const end = BOX_DATA_AT + unpackedBytes(data.length);
  const unpacking = unpackCode(arch, { from: CODE_BASE + packedOffset, to: BOX_DATA_AT, end });
  file.set(concatBytes([unpacking, startCode(arch, tapes.launchBlock)]), start);
  file.set(noteBytes({ ...tapes, packedOffset, dataBytes: data.length }), noteOffset);
  file.set(texts, textsAt - CODE_BASE);
  file.set(packed, packedOffset);
  const noteSegment = { type: PT.NOTE, flags: PF.R, offset: noteOffset, address: CODE_BASE + noteOffset };
  const segments = [
    codeSegment(file.length),
    { ...dataSegment(0, 0, DATA_BASE), zeros: boxMemoryEnd(data.length) - DATA_BASE },
    { ...noteSegment, size: NOTE_BYTES },
    STACK_SEGMENT,
  ];
  writeHeaders(file, { arch, entry: CODE_BASE + start, segments });
  return file;
}

function dataSegment(offset: number, size: number, address: number): Segment {
  return { type: PT.LOAD, flags: PF.R | PF.W, offset, address, size };
}

export interface InitHead {
  readonly bytes: Uint8Array;
  /** Where in the init's file its data goes. */
  readonly dataOffset: number;
}

/** The init's file up to its data, which lies at `dataAt` in memory; `block` is the address of its start block. */
export function initHead(arch: Arch, block: number, dataAt: number, dataBytes: number): InitHead {
  const start = headerBytes(INIT_SEGMENTS);
  const bytes = concatBytes([new Uint8Array(start), startCode(arch, block)]);
  const dataOffset = ELF_ALIGN + (dataAt % ELF_ALIGN);
  const segments = [codeSegment(bytes.length), dataSegment(dataOffset, dataBytes, dataAt), STACK_SEGMENT];
  writeHeaders(bytes, { arch, entry: CODE_BASE + start, segments });
  return { bytes, dataOffset };
}

/** Where a box's tapes lie. Numbers are 0 where there is no init. */
export interface BoxTapes {
  readonly launch: PlacedRecords;
  readonly init: PlacedRecords;
  readonly command: PlacedRecords;
  readonly waiting: PlacedRecords;
  /** The address of the launcher's start block. */
  readonly launchBlock: number;
}

/** What a box knows of itself, as a note, see elf(5). */
export interface BoxNote extends BoxTapes {
  /** Where in the file the packed data begins. */
  readonly packedOffset: number;
  /** How much it is once it is unpacked. */
  readonly dataBytes: number;
}

export interface PlacedRecords {
  readonly at: number;
  readonly count: number;
}

const NOTE_NAME = "nsbox\0\0\0";
/** The layout's version: another one can't be read. */
const NOTE_TYPE = 2;
const NOTE_WORDS = 11;
const NOTE_BYTES: number = 12 + NOTE_NAME.length + NOTE_WORDS * 4;

function noteBytes({ launch, init, command, waiting, launchBlock, packedOffset, dataBytes }: BoxNote): Uint8Array {
  const head = new Uint8Array(new Uint32Array([6, NOTE_WORDS * 4, NOTE_TYPE]).buffer);
  const tapes = [launch, init, command, waiting].flatMap(({ at, count }) => [at, count]);
  const words = [...tapes, launchBlock, packedOffset, dataBytes];
  return concatBytes([head, new TextEncoder().encode(NOTE_NAME), new Uint8Array(new Uint32Array(words).buffer)]);
}

/** The note of a box, or undefined if these bytes are none of this version. */
export function readBoxNote(file: Uint8Array, arch: Arch): BoxNote | undefined {
  const { noteOffset } = boxLayout(arch);
  if (file.length < noteOffset + NOTE_BYTES) return undefined;
  const view = new DataView(file.buffer, file.byteOffset + noteOffset, NOTE_BYTES);
  const name = new TextDecoder().decode(file.subarray(noteOffset + 12, noteOffset + 12 + NOTE_NAME.length));
  if (view.getUint32(8, true) !== NOTE_TYPE || name !== NOTE_NAME) return undefined;
  const word = (n: number): number => view.getUint32(12 + NOTE_NAME.length + n * 4, true);
  const records = (n: number): PlacedRecords => ({ at: word(n), count: word(n + 1) });
  const tapes = { launch: records(0), init: records(2), command: records(4), waiting: records(6) };
  return { ...tapes, launchBlock: word(8), packedOffset: word(9), dataBytes: word(10) };
}

/** A box's data, for BOX_DATA_AT; undefined where the file is cut short. */
export function readBoxData(file: Uint8Array, { packedOffset, dataBytes }: BoxNote): Uint8Array | undefined {
  return unpack(file.subarray(packedOffset), dataBytes);
}
