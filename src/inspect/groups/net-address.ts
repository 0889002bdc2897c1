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
  const bytes = Uint8Array.fromHex(hex);
  return (order === "words" ? bytes.reverse() : bytes).join(".");
}

/** "127.0.0.1" → 0x7f000001. */
export function ipv4Number(text: string): number | undefined {
  const parts = text.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (parts.length !== 4 || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

/** 32 digits → "fe80::1": the longest run of zeros is left out. */
export function ipv6Text(hex: string, order: ByteOrder): string | undefined {
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) return undefined;
  const bytes = Uint8Array.fromHex(hex);
  if (order === "words") for (let at = 0; at < 16; at += 4) bytes.subarray(at, at + 4).reverse();
  const groups = Array.from({ length: 8 }, (_, n) => ((bytes[n * 2] ?? 0) << 8) | (bytes[n * 2 + 1] ?? 0));
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
