// The vocabulary in which plans speak of system calls: one Call is one call, as data.
// Nothing here knows an address; the assembler finds one for every string, struct and label.
import type { ErrnoName } from "#ffi/uapi/errno.ts";
import type { SyscallName } from "#ffi/uapi/syscalls.ts";

/** One word that a call is given. */
export type Arg =
  | number
  | bigint
  /** The address of this text, with a NUL behind it. */
  | string
  /** The address of these bytes; equal constants share one place. */
  | Uint8Array
  /** The number of an open file that has a name in the plan. */
  | { readonly kind: "fd"; readonly name: string }
  /** The address of an array of pointers to texts, with a NULL behind it: argv, envp. */
  | { readonly kind: "strings"; readonly texts: readonly string[] }
  | MemoryArg
  /** The address of an array of words, themselves Args: a struct with pointers in it. */
  | { readonly kind: "words"; readonly words: readonly Arg[] }
  /** The address of the two words that a failing call leaves in this one when it fails to it: a report. */
  | { readonly kind: "failure" }
  /** The address of the call with this label, which may stand on another tape. */
  | { readonly kind: "address"; readonly label: string }
  | ResultArg;

/** The address `at` bytes into a zeroed area that calls share by its name. */
export interface MemoryArg {
  readonly kind: "memory";
  readonly name: string;
  readonly size: number;
  readonly at: number;
}

/** What the call with this label returned; the runner stores it here. */
export interface ResultArg {
  readonly kind: "result";
  readonly label: string;
}

/** A result that is not simply success or failure. `then` is a label, or "next". */
export interface Case {
  readonly equals: number | ErrnoName | ResultArg;
  readonly then: string;
}

/**
 * One call. `load` is the runner's own: its result is the 32-bit word at args[0] plus args[1].
 *
 * A result that equals a case goes where the case says; another error goes to `fail`, or where that is
 * missing is reported and ends the process; all else goes to `then`, or the next call.
 */
export interface Call {
  readonly name: SyscallName | "load";
  readonly args: readonly Arg[];
  readonly label?: string;
  /** The result is an open file, known by this name from here on. */
  readonly as?: string;
  /** The result is also written to this memory, 8 bytes. */
  readonly save?: MemoryArg;
  /** Two at most. */
  readonly cases?: readonly Case[];
  readonly fail?: string;
  /** The call's sixth argument, which the kernel doesn't look at: a word for who reads of its failure. */
  readonly tag?: bigint;
  /** A label, or "return": end of the tape, back to who ran it. */
  readonly then?: string;
}

/** What a call may be besides its name and arguments. */
export type CallOptions = Omit<Call, "name" | "args">;

/** A call; see Call for the options. */
export function call(name: Call["name"], args: readonly Arg[], options: CallOptions = {}): Call {
  return { name, args, ...options };
}

/** A case that lets this one errno pass, see Call. */
export function tolerate(...errnos: readonly ErrnoName[]): { readonly cases: readonly Case[] } {
  const cases: Case[] = [];
  for (const equals of errnos) cases.push({ equals, then: "next" });
  return { cases };
}

/** The number of the open file with this name. */
export function fd(name: string): Arg {
  return { kind: "fd", name };
}

/** See MemoryArg. */
export function memory(name: string, size: number, at = 0): MemoryArg {
  return { kind: "memory", name, size, at };
}

/** See Arg's "strings". */
export function strings(texts: readonly string[]): Arg {
  return { kind: "strings", texts };
}

/** See Arg's "words". */
export function words(...list: readonly Arg[]): Arg {
  return { kind: "words", words: list };
}

/** See ResultArg. */
export function result(label: string): ResultArg {
  return { kind: "result", label };
}
