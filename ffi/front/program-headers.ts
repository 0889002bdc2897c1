// The program headers of an executable that is loaded where it says. See elf(5).
import { MACHINE } from "#ffi/runner/elf.ts";

export const EHDR_AT = { type: 16, machine: 18, entry: 24, headers: 32, headerBytes: 54, headerCount: 56 } as const;
export const PHDR = {
  type: 0,
  flags: 4,
  offset: 8,
  address: 16,
  physical: 24,
  fileBytes: 32,
  memoryBytes: 40,
  align: 48,
  bytes: 56,
} as const;
const EHDR_BYTES = 64;
const ELF_64_LITTLE = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
const ET_EXEC = 2;

export interface ProgramHeaders {
  readonly arch: "x64" | "arm64";
  /** Where each of them stands in the file. */
  readonly places: readonly number[];
}

/** Undefined for what is another kind of file, or whose headers are not all within `view`. */
export function programHeaders(view: DataView): ProgramHeaders | undefined {
  if (view.byteLength < EHDR_BYTES || ELF_64_LITTLE.some((byte, at) => view.getUint8(at) !== byte)) return undefined;
  const machine = view.getUint16(EHDR_AT.machine, true);
  const arch = machine === MACHINE.x64 ? "x64" : machine === MACHINE.arm64 ? "arm64" : undefined;
  const headers = Number(view.getBigUint64(EHDR_AT.headers, true));
  const count = view.getUint16(EHDR_AT.headerCount, true);
  const isWhole = headers + count * PHDR.bytes <= view.byteLength;
  if (view.getUint16(EHDR_AT.type, true) !== ET_EXEC || arch === undefined || !isWhole) return undefined;
  if (view.getUint16(EHDR_AT.headerBytes, true) !== PHDR.bytes) return undefined;
  return { arch, places: Array.from({ length: count }, (_, n) => headers + n * PHDR.bytes) };
}
