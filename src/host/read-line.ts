// One line from stdin, without process.stdin, which the way to a box can't afford.
import { asFd, readInto } from "#ffi/libc/fd.ts";

/** Waits for Enter; the line without it, undefined once stdin has ended. Throws SyscallError. */
export function readLine(): string | undefined {
  const byte = new Uint8Array(1);
  const bytes: number[] = [];
  while (readInto(asFd(0), byte) === 1) {
    const [value = 0] = byte;
    if (value === 10) return new TextDecoder().decode(new Uint8Array(bytes));
    bytes.push(value);
  }
  return undefined;
}
