// Prints flag words in the words of the headers.

/**
 * "MS_REC|MS_PRIVATE": the names of the bits of `word`, lowest bit first; bits without a name in hex, no bits as "0".
 *
 * The prefix is what the header puts before each name of the table, such as "MS_".
 */
export function flagNames(
  table: Readonly<Record<string, number | bigint>>,
  prefix: string,
  word: number | bigint,
): string {
  let rest = unsigned(word);
  const found: { readonly name: string; readonly bits: bigint }[] = [];
  for (const [name, bits] of widestFirst(table)) {
    if ((rest & bits) !== bits) continue;
    found.push({ name: prefix + name, bits });
    rest &= ~bits;
  }
  found.sort((a, b) => (a.bits < b.bits ? -1 : 1));
  const names = found.map((flag) => flag.name);
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names.length === 0 ? "0" : names.join("|");
}

// Names of several bits (O_SYNC holds O_DSYNC) go before the names of their parts; the first of two aliases wins.
function widestFirst(table: Readonly<Record<string, number | bigint>>): readonly (readonly [string, bigint])[] {
  return Object.entries(table)
    .map(([name, value]) => [name, BigInt(value)] as const)
    .filter(([, bits]) => bits > 0n)
    .sort(([, a], [, b]) => bitCount(b) - bitCount(a));
}

function bitCount(bits: bigint): number {
  return bits.toString(2).replaceAll("0", "").length;
}

// `|` of numbers makes bit 31 a sign.
function unsigned(word: number | bigint): bigint {
  return typeof word === "number" && word < 0 ? BigInt(word >>> 0) : BigInt(word);
}
