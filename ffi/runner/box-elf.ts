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
import type { OnRound } from "./on-round.ts";
import { pack, unpack } from "./pack.ts";
import { expand, squeeze } from "./squeeze.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { codeBytes, expandCode, restorerOffset, START_BLOCK_BYTES, startCode, unpackCode } from "./start.ts";
import { absoluteTapes, type PlacedRecords, relativeTapes } from "./tapes.ts";
import { BOX_IOVECS_AT, BOX_TABLES_AT, BOX_TEXTS_AT, type BoxTexts, differentRows, summedRows } from "./texts.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { TABLES_BYTES } from "./foresee.ts";

type Arch = "x64" | "arm64";

const BOX_SEGMENTS = 4;
const INIT_SEGMENTS = 3;

/** Where a box's parts lie whose length is always the same. */
export interface BoxLayout {
  /** What expands the texts: a signal's handler, and what that returns to. */
  readonly expand: { readonly handler: number; readonly restorer: number };
  /** What starts the box, and its init too. */
  readonly startAt: number;
  readonly noteOffset: number;
}

export function boxLayout(arch: Arch): BoxLayout {
  const { unpack, expand } = codeBytes(arch);
  const startOffset = headerBytes(BOX_SEGMENTS) + unpack;
  const expandOffset = startOffset + startCode(arch, 0).length;
  const handler = CODE_BASE + expandOffset;
  return {
    expand: { handler, restorer: handler + restorerOffset(arch) },
    startAt: CODE_BASE + startOffset,
    noteOffset: (expandOffset + expand + 3) & ~3,
  };
}

/** Where data begins: before it lies what the first record is like. */
export const BOX_DATA_AT: number = DATA_BASE + RECORD_BYTES;

/** Where a box's memory ends. */
export const BOX_END: number = BOX_TABLES_AT + TABLES_BYTES;

const NO_TEXTS: BoxTexts = { bytes: new Uint8Array(0), rowsAt: BOX_TEXTS_AT, stringsAt: BOX_TEXTS_AT };

export interface BoxParts {
  readonly arch: Arch;
  readonly tapes: BoxTapes;
  /** undefined: it never says anything. */
  readonly texts?: BoxTexts | undefined;
  /** For BOX_DATA_AT. */
  readonly data: Uint8Array;
  /** How many words of argv are not the command's; undefined: its own name. */
  readonly names?: 0 | 1 | undefined;
  /** How well its data is packed. */
  readonly effort?: "best" | "quick";
  readonly onRound?: OnRound | undefined;
}

/** The whole file. */
export function buildBoxElf({ arch, tapes, texts = NO_TEXTS, data, names, effort, onRound }: BoxParts): Uint8Array {
  const { noteOffset } = boxLayout(arch);
  const { launch, init, command, waiting } = tapes;
  const textsEnd = BOX_TEXTS_AT + texts.bytes.length;
  if (textsEnd > BOX_IOVECS_AT) throw new RangeError("a box has more to say than there is room for");
  const squeezed = texts === NO_TEXTS ? texts.bytes : squeeze(differentRows(texts), onRound);
  const packed = pack(relativeTapes(data, BOX_DATA_AT, [launch, init, command, waiting]), effort, onRound);
  const squeezedOffset = noteOffset + NOTE_BYTES;
  const packedOffset = squeezedOffset + squeezed.length;
  const start = headerBytes(BOX_SEGMENTS);
  const [tapesAt, from] = [CODE_BASE + noteOffset + NOTE_HEAD_BYTES, CODE_BASE + squeezedOffset];
  const code = concatBytes([
    unpackCode(arch, {
      ...{ from: CODE_BASE + packedOffset, to: BOX_DATA_AT, end: BOX_DATA_AT + data.length, tapes: tapesAt },
    }),
    startCode(arch, tapes.launchBlock, names),
    expandCode(arch, {
      ...{ from, to: BOX_TEXTS_AT, end: textsEnd, tables: BOX_TABLES_AT },
      ...{ rows: texts.rowsAt, strings: texts.stringsAt, iovecs: BOX_IOVECS_AT },
    }),
  ]);
  const sizes = { packedOffset, dataBytes: data.length, textBytes: texts.bytes.length };
  const note = noteBytes({ ...tapes, ...sizes, rowsAt: texts.rowsAt, stringsAt: texts.stringsAt });
  const file = new Uint8Array(packedOffset + packed.length);
  file.set(code, start);
  file.set(note, noteOffset);
  file.set(squeezed, squeezedOffset);
  file.set(packed, packedOffset);
  const noteSegment = { type: PT.NOTE, flags: PF.R, offset: noteOffset, address: CODE_BASE + noteOffset };
  const segments = [
    codeSegment(file.length),
    { ...dataSegment(0, 0, DATA_BASE), zeros: BOX_END - DATA_BASE },
    { ...noteSegment, size: NOTE_BYTES },
    STACK_SEGMENT,
  ];
  writeHeaders(file, { arch, entry: CODE_BASE + start, segments });
  return file;
}

function dataSegment(offset: number, size: number, address: number): Segment {
  return { type: PT.LOAD, flags: PF.R | PF.W, offset, address, size };
}

