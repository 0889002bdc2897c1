// Tape → what each record says. Strings are read back, so that people can read a tape without its plan.
import { syscallName } from "#ffi/uapi/syscalls.ts";
import { NEVER, RECORD_BYTES, WORD } from "./format.ts";

export interface DisassembledCase {
  readonly equals: bigint;
  readonly then: number;
}

/** One record; targets are record indices, -1 for the end of the tape. */
export interface Disassembled {
  readonly name: string;
  readonly args: readonly bigint[];
  readonly store: number;
  readonly cases: readonly DisassembledCase[];
  readonly fail: number;
  readonly next: number;
}

/** Reads `count` records back. */
export function disassemble(
  tape: { bytes: Uint8Array; base: number },
  count: number,
  arch: "x64" | "arm64",
): readonly Disassembled[] {
  const { bytes, base } = tape;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: Disassembled[] = [];
  for (let record = 0; record < count; record++) {
    const word = (n: number): bigint => view.getBigInt64(record * RECORD_BYTES + n * 8, true);
    const target = (n: number): number => (word(n) === 0n ? -1 : (Number(word(n)) - base) / RECORD_BYTES);
    const nr = Number(word(WORD.nr));
    const cases: DisassembledCase[] = [];
    if (word(WORD.when1) !== NEVER) cases.push({ equals: word(WORD.when1), then: target(WORD.then1) });
    if (word(WORD.when2) !== NEVER) cases.push({ equals: word(WORD.when2), then: target(WORD.then2) });
    rows.push({
      name: nr < 0 ? "load" : (syscallName(arch, nr) ?? `syscall ${nr}`),
      args: [0, 1, 2, 3, 4, 5].map((n) => word(WORD.a0 + n)),
      store: Number(word(WORD.store)),
      cases,
      fail: target(WORD.fail),
      next: target(WORD.next),
    });
  }
  return rows;
}

/** The text at an address of the tape, up to its NUL. */
export function textAt(tape: { bytes: Uint8Array; base: number }, address: number): string {
  const start = address - tape.base;
  const end = tape.bytes.indexOf(0, start);
  return new TextDecoder().decode(tape.bytes.subarray(start, end));
}
