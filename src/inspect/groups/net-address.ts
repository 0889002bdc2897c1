// Addresses as /proc/net writes them → as people write them.

/** A whole number of hex digits; undefined where it is none. */
export function parseHex(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9a-fA-F]{1,8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** In which order the bytes of an address stand: the network's, or those of little-endian words. */
export type ByteOrder = "network" | "words";

/** "0100007F", in words → "127.0.0.1". */
export function ipv4Text(hex: string, order: ByteOrder): string | undefined {
  if (!/^[0-9a-fA-F]{8}$/.test(hex)) return undefined;
  const word = Number.parseInt(hex, 16);
  const [first, second, third, fourth] = [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
  return order === "words" ? `${fourth}.${third}.${second}.${first}` : `${first}.${second}.${third}.${fourth}`;
}

/** "127.0.0.1" → 0x7f000001. */
export function ipv4Number(text: string): number | undefined {
  let [number, count] = [0, 0];
  for (const part of text.split(".")) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    number = number * 256 + Number(part);
    count++;
  }
  return count === 4 ? number : undefined;
}

/** 32 digits → "fe80::1": the longest run of zeros is left out. */
export function ipv6Text(hex: string, order: ByteOrder): string | undefined {
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) return undefined;
  const bytes = Uint8Array.fromHex(hex);
  if (order === "words") for (let at = 0; at < 16; at += 4) bytes.subarray(at, at + 4).reverse();
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  const [from, length] = longestZeros(groups);
  const words = (list: readonly number[]): string => list.map((group) => group.toString(16)).join(":");
  if (length < 2) return words(groups);
  return `${words(groups.slice(0, from))}::${words(groups.slice(from + length))}`;
}

function longestZeros(groups: readonly number[]): readonly [from: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  for (let from = 0; from < groups.length; from++) {
    let length = 0;
    while (groups[from + length] === 0) length++;
    if (length > best[1]) best = [from, length];
  }
  return best;
}
