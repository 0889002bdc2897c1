// One system call from JavaScript. Every wrapper in this folder goes through here.
import { ptr, read } from "bun:ffi";
import { type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";
import { syscallNumber, type SyscallName } from "#ffi/uapi/syscalls.ts";
import { libc } from "./symbols.ts";

const ARCH: "x64" | "arm64" = process.arch === "arm64" ? "arm64" : "x64";

/** A failed system call: its name, errno, and what it was about. */
export class SyscallError extends Error {
  readonly syscall: string;
  readonly errno: number;
  readonly operand: string;

  constructor(syscall: string, errno: number, operand: string) {
    super(`${syscall} ${operand}: errno ${errno}`);
    this.name = "SyscallError";
    this.syscall = syscall;
    this.errno = errno;
    this.operand = operand;
  }

  is(name: ErrnoName): boolean {
    return this.errno === errnoNumber(name);
  }
}

type Word = number | bigint | Uint8Array | string;

const encoder: TextEncoder = new TextEncoder();

/** Kept alive for as long as the call runs. */
function address(arg: bigint | Uint8Array | string, held: Uint8Array[]): number | bigint {
  if (typeof arg === "bigint") return arg;
  const bytes = typeof arg === "string" ? encoder.encode(`${arg}\0`) : arg;
  if (bytes.length === 0) return 0;
  held.push(bytes);
  // SAFETY: `held` references the bytes until the call has returned, and bun does not move typed arrays.
  return ptr(bytes);
}

/**
 * Issues a system call; a text is passed with a NUL, bytes by their address. Returns the result, or -errno.
 *
 * Six parameters and no list of them, and no call for a number: this runs hundreds of times in an interpreter.
 */
export function rawSyscall(
  name: SyscallName,
  a0: Word = 0,
  a1: Word = 0,
  a2: Word = 0,
  a3: Word = 0,
  a4: Word = 0,
  a5: Word = 0,
): number {
  const library = libc();
  const held: Uint8Array[] = [];
  const result = library.syscall(
    syscallNumber(ARCH, name),
    typeof a0 === "number" ? a0 : address(a0, held),
    typeof a1 === "number" ? a1 : address(a1, held),
    typeof a2 === "number" ? a2 : address(a2, held),
    typeof a3 === "number" ? a3 : address(a3, held),
    typeof a4 === "number" ? a4 : address(a4, held),
    typeof a5 === "number" ? a5 : address(a5, held),
  );
  if (result !== -1) return result;
  const where = library.__errno_location();
  // SAFETY: __errno_location points to this thread's errno, valid as long as the thread.
  return -read.i32(where as Parameters<typeof read.i32>[0], 0); // a Pointer is a number with a brand
}

/** As rawSyscall(), but throws SyscallError; `operand` says what it was about. */
export function syscall(
  operand: string,
  name: SyscallName,
  a0: Word = 0,
  a1: Word = 0,
  a2: Word = 0,
  a3: Word = 0,
  a4: Word = 0,
  a5: Word = 0,
): number {
  const result = rawSyscall(name, a0, a1, a2, a3, a4, a5);
  if (result < 0) throw new SyscallError(name, -result, operand);
  return result;
}
