// What bun:ffi is made of. The module itself is JavaScript over this object, and the engine reads and compiles it anew in
// every process, 0.1 ms; what it adds to these five are other types of arguments, and errors that are thrown.
import type { Pointer, ptr as Ptr, read as Read, toArrayBuffer as ToArrayBuffer } from "bun:ffi";

/** How a native function is called. */
export interface Signature {
  readonly args: readonly "i64"[];
  readonly returns: "i64_fast" | "ptr";
}

/** Where it fails, it gives the error. */
interface Native {
  readonly ptr: typeof Ptr;
  readonly read: typeof Read;
  readonly toArrayBuffer: typeof ToArrayBuffer;
  dlopen(name: string, symbols: Readonly<Record<string, Signature>>): { readonly symbols: object } | Error;
  cfunction(options: Signature & { readonly ptr: Pointer }, name: string): ((argument: number) => unknown) | Error;
}

const found: Native | undefined = (Bun as { readonly FFI?: Native }).FFI; // bun-types doesn't tell of it
if (found === undefined) throw new Error("Cannot call the kernel: this Bun has no Bun.FFI, on which bun:ffi was built");
const native: Native = found;

export const ptr: Native["ptr"] = native.ptr;
export const read: Native["read"] = native.read;
export const toArrayBuffer: Native["toArrayBuffer"] = native.toArrayBuffer;

/** The symbols of a library, see dlopen(3). Throws where it, or one of them, isn't there. */
export function openLibrary(name: string, symbols: Readonly<Record<string, Signature>>): object {
  const library = native.dlopen(name, symbols);
  if (library instanceof Error) throw library;
  return library.symbols;
}

/** The function that begins at this address. */
export function functionAt(address: Pointer, signature: Signature): (argument: number) => unknown {
  const made = native.cfunction({ ptr: address, ...signature }, "native");
  if (made instanceof Error) throw made;
  return made;
}
