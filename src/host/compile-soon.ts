// nsbox's engine is slow to compile anything (scripts/build.ts: its threads cost more than they bring). What is called a
// million times is worth it.
import { numberOfDFGCompiles, optimizeNextInvocation } from "bun:jsc";

/** It has no effect before a function has been called for a while. */
const ROUNDS = 128;

/** Told of each round of a loop: has the functions that it calls compiled for good as soon as they can be. */
export function compileSoon(round: number, functions: readonly ((...args: never) => unknown)[]): void {
  if (round % ROUNDS !== 0) return;
  for (const one of functions as readonly (() => unknown)[])
    // they are not called here
    if (numberOfDFGCompiles(one) === 0) optimizeNextInvocation(one);
}
