import { describe, expect, test } from "bun:test";
import { HINTS_AT, Messages, PLACE } from "#src/compile/messages.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";

const BASE = 0x1000;

function reader(messages: Messages) {
  const bytes = messages.bytes();
  const view = new DataView(bytes.buffer);
  const word = (at: number): number => Number(view.getBigUint64(at - BASE, true));
  const half = (at: number): number => view.getUint32(at - BASE, true);
  const iovec = (at: number): string =>
    new TextDecoder().decode(bytes.subarray(word(at) - BASE, word(at) - BASE + word(at + 8)));
  return { half, iovec };
}

describe("Messages", () => {
  test("lays a place out as report-calls.ts reads it, once", () => {
    const messages = new Messages(BASE);
    const place = { text: "Cannot ä: ", tail: "\n  step\n" };
    const at = messages.place(place);
    expect(messages.place({ ...place })).toBe(at);
    expect(messages.place({ ...place, goesOn: true })).not.toBe(at);
    const { iovec } = reader(messages);
    expect([iovec(at + PLACE.text), iovec(at + PLACE.tail)]).toEqual(["Cannot ä: ", "\n  step\n"]);
  });

  test("lists a call's hints by errno, with an end", () => {
    const messages = new Messages(BASE);
    const at = messages.call("open", new Map([[errnoNumber("EACCES"), "be root"]]));
    const { half, iovec } = reader(messages);
    expect(iovec(at)).toBe("open");
    expect(half(at + HINTS_AT)).toBe(2 ** 32 - errnoNumber("EACCES"));
    expect(iovec(half(at + HINTS_AT + 4))).toBe("  hint  be root\n");
    expect(half(at + HINTS_AT + 8)).toBe(0);
  });

  test("has errnos downward from 0, four bytes each; one without a name has words too", () => {
    const messages = new Messages(BASE);
    const table = messages.errnos();
    expect(messages.errnos()).toBe(table);
    const { half, iovec } = reader(messages);
    expect(iovec(half(table - 4 * errnoNumber("ENOENT")))).toBe("ENOENT (No such file or directory)");
    expect(iovec(half(table - 4 * 133))).toBe("an errno that has no name here");
  });
});
