// Becomes another program, see execveat(2).
import { ptr } from "bun:ffi";
import { AT } from "#ffi/uapi/fcntl.ts";
import type { Fd } from "./fd.ts";
import { syscall } from "./syscall.ts";

/** Replaces this process by the open file. Returns only by throwing SyscallError. */
export function execFile(file: Fd, argv: readonly string[], env: readonly string[]): never {
  const encoder = new TextEncoder();
  const texts = [argv, env].map((list) => list.map((text) => encoder.encode(`${text}\0`)));
  // SAFETY: the texts and the arrays of their addresses are referenced until the call, which ends this program.
  const arrays = texts.map(
    (list) => new Uint8Array(BigUint64Array.from([...list.map((text) => BigInt(ptr(text))), 0n]).buffer),
  );
  const [words, variables] = arrays;
  syscall("this program", "execveat", file, "", words, variables, AT.EMPTY_PATH);
  throw new RangeError(`execveat has returned, with ${texts.length} lists`);
}
