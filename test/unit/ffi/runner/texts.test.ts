import { expect, test } from "bun:test";
import { BOX_TEXTS_AT, differentRows, stringsOf, summedRows } from "#ffi/runner/texts.ts";

const HEAD = 32;

test("rows are kept as how much more they are, and come back; what is before and behind stays", () => {
  const rows = [1, 2, 3, 4, 5, 0xffff_ffff, 3, 4, 6, 0, 3, 4];
  const strings = "one\0\0three\0";
  const bytes = new Uint8Array(HEAD + rows.length * 4 + strings.length).fill(9, 0, HEAD);
  bytes.set(new Uint8Array(new Uint32Array(rows).buffer), HEAD);
  bytes.set(new TextEncoder().encode(strings), HEAD + rows.length * 4);
  const texts = { bytes, rowsAt: BOX_TEXTS_AT + HEAD, stringsAt: BOX_TEXTS_AT + HEAD + rows.length * 4 };
  const different = differentRows(texts);
  const view = new DataView(different.buffer);
  const second = Array.from({ length: 8 }, (_, n) => view.getUint32(HEAD + 16 + n * 4, true));
  expect(second).toEqual([4, 0xffff_fffd, 0, 0, 1, 1, 0, 0]);
  expect(summedRows(different, texts.rowsAt, texts.stringsAt)).toEqual(texts);
  expect(stringsOf(texts)).toEqual(["one", "", "three"]);
});
