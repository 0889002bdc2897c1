// What a ready box is found by: the words up to the command's first, the folder, and some variables. The front compares
// the same bytes, as the kernel lays them out when a program starts. Pure.
import { DECIDING_VARIABLES } from "#ffi/front/ready-layout.ts";
import type { HostFacts } from "#src/spec/facts.ts";

export interface ReadyKey {
  /** Words, folder, variables, with a NUL behind each text. */
  readonly stretches: readonly Uint8Array[];
  /** Which word of argv the command begins with. */
  readonly commandAt: number;
}

const DASH = 0x2d;
/** argv begins with nsbox, run. */
const FIRST_FLAG = 2;
const RUN = "run\0";
/** More are not looked at: each run would look at all of them, and hardly any two have the same. */
const WORDS_MAX = 500;

/** From /proc/self/cmdline; undefined where that is another program's, flags don't end with "--", or nothing follows. */
export function readyKey(cmdline: Uint8Array, { cwd, env }: Pick<HostFacts, "cwd" | "env">): ReadyKey | undefined {
  const ends: number[] = [];
  for (let end = cmdline.indexOf(0); end >= 0 && ends.length <= WORDS_MAX; end = cmdline.indexOf(0, end + 1))
    ends.push(end + 1);
  const startOf = (word: number): number => ends[word - 1] ?? cmdline.length;
  const isDashes = (word: number): boolean =>
    (ends[word] ?? 0) - startOf(word) === 3 && cmdline[startOf(word)] === DASH && cmdline[startOf(word) + 1] === DASH;
  // ld.so(8) with nsbox as an argument has words of its own in front.
  if (new TextDecoder().decode(cmdline.subarray(startOf(FIRST_FLAG - 1), ends[FIRST_FLAG - 1])) !== RUN)
    return undefined;
  let commandAt = FIRST_FLAG;
  if (cmdline[startOf(FIRST_FLAG)] === DASH) {
    while (commandAt < ends.length && !isDashes(commandAt)) commandAt++;
    commandAt++;
  }
  const end = ends[commandAt];
  if (end === undefined || commandAt >= WORDS_MAX) return undefined;
  const encoder = new TextEncoder();
  const stretches = [cmdline.subarray(startOf(FIRST_FLAG), end), encoder.encode(`${cwd}\0`)];
  for (const name of DECIDING_VARIABLES) {
    const value = env[name];
    stretches.push(value === undefined ? new Uint8Array() : encoder.encode(`${name}=${value}\0`));
  }
  return { stretches, commandAt };
}

/** The file's name, from the stretches' Adler-32: a nibble a letter, "a" to "p". Equal names are told apart by content. */
export function readyName(sum: number): string {
  let name = "";
  for (let shift = 28; shift >= 0; shift -= 4) name += String.fromCharCode(0x61 + ((sum >>> shift) & 15));
  return name;
}
