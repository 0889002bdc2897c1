// The only dlopen in nsbox. syscall(2) reaches every call of the kernel with one symbol, and opening libc
// costs by the symbol, so the table stays at two.
import { dlopen, FFIType } from "bun:ffi";

/** glibc's name first; musl has the same functions under its own. */
const LIBRARIES = ["libc.so.6", "libc.so"] as const;

export interface LibcSymbols {
  syscall(
    nr: number,
    a0: number | bigint,
    a1: number | bigint,
    a2: number | bigint,
    a3: number | bigint,
    a4: number | bigint,
    a5: number | bigint,
  ): number;
  __errno_location(): number;
}

function open(name: string): LibcSymbols {
  const word = FFIType.i64;
  const library = dlopen(name, {
    syscall: { args: [word, word, word, word, word, word, word], returns: FFIType.i64_fast },
    __errno_location: { args: [], returns: FFIType.ptr },
  });
  // bun:ffi types what "i64_fast" returns as number | bigint; results of system calls are far below 2^53.
  return library.symbols as LibcSymbols;
}

let opened: LibcSymbols | undefined;

/** libc, opened at the first call. */
export function libc(): LibcSymbols {
  if (opened !== undefined) return opened;
  try {
    opened = open(LIBRARIES[0]);
  } catch {
    opened = open(LIBRARIES[1]);
  }
  return opened;
}
