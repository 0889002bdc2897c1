// "Did you mean": the nearest of the known words.

/** Longer ones are nobody's slip of a flag. */
const WORD_MAX = 64;

/** More edits than this are a slip less often than a known word written out: --network for --net. */
const SLIP_MAX = 2;
const BEGINNING_MIN = 4;

/** The known word with the fewest edits away, if it is near enough to be meant; else the one that it begins with. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > WORD_MAX) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return bestDistance <= SLIP_MAX ? best : (longestBeginning(word, known) ?? best);
}

function longestBeginning(word: string, known: readonly string[]): string | undefined {
  const beginnings = known.filter((one) => one.length >= BEGINNING_MIN && word.startsWith(one));
  return beginnings.toSorted((a, b) => b.length - a.length)[0];
}

/** How many letters to insert, delete, change or swap with their neighbour. */
export function editDistance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
