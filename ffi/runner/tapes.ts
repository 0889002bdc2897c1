// Tapes as they pack best: what counts from its record is the same in most records.
import { RECORD_BYTES, WORD } from "#ffi/tape/format.ts";

export interface PlacedRecords {
  readonly at: number;
  readonly count: number;
}

/** The words that hold addresses of records, or of their words; fail is the same for most of a tape. */
const RELATIVE = [WORD.store, WORD.then1, WORD.then2, WORD.next] as const;

/** Data that begins at `base`, with these words counted from their record. */
export function relativeTapes(data: Uint8Array, base: number, tapes: readonly PlacedRecords[]): Uint8Array {
  return shifted(data, base, tapes, -1);
}

/** And back; a box's code does the same, see unpack-x64.ts. */
export function absoluteTapes(data: Uint8Array, base: number, tapes: readonly PlacedRecords[]): Uint8Array {
  return shifted(data, base, tapes, 1);
}

function shifted(data: Uint8Array, base: number, tapes: readonly PlacedRecords[], by: 1 | -1): Uint8Array {
  const bytes = data.slice();
  const view = new DataView(bytes.buffer);
  for (const { at, count } of tapes) {
    for (let record = at; record < at + count * RECORD_BYTES; record += RECORD_BYTES) {
      for (const word of RELATIVE) {
        const offset = record - base + word * 8;
        view.setUint32(offset, (view.getUint32(offset, true) + record * by) >>> 0, true);
      }
    }
  }
  return bytes;
}
