// What expands a compiled box's texts, for x86-64: see squeeze.ts. It is a signal's handler, for a tape can call nothing
// else; behind it stands what a handler returns to, see sigreturn(2).
import type { Listing } from "./x64.ts";

export const X64_EXPAND_LISTING: Listing = [
  ["be ff ff ff 7f", "mov esi, 0x7fffffff", "what is squeezed; filled in"],
  ["bf ff ff ff 7f", "mov edi, 0x7fffffff", "where it goes; filled in"],
  ["", "next:", ""],
  ["ac", "lodsb", ""],
  ["0f b6 c8", "movzx ecx, al", ""],
  ["84 c9", "test cl, cl", ""],
  ["78 06", "js match", ""],
  ["ff c1", "inc ecx", ""],
  ["f3 a4", "rep movsb", "what follows"],
  ["eb 10", "jmp check", ""],
  ["", "match:", ""],
  ["83 e9 7c", "sub ecx, 124", ""],
  ["66 ad", "lodsw", ""],
  ["0f b7 c0", "movzx eax, ax", ""],
  ["56", "push rsi", ""],
  ["89 fe", "mov esi, edi", ""],
  ["29 c6", "sub esi, eax", ""],
  ["f3 a4", "rep movsb", "what lies further back"],
  ["5e", "pop rsi", ""],
  ["", "check:", ""],
  ["81 ff ff ff ff 7f", "cmp edi, 0x7fffffff", "the end; filled in"],
  ["72 da", "jb next", ""],
  ["c3", "ret", ""],
  ["", "restorer:", ""],
  ["b8 0f 00 00 00", "mov eax, 15", "rt_sigreturn"],
  ["0f 05", "syscall", ""],
];

/** Where the addresses go: of what is squeezed, of the first byte, of the end. */
export const X64_EXPAND_FILLED: readonly number[] = [1, 6, 42];
