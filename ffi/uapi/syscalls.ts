// System call names and numbers, both ways, for the machines that nsbox runs on.
import { ARM64 } from "./syscalls-arm64.ts";
import { X64 } from "./syscalls-x64.ts";

/** The name of a system call that x86-64 or arm64 has. */
export type SyscallName = keyof typeof X64 | keyof typeof ARM64;

type Table = Readonly<Partial<Record<SyscallName, number>>>;

const TABLES: Readonly<Record<"x64" | "arm64", Table>> = { x64: X64, arm64: ARM64 };

/** The number of a system call on this machine. Throws a RangeError where it has none, as for open(2) on arm64. */
export function syscallNumber(arch: "x64" | "arm64", name: SyscallName): number {
  const nr = TABLES[arch][name];
  if (nr === undefined) throw new RangeError(`Cannot number a system call: ${arch} has no "${name}"`);
  return nr;
}

/** The name of the system call with this number, or undefined where the machine has none. */
export function syscallName(arch: "x64" | "arm64", nr: number): string | undefined {
  for (const [name, number] of Object.entries(TABLES[arch])) if (number === nr) return name;
  return undefined;
}
