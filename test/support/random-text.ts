// Random words from a fixed seed: the same on every run, so that what fails once fails again. `npm run fuzz` takes
// more of them, from a seed of its own that it prints.
import { expect } from "bun:test";
import { NsboxError } from "#src/error.ts";

/** How many random words each parser must stand. */
export const CASES: number = Number(process.env["NSBOX_FUZZ_CASES"] ?? 10_000);

/** Where the random numbers begin. */
export const SEED: number = Number(process.env["NSBOX_FUZZ_SEED"] ?? 20_240_601);

/** Numbers from 0 to below `end`. */
export type Random = (end: number) => number;

/** The mulberry32 generator. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return (end) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
}

/** One of the words; "" of none. */
export function pick(random: Random, words: readonly string[]): string {
  return words[random(words.length)] ?? "";
}

/** Words that upset parsers. */
const NASTY: readonly string[] = ["", " ", "\0", "\n", "\\", ":", "=", ",", "-", "--", "é", "💥", "__proto__", "NaN"];

/** Up to `length` pieces of the grammar's own, now and then a nasty one among them. */
export function randomText(random: Random, pieces: readonly string[], length: number = 8): string {
  return Array.from({ length: random(length + 1) }, () => pick(random, random(10) === 0 ? NASTY : pieces)).join("");
}

/** How many of the random words a grammar took. */
export interface Tally {
  readonly taken: number;
  readonly refused: number;
}

/** Calls `attempt` for every case; what it throws must be an NsboxError that says what is wrong and what to do. */
export function tryRandomly(attempt: (random: Random) => void): Tally {
  const random = seededRandom(SEED);
  let refused = 0;
  for (let n = 0; n < CASES; n++) {
    try {
      attempt(random);
    } catch (error) {
      if (!(error instanceof NsboxError)) throw error;
      refused++;
      expect(error.code).toBe("EUSAGE");
      expect(error.message).toMatch(/^Cannot /);
      expect(error.hint ?? "").not.toBe("");
    }
  }
  return { taken: CASES - refused, refused };
}
