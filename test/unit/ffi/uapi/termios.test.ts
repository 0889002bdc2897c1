import { describe, expect, test } from "bun:test";
import { IFLAG, OFLAG, CFLAG, LFLAG, VCC, TERMIOS, WINSIZE } from "#ffi/uapi/termios.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

test("TERMIOS ends with its control characters", () => {
  expect(TERMIOS.offsets.c_cc + TERMIOS.ccCount).toBe(TERMIOS.size);
});

const TABLES: readonly HeaderTable[] = [
  { source: "termios.ts IFLAG", prefix: "", headers: ["asm/termbits.h"], values: IFLAG },
  { source: "termios.ts OFLAG", prefix: "", headers: ["asm/termbits.h"], values: OFLAG },
  { source: "termios.ts CFLAG", prefix: "", headers: ["asm/termbits.h"], values: CFLAG },
  { source: "termios.ts LFLAG", prefix: "", headers: ["asm/termbits.h"], values: LFLAG },
  { source: "termios.ts VCC", prefix: "V", headers: ["asm/termbits.h"], values: VCC },
];

const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct termios", headers: ["asm/termbits.h"], layout: TERMIOS },
  { name: "struct winsize", headers: ["asm/termios.h"], layout: WINSIZE },
];

describe.skipIf(noHeaders)("termios.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
