// Memory that the kernel, the runner and JavaScript share: mapped by mmap(2), so that no garbage collector owns it.
import { CFunction, FFIType, type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { MAP, PROT } from "#ffi/uapi/mman.ts";
import { syscall } from "./syscall.ts";

/** The address of zeroed, writable memory; shared, a child with a copy of this process's memory still has it in common. */
export function mapMemory(size: number, sharing: "private" | "shared" = "private"): number {
  const prot = PROT.READ | PROT.WRITE;
  const flags = sharing === "shared" ? MAP.SHARED : MAP.PRIVATE;
  return syscall(`${size} bytes`, "mmap", 0, size, prot, flags | MAP.ANONYMOUS, -1, 0);
}

/** Gives memory back. No view of it may be used after that. */
export function unmapMemory(address: number, size: number): void {
  syscall(`${size} bytes`, "munmap", address, size);
}

/** Bytes of such memory. As few as are needed: the garbage collector counts them as its own, and starts its threads. */
export function viewMemory(address: number, size: number): Uint8Array {
  // SAFETY: the mapping stays until unmapMemory(); bun:ffi's Pointer is a number with a brand.
  return new Uint8Array(toArrayBuffer(address as Pointer, 0, size));
}

/** Where these bytes lie, for as long as somebody holds them: what is left to the garbage collector need not be unmapped. */
export function addressOf(bytes: Uint8Array): number {
  // SAFETY: Bun does not move typed arrays.
  return ptr(bytes);
}

/** Machine code as a function of one address. Never writable and executable at once. Throws SyscallError. */
export function mapFunction(code: Uint8Array): (argument: number) => number {
  const address = mapMemory(code.length);
  viewMemory(address, code.length).set(code);
  syscall("machine code", "mprotect", address, code.length, PROT.READ | PROT.EXEC);
  const native = CFunction({
    // SAFETY: the mapping is never given back.
    ptr: address as Pointer, // a Pointer is a number with a brand
    args: [FFIType.i64],
    returns: FFIType.i64_fast,
  });
  return (argument) => Number(native(argument));
}
