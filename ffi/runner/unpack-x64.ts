// What a compiled box begins with, for x86-64: it unpacks its data, see pack.ts. Registers are free, the stack is below
// what the kernel has left there.
import type { Listing } from "./x64.ts";

export const X64_UNPACK_LISTING: Listing = [
  ["be 00 00 00 00", "mov esi, 0", "what is packed; filled in"],
  ["bf 00 00 00 00", "mov edi, 0", "where the first chunk goes; filled in"],
  ["", "chunk:", ""],
  ["48 89 f3", "mov rbx, rsi", ""],
  ["48 8d 77 90", "lea rsi, [rdi-112]", "as the chunk before"],
  ["6a 0e", "push 14", ""],
  ["59", "pop rcx", ""],
  ["f3 48 a5", "rep movsq", ""],
  ["48 89 de", "mov rsi, rbx", ""],
  ["83 47 f8 70", "add dword ptr [rdi-8], 112", "but for the record's next, which is one further"],
  ["ad", "lodsd", ""],
  ["92", "xchg edx, eax", "which words are others"],
  ["", "patch:", ""],
  ["0f bc ca", "bsf ecx, edx", "the next of them"],
  ["74 0c", "je done", ""],
  ["ad", "lodsd", ""],
  ["89 44 8f 90", "mov [rdi+rcx*4-112], eax", ""],
  ["8d 42 ff", "lea eax, [rdx-1]", ""],
  ["21 c2", "and edx, eax", ""],
  ["eb ef", "jmp patch", ""],
  ["", "done:", ""],
  ["81 ff ff ff ff 7f", "cmp edi, 0x7fffffff", "the end; filled in"],
  ["72 d1", "jb chunk", ""],
];

/** Where the addresses go: of what is packed, of the first chunk, of the end. */
export const X64_UNPACK_FILLED: readonly number[] = [1, 6, 51];
