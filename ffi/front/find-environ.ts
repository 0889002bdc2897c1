// Where an executable keeps `environ`, see environ(7). The C library, which ld.so loads before the executable is entered,
// has it there too, and has set it by then: what stands there is what main() is given.
import { PT } from "#ffi/runner/elf.ts";
import { PHDR, type ProgramHeaders } from "./program-headers.ts";

const DT = { STRTAB: 5, SYMTAB: 6, RELA: 7, RELASZ: 8 } as const;
const DYNAMIC_BYTES = 16;
/** Relocations by which a library's variable comes to lie in the executable: R_X86_64_COPY, R_AARCH64_COPY. */
const COPY = { x64: 5, arm64: 1024 } as const;
const RELA = { address: 0, type: 8, symbol: 12, bytes: 24 } as const;
const SYMBOL_BYTES = 24;
/** The C library has one variable by these names; which of them is there is the linker's choice. */
const NAMES: readonly string[] = ["environ", "_environ", "__environ"];

/** Its address; undefined where the executable has no such variable, or its tables are not within the file. */
export function findEnviron(file: Uint8Array, headers: ProgramHeaders): bigint | undefined {
  try {
    return environIn(new DataView(file.buffer, file.byteOffset, file.byteLength), headers);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function environIn(view: DataView, { arch, places }: ProgramHeaders): bigint | undefined {
  const table = dynamicTable(view, places);
  const at = (tag: number): number => offsetOf(view, places, table.get(tag) ?? -1);
  const [relocations, symbols, texts] = [at(DT.RELA), at(DT.SYMTAB), at(DT.STRTAB)];
  const end = relocations + (table.get(DT.RELASZ) ?? 0);
  for (let place = relocations; place < end; place += RELA.bytes) {
    if (view.getUint32(place + RELA.type, true) !== COPY[arch]) continue;
    const symbol = symbols + view.getUint32(place + RELA.symbol, true) * SYMBOL_BYTES;
    const name = texts + view.getUint32(symbol, true);
    if (NAMES.some((one) => isTextAt(view, name, one))) return view.getBigUint64(place + RELA.address, true);
  }
  return undefined;
}

/** What it says to ld.so, by its tags; nothing in one that is not loaded by it. */
function dynamicTable(view: DataView, places: readonly number[]): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  const header = places.find((at) => view.getUint32(at + PHDR.type, true) === PT.DYNAMIC);
  if (header === undefined) return table;
  const from = wordAt(view, header + PHDR.offset);
  const end = from + wordAt(view, header + PHDR.fileBytes);
  for (let at = from; at < end; at += DYNAMIC_BYTES) table.set(wordAt(view, at), wordAt(view, at + 8));
  return table;
}

/** Where in the file an address is. Throws where it is nowhere. */
function offsetOf(view: DataView, places: readonly number[], address: number): number {
  for (const at of places) {
    const into = address - wordAt(view, at + PHDR.address);
    const isLoaded = view.getUint32(at + PHDR.type, true) === PT.LOAD;
    if (isLoaded && into >= 0 && into < wordAt(view, at + PHDR.fileBytes)) return wordAt(view, at + PHDR.offset) + into;
  }
  throw new RangeError("the file does not have this address");
}

/** True if these letters stand there, and a NUL behind them. */
function isTextAt(view: DataView, at: number, text: string): boolean {
  for (let n = 0; n < text.length; n++) if (view.getUint8(at + n) !== text.charCodeAt(n)) return false;
  return view.getUint8(at + text.length) === 0;
}

function wordAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
