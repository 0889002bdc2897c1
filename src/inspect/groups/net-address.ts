// Addresses as /proc/net writes them → as people write them.
import { formatGroups } from "#ffi/uapi/inet.ts";
import { isDigits } from "../proc-text.ts";

/** A whole number of hex digits; undefined where it is none. */
export function parseHex(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 8 || text.trim() !== text) return undefined;
  const number = Number(`0x${text}`);
  return Number.isNaN(number) ? undefined : number;
}

/** In which order the bytes of an address stand: the network's, or those of little-endian words. */
export type ByteOrder = "network" | "words";

/** "0100007F", in words → "127.0.0.1". */
export function ipv4Text(hex: string, order: ByteOrder): string | undefined {
  const word = hex.length === 8 ? parseHex(hex) : undefined;
  if (word === undefined) return undefined;
  const [first, second, third, fourth] = [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
  return order === "words" ? `${fourth}.${third}.${second}.${first}` : `${first}.${second}.${third}.${fourth}`;
}

/** "127.0.0.1" → 0x7f000001. */
export function ipv4Number(text: string): number | undefined {
  let [number, count] = [0, 0];
  for (const part of text.split(".")) {
    if (!isDigits(part, 3) || Number(part) > 255) return undefined;
    number = number * 256 + Number(part);
    count++;
  }
  return count === 4 ? number : undefined;
}

/** 32 digits → "fe80::1": the longest run of zeros is left out. */
export function ipv6Text(hex: string, order: ByteOrder): string | undefined {
  if (hex.length !== 32) return undefined;
  const groups: number[] = [];
  for (let at = 0; at < hex.length; at += 8) {
    const word = parseHex(hex.slice(at, at + 8));
    if (word === undefined) return undefined;
    const [high, low] = [word >>> 16, word & 0xffff];
    if (order === "network") groups.push(high, low);
    else groups.push(swapBytes(low), swapBytes(high));
  }
  return formatGroups(groups);
}

function swapBytes(group: number): number {
  return ((group & 0xff) << 8) | (group >> 8);
}
