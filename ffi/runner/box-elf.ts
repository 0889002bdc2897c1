// A compiled box: start, runner and texts to be read and executed, tapes and start blocks to be read and written.
//
//   file   ┌ headers ┐┌ start, runner ┐┌ note ┐┌ texts ┐┌ init's tapes ┐┌ init's head ┐┌ launcher's tape, start block ┐
//   memory  CODE_BASE: read, execute ──────────────────┘ DATA_BASE + offset: read, write ───────────────────────────┘
//
// The init is a second executable: its head, and behind a hole the tapes, at the same addresses as in the box's own
// memory. So who reads of a failure in the init finds the failed record, as it was, at its address.
import { CODE_BASE, codeSegment, DATA_BASE, ELF_ALIGN, headerBytes, PF, PT } from "./elf.ts";
import { type Segment, STACK_SEGMENT, writeHeaders } from "./elf.ts";
import { concatBytes, startCode } from "./start.ts";

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
  const noteOffset = align(headerBytes(BOX_SEGMENTS) + startCode(arch, 0).length);
  return { noteOffset, textsAt: CODE_BASE + align(noteOffset + NOTE_BYTES) };
}

/** Where data lies behind texts of this length. */
export function boxDataAt(arch: Arch, textBytes: number): number {
  return DATA_BASE + align(boxLayout(arch).textsAt - CODE_BASE + textBytes);
}

export interface BoxParts {
  readonly arch: Arch;
  /** The address of the launcher's start block. */
  readonly block: number;
  readonly note: BoxNote;
  readonly texts: Uint8Array;
  /** For boxDataAt(). */
  readonly data: Uint8Array;
}

/** The whole file. */
export function buildBoxElf({ arch, block, note, texts, data }: BoxParts): Uint8Array {
  const { noteOffset, textsAt } = boxLayout(arch);
  const dataOffset = boxDataAt(arch, texts.length) - DATA_BASE;
  const file = new Uint8Array(dataOffset + data.length);
  const start = headerBytes(BOX_SEGMENTS);
  file.set(startCode(arch, block), start);
  file.set(noteBytes(note), noteOffset);
  file.set(texts, textsAt - CODE_BASE);
  file.set(data, dataOffset);
  const noteSegment = { type: PT.NOTE, flags: PF.R, offset: noteOffset, address: CODE_BASE + noteOffset };
  const segments = [
    codeSegment(dataOffset),
    dataSegment(dataOffset, data.length, DATA_BASE + dataOffset),
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

/** What a box knows of itself, as a note, see elf(5). Numbers are 0 where there is no init. */
export interface BoxNote {
  readonly launch: PlacedRecords;
  readonly init: PlacedRecords;
  readonly command: PlacedRecords;
  readonly launchBlock: number;
}

export interface PlacedRecords {
  readonly at: number;
  readonly count: number;
}

const NOTE_NAME = "nsbox\0\0\0";
/** The layout's version: another one can't be read. */
const NOTE_TYPE = 1;
const NOTE_WORDS = 8;
const NOTE_BYTES: number = 12 + NOTE_NAME.length + NOTE_WORDS * 4;

function noteBytes({ launch, init, command, launchBlock }: BoxNote): Uint8Array {
  const head = new Uint8Array(new Uint32Array([6, NOTE_WORDS * 4, NOTE_TYPE]).buffer);
  const words = [launch.at, launch.count, init.at, init.count, command.at, command.count, launchBlock, 0];
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
  return { launch: records(0), init: records(2), command: records(4), launchBlock: word(6) };
}
