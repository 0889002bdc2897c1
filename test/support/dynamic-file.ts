// A file with the tables that ld.so reads, and no code: an executable that takes variables of the C library's for its own.
import { PF, PT, STACK_SEGMENT, writeHeaders } from "#ffi/runner/elf.ts";

const BASE = 0x200000;
export const DYNAMIC_ENTRY: number = BASE + 0x340;
/** Where the variable called "environ" is; each other has an address of its own. */
export const ENVIRON_AT = 0x3_0000_1238n;
export const AT = { dynamic: 0x1000, relocations: 0x1100, symbols: 0x1200, texts: 0x1400 } as const;
const FILE_BYTES = 0x2000;
const COPY = { x64: 5, arm64: 1024 } as const;
const RELATIVE = { x64: 8, arm64: 1027 } as const;

/** What comes first is a relocation of another kind, for the first name too. */
export function dynamicFile(arch: "x64" | "arm64", names: readonly string[]): Uint8Array {
  const file = new Uint8Array(FILE_BYTES);
  const all = { type: PT.LOAD, flags: PF.R | PF.X, offset: 0, address: BASE, size: FILE_BYTES };
  const note = { ...all, type: PT.NOTE, offset: 0x200, address: BASE + 0x200, size: 0x24 };
  const rows: readonly (readonly [tag: number, value: number])[] = [
    [7, BASE + AT.relocations],
    [8, (names.length + 1) * 24],
    [6, BASE + AT.symbols],
    [5, BASE + AT.texts],
    [0, 0],
  ];
  const dynamic = {
    ...all,
    type: PT.DYNAMIC,
    offset: AT.dynamic,
    address: BASE + AT.dynamic,
    size: rows.length * 16,
  };
  writeHeaders(file, { arch, entry: DYNAMIC_ENTRY, segments: [note, all, dynamic, STACK_SEGMENT] });
  const view = new DataView(file.buffer);
  for (const [n, words] of rows.entries())
    for (const [m, word] of words.entries()) view.setBigUint64(AT.dynamic + n * 16 + m * 8, BigInt(word), true);
  let text = AT.texts + 1;
  for (const [n, name] of ["", ...names].entries()) {
    const isOther = n === 0;
    const place = AT.relocations + n * 24;
    const address = name === "environ" ? ENVIRON_AT : BigInt(0x5000 + n * 8);
    view.setBigUint64(place, address, true);
    view.setUint32(place + 8, isOther ? RELATIVE[arch] : COPY[arch], true);
    view.setUint32(place + 12, isOther ? 1 : n, true);
    if (isOther) continue;
    view.setUint32(AT.symbols + n * 24, text - AT.texts, true);
    file.set(new TextEncoder().encode(`${name}\0`), text);
    text += name.length + 1;
  }
  return file;
}
