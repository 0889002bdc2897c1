// A box's texts once they are expanded, from BOX_TEXTS_AT on: a tape that says them, rows of 16 bytes, strings.
//
// Rows are kept as differences: each 32-bit word is how much more it is than that of the row before. Of each string, which
// ends with a NUL, the box's code makes an iovec, see readv(2), at BOX_IOVECS_AT: so no length is kept.
import { DATA_BASE } from "./elf.ts";

const ROW_BYTES = 16;
export const IOVEC_BYTES = 16;

/**
 * Where texts go, behind whatever data there may be.
 *
 * KERNEL: mount(2) copies 4096 bytes from its options' address on; where memory ends before, each call faults twice.
 */
export const BOX_TEXTS_AT: number = DATA_BASE + 0x100000;
export const BOX_IOVECS_AT: number = DATA_BASE + 0x200000;
/** What expands them counts here. */
export const BOX_TABLES_AT: number = DATA_BASE + 0x300000;

export interface BoxTexts {
  readonly bytes: Uint8Array;
  /** The addresses of the first row and of the first string, behind the last row. */
  readonly rowsAt: number;
  readonly stringsAt: number;
}

/** Texts as they squeeze best. */
export function differentRows({ bytes, rowsAt, stringsAt }: BoxTexts): Uint8Array {
  const out = bytes.slice();
  const [from, to] = [new DataView(bytes.buffer, bytes.byteOffset), new DataView(out.buffer)];
  for (let at = rowsAt - BOX_TEXTS_AT; at < stringsAt - BOX_TEXTS_AT; at += 4) {
    to.setUint32(at, (from.getUint32(at, true) - from.getUint32(at - ROW_BYTES, true)) >>> 0, true);
  }
  return out;
}

/** And back. */
export function summedRows(bytes: Uint8Array, rowsAt: number, stringsAt: number): BoxTexts {
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  for (let at = rowsAt - BOX_TEXTS_AT; at < stringsAt - BOX_TEXTS_AT; at += 4) {
    view.setUint32(at, (view.getUint32(at, true) + view.getUint32(at - ROW_BYTES, true)) >>> 0, true);
  }
  return { bytes: out, rowsAt, stringsAt };
}

/** The strings, in the order of their iovecs. */
export function stringsOf({ bytes, stringsAt }: BoxTexts): readonly string[] {
  return new TextDecoder()
    .decode(bytes.subarray(stringsAt - BOX_TEXTS_AT))
    .split("\0")
    .slice(0, -1);
}
