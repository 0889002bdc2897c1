// Memory that the kernel, the runner and JavaScript share: mapped by mmap(2), so that no garbage collector owns it.
import { CFunction, FFIType, type Pointer, toArrayBuffer } from "bun:ffi";
import { MAP, PROT } from "#ffi/uapi/mman.ts";
import { syscall } from "./syscall.ts";

/** A mapping and its address. */
export interface Mapping {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Zeroed, writable, private memory. Throws SyscallError. */
export function mapMemory(size: number): Mapping {
  const prot = PROT.READ | PROT.WRITE;
  const address = syscall(`${size} bytes`, "mmap", 0, size, prot, MAP.PRIVATE | MAP.ANONYMOUS, -1, 0);
  return { address, bytes: viewMemory(address, size) };
}

/** Gives a mapping back. Its bytes must not be used after that. */
export function unmapMemory(mapping: Mapping, size: number): void {
  syscall(`${size} bytes`, "munmap", mapping.address, size);
}

function viewMemory(address: number, size: number): Uint8Array {
  // SAFETY: the mapping stays until unmapMemory(); bun:ffi's Pointer is a number with a brand.
  return new Uint8Array(toArrayBuffer(address as Pointer, 0, size));
}

/** Machine code as a function of one address. Never writable and executable at once. Throws SyscallError. */
export function mapFunction(code: Uint8Array): (argument: number) => number {
  const mapping = mapMemory(code.length);
  mapping.bytes.set(code);
  syscall("machine code", "mprotect", mapping.address, code.length, PROT.READ | PROT.EXEC);
  const native = CFunction({
    // SAFETY: the mapping is never given back.
    ptr: mapping.address as Pointer, // a Pointer is a number with a brand
    args: [FFIType.i64],
    returns: FFIType.i64_fast,
  });
  return (argument) => Number(native(argument));
}
