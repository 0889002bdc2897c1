// Error numbers by name and names by number. The table is a text, as those of system calls are: an object of so many names
// takes every start its time, and few are asked for. In a file of its own, or the bundler repeats it where it is used.
import { ERRNO_TABLE } from "./errno-table.ts";

// Found is carried along, so that the compiler can go on without a stack.
type Names<Table extends string, Found = never> = Table extends `${infer Name} ${string}\n${infer Rest}`
  ? Names<Rest, Found | Name>
  : Found;

/** The name of an errno, such as "EPERM". */
export type ErrnoName = typeof ERRNO_TABLE extends `\n${infer Rows}` ? Names<Rows> : never;

/** What has been asked for: the same few again and again. */
const NUMBERS = new Map<ErrnoName, number>();

/** 1 of "EPERM". */
export function errnoNumber(name: ErrnoName): number {
  const known = NUMBERS.get(name);
  if (known !== undefined) return known;
  const number = Number.parseInt(rowOf(name), 10);
  NUMBERS.set(name, number);
  return number;
}

/** "Operation not permitted" of "EPERM". */
export function errnoMessage(name: ErrnoName): string {
  const row = rowOf(name);
  return row.slice(row.indexOf(" ") + 1);
}

/** What stands behind a name: its number and its message. */
function rowOf(name: ErrnoName): string {
  const line = `\n${name} `;
  const at = ERRNO_TABLE.indexOf(line) + line.length;
  return ERRNO_TABLE.slice(at, ERRNO_TABLE.indexOf("\n", at));
}

/** "EPERM" of 1, or undefined where Linux has none of that number. */
export function errnoName(number: number): ErrnoName | undefined {
  // Messages have numbers too, but behind the lines of these: the first one is the errno's.
  const end = ERRNO_TABLE.indexOf(` ${number} `);
  const name = ERRNO_TABLE.slice(ERRNO_TABLE.lastIndexOf("\n", end) + 1, end);
  return end !== -1 && isErrnoName(name) ? name : undefined;
}

/** True if this is the name of an errno. */
export function isErrnoName(text: string): text is ErrnoName {
  return !text.includes(" ") && !text.includes("\n") && ERRNO_TABLE.includes(`\n${text} `);
}

/** All of them, for who wants to go through them. */
export function errnoNames(): readonly ErrnoName[] {
  const lines = ERRNO_TABLE.trim().split("\n");
  return lines.map((line) => line.slice(0, line.indexOf(" "))).filter(isErrnoName);
}
