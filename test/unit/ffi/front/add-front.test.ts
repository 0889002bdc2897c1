import { describe, expect, test } from "bun:test";
import { addFront } from "#ffi/front/add-front.ts";
import { frontCode } from "#ffi/front/front.ts";
import { type ElfHeaders, MACHINE, PF, PT, type Segment, STACK_SEGMENT, writeHeaders } from "#ffi/runner/elf.ts";
import { DYNAMIC_ENTRY, dynamicFile, ENVIRON_AT } from "#test/support/dynamic-file.ts";

const CODE: Segment = { type: PT.LOAD, flags: PF.R | PF.X, offset: 0, address: 0x200000, size: 0x1000 };
const DATA: Segment = {
  type: PT.LOAD,
  flags: PF.R | PF.W,
  offset: 0x1000,
  address: 0x300000,
  size: 0x80,
  zeros: 0x5000,
};
const NOTE: Segment = { type: PT.NOTE, flags: PF.R, offset: 0x200, address: 0x200200, size: 0x24 };
const ENTRY = 0x200340;
const FRONT_AT = 0x2000_0000;
const FILE_BYTES = 0x12345;
const BUILD = 0x1234n;

function page(segments: readonly Segment[], more: Partial<ElfHeaders> = {}): Uint8Array {
  const first = new Uint8Array(0x1000).map((_, n) => n * 7);
  writeHeaders(first, { arch: "x64", entry: ENTRY, segments, ...more });
  return first;
}

/** The file that begins so. */
function fileOf(first: Uint8Array, bytes = FILE_BYTES): Uint8Array {
  const file = new Uint8Array(bytes);
  file.set(first);
  return file;
}

interface Header {
  readonly type: number;
  readonly flags: number;
  readonly words: readonly number[];
}

function headersOf(head: Uint8Array): readonly Header[] {
  const view = new DataView(head.buffer, head.byteOffset);
  return Array.from({ length: view.getUint16(56, true) }, (_, n) => {
    const at = 64 + n * 56;
    const words = [8, 16, 24, 32, 40, 48].map((offset) => Number(view.getBigUint64(at + offset, true)));
    return { type: view.getUint32(at, true), flags: view.getUint32(at + 4, true), words };
  });
}

describe("addFront()", () => {
  test.each(["x64", "arm64"] as const)("makes the note a segment that is entered first, for %s", (arch) => {
    const first = page([CODE, NOTE, DATA, STACK_SEGMENT], { arch });
    const untouched = first.slice();
    const { head = first, code, offset = 0 } = addFront(fileOf(first), BUILD) ?? {};
    expect(first).toEqual(untouched);
    expect(head.length).toBe(first.length);
    expect(code).toEqual(frontCode(arch, { engine: BigInt(ENTRY), build: BUILD, environ: 0n }));
    // Behind the file's end; an address and its offset are alike within a page, of 64 KiB too.
    expect(offset).toBeGreaterThanOrEqual(FILE_BYTES);
    expect([offset % 0x10000, FRONT_AT % 0x10000]).toEqual([0, 0]);
    const size = code?.length ?? 0;
    const segment = { type: PT.LOAD, flags: PF.R | PF.X, words: [offset, FRONT_AT, FRONT_AT, size, size, 0x10000] };
    const [before0, , before2, before3] = headersOf(first);
    expect(headersOf(head)).toEqual([before0, before2, before3, segment] as Header[]);
    expect(new DataView(head.buffer).getBigUint64(24, true)).toBe(BigInt(FRONT_AT));
    // All else is as it was.
    const changed = new Set<number>();
    for (const [n, byte] of first.entries()) if (head[n] !== byte) changed.add(n);
    for (const at of changed) expect((at >= 24 && at < 32) || (at >= 64 + 56 && at < 64 + 4 * 56)).toBe(true);
  });

  test.each(["x64", "arm64"] as const)("tells the front where environ is, for %s", (arch) => {
    const file = dynamicFile(arch, ["stdin", "environ"]);
    const { code } = addFront(file, BUILD) ?? {};
    expect(code).toEqual(frontCode(arch, { engine: BigInt(DYNAMIC_ENTRY), build: BUILD, environ: ENVIRON_AT }));
  });

  test("leaves the order of addresses, wherever the note was", () => {
    for (const segments of [
      [NOTE, CODE, DATA],
      [CODE, NOTE, DATA],
      [CODE, DATA, NOTE],
    ]) {
      const { head = new Uint8Array(0) } = addFront(fileOf(page(segments)), BUILD) ?? {};
      const loaded = headersOf(head).filter(({ type }) => type === PT.LOAD);
      expect(loaded.map(({ words }) => words[1])).toEqual([CODE.address, DATA.address, FRONT_AT]);
    }
  });

  test("takes the first of two notes", () => {
    const second = { ...NOTE, offset: 0x300, address: 0x200300 };
    const { head = new Uint8Array(0) } = addFront(fileOf(page([CODE, NOTE, second])), BUILD) ?? {};
    expect(headersOf(head).map(({ type }) => type)).toEqual([PT.LOAD, PT.NOTE, PT.LOAD]);
    expect(headersOf(head)[1]?.words[0]).toBe(0x300);
  });

  test("gives a file that ends with a page no hole", () => {
    expect(addFront(fileOf(page([CODE, NOTE]), 0x30000), BUILD)?.offset).toBe(0x30000);
  });

  const patched = (at: number, value: number): Uint8Array => {
    const first = page([CODE, NOTE]);
    new DataView(first.buffer).setUint16(at, value, true);
    return first;
  };

  test("control: the same with nothing changed gets one", () => {
    expect(addFront(fileOf(patched(16, 2)), BUILD)).toBeDefined();
    const below = { ...DATA, address: FRONT_AT - 0x100, size: 0x80, zeros: 0x80 };
    expect(addFront(fileOf(page([CODE, below, NOTE])), BUILD)).toBeDefined();
  });

  test.each<[what: string, Uint8Array]>([
    ["loaded anywhere (ET_DYN)", patched(16, 3)],
    ["for another machine", patched(18, 243)],
    ["for big machines", patched(4, 0x0201)],
    ["with longer program headers", patched(54, 64)],
    ["whose headers don't fit on the page", patched(56, 90)],
    ["without a note", page([CODE, DATA])],
    ["without any segment", page([])],
    ["where something lies as high", page([CODE, { ...DATA, address: FRONT_AT }, NOTE])],
    ["whose zeros reach as high", page([CODE, { ...DATA, address: FRONT_AT - 0x100, size: 0x80, zeros: 0x81 }, NOTE])],
    ["that is none at all", new TextEncoder().encode("#!/bin/sh\n")],
    ["that is empty", new Uint8Array(0)],
  ])("leaves an executable %s as it is", (_what, first) => {
    expect(addFront(fileOf(first), BUILD)).toBeUndefined();
  });

  test("knows the machines by their numbers", () => {
    expect(MACHINE).toEqual({ x64: 62, arm64: 183 });
  });
});
