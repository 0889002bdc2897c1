// A compiled box: code, squeezed texts and packed data to be read and executed; and unpacked, see pack.ts, in memory that
// is to be read and written: tapes and start blocks. Texts follow there once they are needed, see squeeze.ts.
//
//   file    ┌ headers ┐┌ unpack, start, runner, expand ┐┌ note ┐┌ squeezed ┐┌ packed ┐   at CODE_BASE: read, execute
//   memory  ┌ zeros ┐┌ waiting ┐┌ init's tapes ┐┌ init's head ┐┌ launcher's tape, start block ┐┌ zeros ┐┌ texts ┐
//           DATA_BASE: read, write
//
// The init is a second executable: its head, and behind a hole the tapes, at the same addresses as in the box's own
// memory. So who reads of a failure in the init finds the failed record, as it was, at its address.
import { CODE_BASE, codeSegment, DATA_BASE, ELF_ALIGN, headerBytes, PF, PT } from "./elf.ts";
import { type Segment, STACK_SEGMENT, writeHeaders } from "./elf.ts";
import { CHUNK_BYTES, pack, unpack, unpackedBytes } from "./pack.ts";
import { expand, squeeze } from "./squeeze.ts";
import { concatBytes } from "./concat-bytes.ts";
import { expandCode, restorerOffset, startCode, unpackCode } from "./start.ts";

type Arch = "x64" | "arm64";

const align = (offset: number): number => (offset + 15) & ~15;
const BOX_SEGMENTS = 4;
const INIT_SEGMENTS = 3;

/** Where a box's parts lie whose length is always the same. */
export interface BoxLayout {
  /** What expands the texts: a signal's handler, and what that returns to. */
  readonly expand: { readonly handler: number; readonly restorer: number };
  readonly noteOffset: number;
}

export function boxLayout(arch: Arch): BoxLayout {
  const expandOffset = headerBytes(BOX_SEGMENTS) + unpackCode(arch, NOWHERE).length + startCode(arch, 0).length;
  const handler = CODE_BASE + expandOffset;
  return {
    expand: { handler, restorer: handler + restorerOffset(arch) },
    noteOffset: align(expandOffset + expandCode(arch, NOWHERE).length),
  };
}

const NOWHERE = { from: 0, to: 0, end: 0 };

/** Where data begins: before it lies what the first chunk is like. */
export const BOX_DATA_AT: number = DATA_BASE + CHUNK_BYTES;

/**
 * Where texts go, behind whatever data there may be.
 *
 * KERNEL: mount(2) copies 4096 bytes from its options' address on; where memory ends before, each call faults twice.
 */
export const BOX_TEXTS_AT: number = DATA_BASE + 0x100000;

export interface BoxParts {
  readonly arch: Arch;
  readonly tapes: BoxTapes;
  /** For BOX_TEXTS_AT. */
  readonly texts: Uint8Array;
  /** For BOX_DATA_AT. */
  readonly data: Uint8Array;
  /** How many words of argv are not the command's; undefined: its own name. */
  readonly names?: 0 | 1 | undefined;
}

/** The whole file. */
export function buildBoxElf({ arch, tapes, texts, data, names }: BoxParts): Uint8Array {
  const { noteOffset } = boxLayout(arch);
  const [squeezed, packed] = [squeeze(texts), pack(data)];
  const squeezedOffset = align(noteOffset + NOTE_BYTES);
  const packedOffset = align(squeezedOffset + squeezed.length);
  const file = new Uint8Array(packedOffset + packed.length);
  const start = headerBytes(BOX_SEGMENTS);
  const dataEnd = BOX_DATA_AT + unpackedBytes(data.length);
  const textsEnd = BOX_TEXTS_AT + texts.length;
  const code = [
    unpackCode(arch, { from: CODE_BASE + packedOffset, to: BOX_DATA_AT, end: dataEnd }),
    startCode(arch, tapes.launchBlock, names),
    expandCode(arch, { from: CODE_BASE + squeezedOffset, to: BOX_TEXTS_AT, end: textsEnd }),
  ];
  file.set(concatBytes(code), start);
  const sizes = { packedOffset, dataBytes: data.length, textBytes: texts.length };
  file.set(noteBytes({ ...tapes, ...sizes }), noteOffset);
  file.set(squeezed, squeezedOffset);
  file.set(packed, packedOffset);
  const noteSegment = { type: PT.NOTE, flags: PF.R, offset: noteOffset, address: CODE_BASE + noteOffset };
  const segments = [
    codeSegment(file.length),
    { ...dataSegment(0, 0, DATA_BASE), zeros: textsEnd - DATA_BASE },
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

/** What an init's file is made for. */
export interface InitPlace {
  /** The address of its start block. */
  readonly block: number;
  /** How many words of argv are not the command's. */
  readonly names: 0 | 1;
  /** Where its data lies in memory. */
  readonly dataAt: number;
  readonly dataBytes: number;
}

/** The init's file up to its data. */
export function initHead(arch: Arch, { block, names, dataAt, dataBytes }: InitPlace): InitHead {
  const start = headerBytes(INIT_SEGMENTS);
  const bytes = concatBytes([new Uint8Array(start), startCode(arch, block, names)]);
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
  /** How much texts are once they are expanded. */
  readonly textBytes: number;
}

export interface PlacedRecords {
  readonly at: number;
  readonly count: number;
}

const NOTE_NAME = "nsbox\0\0\0";
/** The layout's version: another one can't be read. */
const NOTE_TYPE = 2;
const NOTE_WORDS = 12;
const NOTE_BYTES: number = 12 + NOTE_NAME.length + NOTE_WORDS * 4;

function noteBytes({ launch, init, command, waiting, ...rest }: BoxNote): Uint8Array {
  const head = new Uint8Array(new Uint32Array([6, NOTE_WORDS * 4, NOTE_TYPE]).buffer);
  const tapes = [launch, init, command, waiting].flatMap(({ at, count }) => [at, count]);
  const words = [...tapes, rest.launchBlock, rest.packedOffset, rest.dataBytes, rest.textBytes];
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
  return { ...tapes, launchBlock: word(8), packedOffset: word(9), dataBytes: word(10), textBytes: word(11) };
}

/** A box's data, for BOX_DATA_AT; undefined where the file is cut short. */
export function readBoxData(file: Uint8Array, { packedOffset, dataBytes }: BoxNote): Uint8Array | undefined {
  return unpack(file.subarray(packedOffset), dataBytes);
}

/** A box's texts, for BOX_TEXTS_AT; undefined where the file is cut short. */
export function readBoxTexts(
  file: Uint8Array,
  arch: Arch,
  { packedOffset, textBytes }: BoxNote,
): Uint8Array | undefined {
  return expand(file.subarray(align(boxLayout(arch).noteOffset + NOTE_BYTES), packedOffset), textBytes);
}