/** What an init's file begins with: in pieces, as most of its code is that of the box. */
export interface InitHead {
  readonly bytes: Uint8Array;
  /** What follows, by its address in the box's memory. */
  readonly codeAt: number;
  readonly codeBytes: number;
  /** Where in the init's file its data goes. */
  readonly dataOffset: number;
}

/** What an init's file is made for. */
export interface InitPlace {
  /** The address of its start block. */
  readonly block: number;
  /** Where its data lies in memory. */
  readonly dataAt: number;
  readonly dataBytes: number;
}

/** The init's file up to its data. It drops as many words of argv as the box. */
export function initHead(arch: Arch, { block, dataAt, dataBytes }: InitPlace): InitHead {
  const start = headerBytes(INIT_SEGMENTS);
  const code = startCode(arch, block);
  const own = START_BLOCK_BYTES[arch];
  const bytes = concatBytes([new Uint8Array(start), code.subarray(0, own)]);
  const dataOffset = ELF_ALIGN + (dataAt % ELF_ALIGN);
  const segments = [codeSegment(start + code.length), dataSegment(dataOffset, dataBytes, dataAt), STACK_SEGMENT];
  writeHeaders(bytes, { arch, entry: CODE_BASE + start, segments });
  return { bytes, codeAt: boxLayout(arch).startAt + own, codeBytes: code.length - own, dataOffset };
}

/** Where a box's tapes lie. Numbers are 0 where there is no init. */
export interface BoxTapes {
  readonly launch: PlacedRecords;
  readonly init: PlacedRecords;
  readonly command: PlacedRecords;
  readonly waiting: PlacedRecords;
  /** Among the texts. */
  readonly saying: PlacedRecords;
  /** The address of the launcher's start block. */
  readonly launchBlock: number;
}

/** What a box knows of itself, as a note, see elf(5). */
export interface BoxNote extends BoxTapes {
  /** Where in the file the packed data begins, behind the squeezed texts. */
  readonly packedOffset: number;
  /** How much it is once it is unpacked. */
  readonly dataBytes: number;
  /** How much texts are once they are expanded, and where their parts begin then. */
  readonly textBytes: number;
  readonly rowsAt: number;
  readonly stringsAt: number;
}

const NOTE_NAME = "nsbox\0\0\0";
/** The layout's version: another one can't be read. */
const NOTE_TYPE = 3;
const NOTE_WORDS = 16;
const NOTE_HEAD_BYTES: number = 12 + NOTE_NAME.length;
const NOTE_BYTES: number = NOTE_HEAD_BYTES + NOTE_WORDS * 4;

/** The code reads the first four tapes, see unpack-x64.ts. */
function noteBytes({ launch, init, command, waiting, saying, ...rest }: BoxNote): Uint8Array {
  const head = new Uint8Array(new Uint32Array([6, NOTE_WORDS * 4, NOTE_TYPE]).buffer);
  const tapes = [launch, init, command, waiting, saying].flatMap(({ at, count }) => [at, count]);
  const sizes = [rest.packedOffset, rest.dataBytes, rest.textBytes, rest.rowsAt, rest.stringsAt];
  const words = new Uint32Array([...tapes, rest.launchBlock, ...sizes]);
  return concatBytes([head, new TextEncoder().encode(NOTE_NAME), new Uint8Array(words.buffer)]);
}

/** The note of a box, or undefined if these bytes are none of this version. */
export function readBoxNote(file: Uint8Array, arch: Arch): BoxNote | undefined {
  const { noteOffset } = boxLayout(arch);
  if (file.length < noteOffset + NOTE_BYTES) return undefined;
  const view = new DataView(file.buffer, file.byteOffset + noteOffset, NOTE_BYTES);
  const name = new TextDecoder().decode(file.subarray(noteOffset + 12, noteOffset + NOTE_HEAD_BYTES));
  if (view.getUint32(8, true) !== NOTE_TYPE || name !== NOTE_NAME) return undefined;
  const word = (n: number): number => view.getUint32(NOTE_HEAD_BYTES + n * 4, true);
  const records = (n: number): PlacedRecords => ({ at: word(n), count: word(n + 1) });
  return {
    ...{ launch: records(0), init: records(2), command: records(4), waiting: records(6), saying: records(8) },
    ...{ launchBlock: word(10), packedOffset: word(11), dataBytes: word(12), textBytes: word(13) },
    ...{ rowsAt: word(14), stringsAt: word(15) },
  };
}

/** A box's data, for BOX_DATA_AT; undefined where the file is cut short. */
export function readBoxData(file: Uint8Array, note: BoxNote): Uint8Array | undefined {
  const { packedOffset, dataBytes, launch, init, command, waiting } = note;
  const data = unpack(file.subarray(packedOffset), dataBytes);
  return data && absoluteTapes(data, BOX_DATA_AT, [launch, init, command, waiting]);
}

/** A box's texts, for BOX_TEXTS_AT; undefined where the file is cut short. */
export function readBoxTexts(file: Uint8Array, arch: Arch, note: BoxNote): BoxTexts | undefined {
  const { packedOffset, textBytes, rowsAt, stringsAt } = note;
  if (textBytes === 0) return NO_TEXTS;
  const texts = expand(file.subarray(boxLayout(arch).noteOffset + NOTE_BYTES, packedOffset), textBytes);
  return texts && summedRows(texts, rowsAt, stringsAt);
}
