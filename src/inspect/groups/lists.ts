// What lists have as methods, as plain loops. The engine has map(), filter(), find() and their like in JavaScript, and
// compiles each when it is first called, 10 to 60 µs; `inspect` calls everything once (D-57).

/** As list.map(). */
export function mapList<T, U>(list: readonly T[], map: (one: T) => U): readonly U[] {
  const all: U[] = [];
  for (const one of list) all.push(map(one));
  return all;
}

/** As list.filter(). */
export function keep<T>(list: readonly T[], isKept: (one: T) => boolean): readonly T[] {
  const kept: T[] = [];
  for (const one of list) if (isKept(one)) kept.push(one);
  return kept;
}

/** As list.find(). */
export function findIn<T>(list: readonly T[], isIt: (one: T) => boolean): T | undefined {
  for (const one of list) if (isIt(one)) return one;
  return undefined;
}

/** As list.some(). */
export function hasAny<T>(list: readonly T[], isIt: (one: T) => boolean): boolean {
  for (const one of list) if (isIt(one)) return true;
  return false;
}

/** As list.flatMap(). */
export function gather<T, U>(list: readonly T[], partsOf: (one: T) => readonly U[]): readonly U[] {
  const all: U[] = [];
  for (const one of list) all.push(...partsOf(one));
  return all;
}

/** As Map.groupBy(). */
export function groupBy<T, K>(list: readonly T[], keyOf: (one: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}
