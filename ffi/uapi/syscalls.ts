// System call names and numbers, both ways, for the machines that nsbox runs on.
// The tables are texts, a line for each call: an object of so many names costs a quarter of a millisecond to make,
// in every program that loads it, and few names are ever asked for.
import { ARM64 } from "./syscalls-arm64.ts";
import { X64 } from "./syscalls-x64.ts";

// Found is carried along, so that the compiler can go on without a stack.
type Names<Table extends string, Found = never> = Table extends `${infer Name} ${string}\n${infer Rest}`
  ? Names<Rest, Found | Name>
  : Found;
type Rows<Text extends string> = Text extends `\n${infer Table}` ? Table : never;

/** The name of a system call that x86-64 or arm64 has. */
export type SyscallName = Names<Rows<typeof X64>> | Names<Rows<typeof ARM64>>;

const TABLES: Readonly<Record<"x64" | "arm64", string>> = { x64: X64, arm64: ARM64 };

/** What has been asked for: a tape asks for the same few names again and again. */
const NUMBERS: Readonly<Record<"x64" | "arm64", Map<SyscallName, number>>> = { x64: new Map(), arm64: new Map() };

/** The number of a system call on this machine. Throws a RangeError where it has none, as for open(2) on arm64. */
export function syscallNumber(arch: "x64" | "arm64", name: SyscallName): number {
  const known = NUMBERS[arch].get(name);
  if (known !== undefined) return known;
  const table = TABLES[arch];
  const line = `\n${name} `;
  const at = table.indexOf(line);
  if (at === -1) throw new RangeError(`Cannot number a system call: ${arch} has no "${name}"`);
  const number = Number.parseInt(table.slice(at + line.length, at + line.length + 4), 10);
  NUMBERS[arch].set(name, number);
  return number;
}

/** The name of the system call with this number, or undefined where the machine has none. */
export function syscallName(arch: "x64" | "arm64", nr: number): string | undefined {
  const table = TABLES[arch];
  const end = Math.max(table.indexOf(` ${nr}\n`), table.indexOf(` ${nr} since `));
  return end === -1 ? undefined : table.slice(table.lastIndexOf("\n", end) + 1, end);
}

/** The whole table of a machine, for who wants to go through it. */
export function syscallTable(arch: "x64" | "arm64"): Readonly<Record<string, number>> {
  const lines = TABLES[arch].trim().split("\n");
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]));
}
