// Subnets as arithmetic: which overlap, which address is the nth. Pure.
import { formatIp, parseIp } from "#ffi/uapi/inet.ts";
import { NsboxError } from "#src/error.ts";

export interface Subnet {
  readonly version: 4 | 6;
  /** The first address as a number. */
  readonly base: bigint;
  readonly prefix: number;
}

function bitsOf(version: 4 | 6): number {
  return version === 4 ? 32 : 128;
}

/** The address as a number; undefined of what isn't one. */
export function addressNumber(text: string): bigint | undefined {
  const bytes = parseIp(text);
  return bytes?.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** The address with this number. */
export function formatAddress(version: 4 | 6, number: bigint): string {
  const count = bitsOf(version) / 8;
  const bytes = Array.from({ length: count }, (_, n) => Number((number >> BigInt(8 * (count - 1 - n))) & 0xffn));
  return formatIp(new Uint8Array(bytes));
}

/** A hardware address out of one of IPv4: unique in its network, and the same for the next that has it. */
export function macOf(ip4: string): Uint8Array {
  return new Uint8Array([0x0a, 0x58, ...(parseIp(ip4) ?? [])]);
}

/** "10.88.0.0/24"; bits behind the prefix are dropped. undefined of what isn't a subnet. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const [address, prefix] = [match?.[1] ?? "", Number(match?.[2])];
  const base = addressNumber(address);
  const version = address.includes(":") ? 6 : 4;
  if (match === null || base === undefined || prefix > bitsOf(version)) return undefined;
  const rest = BigInt(bitsOf(version) - prefix);
  return { version, base: (base >> rest) << rest, prefix };
}

/** "10.88.0.0/24". */
export function formatSubnet({ version, base, prefix }: Subnet): string {
  return `${formatAddress(version, base)}/${prefix}`;
}

/** How many addresses it has. */
export function sizeOf({ version, prefix }: Subnet): bigint {
  return 1n << BigInt(bitsOf(version) - prefix);
}

/** The nth address. */
export function addressAt(subnet: Subnet, n: bigint): string {
  return formatAddress(subnet.version, subnet.base + n);
}

/** Which address of the subnet this is, from 0 on; undefined if it lies outside. */
export function positionOf(subnet: Subnet, address: string): bigint | undefined {
  if (address.includes(":") !== (subnet.version === 6)) return undefined;
  const number = addressNumber(address);
  if (number === undefined || number < subnet.base || number >= subnet.base + sizeOf(subnet)) return undefined;
  return number - subnet.base;
}

/** Whether they have an address in common. */
export function overlap(a: Subnet, b: Subnet): boolean {
  return a.version === b.version && a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);
}

/** KERNEL: the first address names the subnet and the last one of IPv4 is its broadcast; the second is the bridge's. */
export const GATEWAY_POSITION = 1n;
export const FIRST_BOX_POSITION = 2n;
const BOXES_MAX = 65_536n;

/** The position behind the last one that a box may have. */
export function endPosition(subnet: Subnet): bigint {
  const end = subnet.version === 4 ? sizeOf(subnet) - 1n : sizeOf(subnet);
  return end < BOXES_MAX ? end : BOXES_MAX;
}

const POOL_SUBNETS = 256;
const SUBNET_PREFIX = 24;
const POOL_BASE = "10.213.0.0/16";

/** The first /24 of the pool that overlaps none of these. Throws NsboxError EHOST. */
export function chooseSubnet(taken: readonly Subnet[]): Subnet {
  const pool = parseSubnet(POOL_BASE);
  for (let n = 0; pool !== undefined && n < POOL_SUBNETS; n++) {
    const candidate: Subnet = { version: 4, base: pool.base + (BigInt(n) << 8n), prefix: SUBNET_PREFIX };
    if (!taken.some((other) => overlap(candidate, other))) return candidate;
  }
  throw new NsboxError("EHOST", `Cannot choose a subnet: every one in ${POOL_BASE} overlaps a route of the host`, {
    hint: "give one with nsbox net create --subnet",
  });
}

/** A unique local subnet of IPv6 from 5 random bytes, see RFC 4193. */
export function uniqueLocalSubnet(random: Uint8Array): Subnet {
  const global = [...random.subarray(0, 5)].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0xfdn);
  return { version: 6, base: global << 80n, prefix: 64 };
}
