// netinet/in.h and arpa/inet.h: IP addresses as bytes and as text, see inet_pton(3) and RFC 5952.

/** 4 bytes or 16, the first one first. */
export type IpBytes = Uint8Array<ArrayBuffer>;

/** The bytes of an IPv4 or IPv6 address; undefined of what is neither. No zones, no leading zeros in IPv4. */
export function parseIp(text: string): IpBytes | undefined {
  return text.includes(":") ? parseIp6(text) : parseIp4(text);
}

function parseIp4(text: string): IpBytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return new Uint8Array(parts.map(Number));
}

const GROUPS = 8;

function parseIp6(text: string): IpBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, n) => groupsOf(half, n === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (tail === undefined ? given !== GROUPS : given >= GROUPS) return undefined;
  const groups = [...head, ...new Array<number>(GROUPS - given).fill(0), ...(tail ?? [])];
  return new Uint8Array(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** 16-bit numbers; the last two may be written as IPv4. */
function groupsOf(text: string, isLast: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts.at(-1) ?? "";
  const ip4 = isLast && last.includes(".") ? parseIp4(last) : undefined;
  const words = ip4 === undefined ? parts : parts.slice(0, -1);
  if (!words.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const groups = words.map((part) => Number.parseInt(part, 16));
  if (ip4 === undefined) return groups;
  const [a = 0, b = 0, c = 0, d = 0] = ip4;
  return [...groups, a * 256 + b, c * 256 + d];
}

/** The address as text, IPv6 shortened as RFC 5952 has it; "" of another number of bytes. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return "";
  const groups: number[] = [];
  for (let at = 0; at < bytes.length; at += 2) groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  return formatGroups(groups);
}

/** Eight groups of 16 bits as the text of an IPv6 address. */
export function formatGroups(groups: readonly number[]): string {
  const [start, length] = longestZeros(groups);
  if (length < 2) return joinHex(groups);
  return `${joinHex(groups.slice(0, start))}::${joinHex(groups.slice(start + length))}`;
}

function joinHex(groups: readonly number[]): string {
  const words: string[] = [];
  for (const group of groups) words.push(group.toString(16));
  return words.join(":");
}

/** Where the first of the longest runs of zeros begins, and how long it is. */
function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  let start = 0;
  for (let n = 0; n < groups.length; n++) {
    if (groups[n] !== 0) start = n + 1;
    else if (n + 1 - start > best[1]) best = [start, n + 1 - start];
  }
  return best;
}

/** "02:00:0a:58:00:02" as bytes; undefined of what isn't a MAC address. */
export function parseMac(text: string): IpBytes | undefined {
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return new Uint8Array(text.split(":").map((part) => Number.parseInt(part, 16)));
}

/** A MAC address as text. */
export function formatMac(bytes: Uint8Array): string {
  let text = "";
  for (let n = 0; n < bytes.length; n++)
    text += `${n === 0 ? "" : ":"}${(bytes[n] ?? 0).toString(16).padStart(2, "0")}`;
  return text;
}
