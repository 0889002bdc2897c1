// Which addresses are of the public internet. Pure.
import { formatIp, parseIp } from "#ffi/uapi/inet.ts";

/** IANA's registries of special-purpose addresses, https://www.iana.org/assignments/iana-ipv4-special-registry */
const SPECIAL: readonly (readonly [network: string, name: string])[] = [
  ["0.0.0.0/8", "this network"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "shared"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "documentation"],
  ["192.88.99.0/24", "reserved"],
  ["192.168.0.0/16", "private"],
  ["198.18.0.0/15", "benchmarking"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["::1/128", "loopback"],
  ["2001::/23", "reserved"],
  ["2001:db8::/32", "documentation"],
  ["2002::/16", "reserved"],
  ["3fff::/20", "documentation"],
  ["fc00::/7", "private"],
  ["fe80::/10", "link-local"],
  ["ff00::/8", "multicast"],
];

/** Prefixes of IPv6 addresses that hold an IPv4 address in their last four bytes: mapped ones, and NAT64. */
const EMBEDDING = ["::ffff:0:0", "64:ff9b::"].map((text) => bytesOf(text).slice(0, 12));

function bytesOf(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === undefined) throw new RangeError(`${text} is not an IP address`);
  return bytes;
}

/** The address in one form of text; an IPv4 address within an IPv6 one as itself. undefined of what isn't one. */
export function normalAddress(text: string): string | undefined {
  const bytes = parseIp(text.replace(/%.*$/, ""));
  if (bytes === undefined) return undefined;
  const embeds = bytes.length === 16 && EMBEDDING.some((prefix) => prefix.every((byte, n) => bytes[n] === byte));
  return formatIp(embeds ? bytes.subarray(12) : bytes);
}

/** Whether the first `bits` of both are the same; addresses of two families never are. */
export function isInNetwork(address: string, network: string, bits: number): boolean {
  const [one, other] = [bytesOf(address), bytesOf(network)];
  if (one.length !== other.length) return false;
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff;
    if ((((one[bit / 8] ?? 0) ^ (other[bit / 8] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

/** What an address that isn't of the public internet is for; undefined of one that is. */
export function specialPurpose(address: string): string | undefined {
  for (const [network, name] of SPECIAL) {
    const [base = "", bits] = network.split("/");
    if (isInNetwork(address, base, Number(bits))) return name;
  }
  // Of IPv6 only 2000::/3 has been given out.
  return address.includes(":") && !isInNetwork(address, "2000::", 3) ? "reserved" : undefined;
}
