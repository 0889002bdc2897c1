// The tapes inside a compiled box's file, to be looked at and to be changed.
import { BOX_DATA_AT, type BoxNote, readBoxData, readBoxNote } from "#ffi/runner/box-elf.ts";
import { pack } from "#ffi/runner/pack.ts";
import { type PlacedRecords, relativeTapes } from "#ffi/runner/tapes.ts";
import { disassemble, type Disassembled } from "#ffi/tape/disassemble.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";

const ARCH = process.arch === "arm64" ? "arm64" : "x64";
/** p_filesz and p_memsz of the first program header, see elf(5). */
const CODE_SIZES = [64 + 32, 64 + 40] as const;

export class CompiledTapes {
  readonly note: BoxNote;
  readonly #file: Uint8Array;
  readonly #data: Uint8Array;

  /** Throws where the file is no box. */
  constructor(file: Uint8Array) {
    const note = readBoxNote(file, ARCH);
    const data = note === undefined ? undefined : readBoxData(file, note);
    if (note === undefined || data === undefined) throw new Error("the file is no box");
    this.note = note;
    this.#file = file;
    this.#data = data;
  }

  rows({ at, count }: PlacedRecords): readonly Disassembled[] {
    const start = at - BOX_DATA_AT;
    const bytes = this.#data.subarray(start, start + count * RECORD_BYTES);
    return disassemble({ bytes, base: at }, count, ARCH);
  }

  /** The file with another word in one of a tape's records. */
  withWord({ at }: PlacedRecords, record: number, word: number, value: bigint): Uint8Array {
    const data = this.#data.slice();
    new DataView(data.buffer).setBigInt64(at - BOX_DATA_AT + record * RECORD_BYTES + word * 8, value, true);
    const { launch, init, command, waiting } = this.note;
    const packed = pack(relativeTapes(data, BOX_DATA_AT, [launch, init, command, waiting]));
    const file = new Uint8Array(this.note.packedOffset + packed.length);
    file.set(this.#file.subarray(0, this.note.packedOffset));
    file.set(packed, this.note.packedOffset);
    const view = new DataView(file.buffer);
    for (const offset of CODE_SIZES) view.setBigUint64(offset, BigInt(file.length), true);
    return file;
  }
}
