import { describe, expect, test } from "bun:test";
import { BOX_IOVECS_AT, BOX_TEXTS_AT, type BoxTexts, IOVEC_BYTES, stringsOf } from "#ffi/runner/texts.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { Messages, readPlaces, ROW, ROW_BYTES, tablesBehind, TAIL } from "#src/compile/messages.ts";

const TAPE = new Uint8Array(100).fill(7);
const { errnos, rows } = tablesBehind(TAPE.length);
const NO_HINTS: ReadonlyMap<number, string> = new Map();

function reader(texts: BoxTexts) {
  const view = new DataView(texts.bytes.buffer);
  const strings = stringsOf(texts);
  return {
    word: (at: number): number => view.getUint32(at - BOX_TEXTS_AT, true),
    iovec: (at: number): string | undefined => strings[(at - BOX_IOVECS_AT) / IOVEC_BYTES],
  };
}

describe("Messages", () => {
  test("lays out what is said of a record as say-calls.ts reads it, behind the tape", () => {
    const messages = new Messages();
    const place = messages.place({ text: "Cannot ä: ", tail: "\n  step\n" });
    const said = { place, about: messages.line("open"), hints: messages.hints(NO_HINTS) };
    const texts = messages.layOut(TAPE, [[0x600070, said]]);
    expect(texts.bytes.subarray(0, TAPE.length)).toEqual(TAPE);
    const { word, iovec } = reader(texts);
    expect(word(rows + ROW.record)).toBe(0x600070);
    expect(iovec(word(rows + ROW.place))).toBe("Cannot ä: ");
    expect(iovec(word(rows + ROW.place) + TAIL)).toBe("\n  step\n");
    expect(iovec(word(rows + ROW.about))).toBe("open");
    expect(word(word(rows + ROW.hints))).toBe(0);
    expect(word(rows + ROW_BYTES + ROW.record)).toBe(0);
    expect([...readPlaces(texts)]).toEqual([[0x600070, { text: "Cannot ä: ", tail: "\n  step\n" }]]);
  });

  test("keeps what is said again once", () => {
    const messages = new Messages();
    expect(messages.line("a")).toBe(messages.line("a"));
    const place = { text: "a", tail: "b" };
    expect(messages.place(place)).toBe(messages.place({ ...place }));
    expect(messages.place({ text: "a", tail: "c" })).not.toBe(messages.place(place));
    expect(messages.hints(new Map([[errnoNumber("EACCES"), "be root"]]))).toBe(
      messages.hints(new Map([[errnoNumber("EACCES"), "be root"]])),
    );
  });

  test("lists a call's hints by errno, with an end", () => {
    const messages = new Messages();
    const hints = messages.hints(new Map([[errnoNumber("EACCES"), "be root"]]));
    const place = messages.place({ text: "", tail: "" });
    const said = { place, about: messages.line(""), hints };
    const { word, iovec } = reader(messages.layOut(TAPE, [[1, said]]));
    const list = word(rows + ROW.hints);
    expect(word(list)).toBe(2 ** 32 - errnoNumber("EACCES"));
    expect(iovec(word(list + 4))).toBe("  hint  be root\n");
    expect(word(list + 8)).toBe(0);
  });

  test("has errnos downward from 0, four bytes each; one without a name has words too", () => {
    const { word, iovec } = reader(new Messages().layOut(TAPE, []));
    expect(iovec(word(errnos - 4 * errnoNumber("ENOENT")))).toBe("ENOENT (No such file or directory)");
    expect(iovec(word(errnos - 4 * 133))).toBe("an errno that has no name here");
  });

  test("takes no NUL, which would end a text", () => {
    expect(() => new Messages().line("a\0b")).toThrow(RangeError);
  });
});
