// A network as it is kept in the state folder. Pure.
import { INTERFACE_NAME_BYTES_MAX } from "#ffi/uapi/rtnetlink.ts";
import { addressAt, formatSubnet, GATEWAY_POSITION, parseSubnet, type Subnet } from "./subnet.ts";

/** One subnet of a network: the bridge has its first address. */
export interface SubnetRecord {
  readonly subnet: string;
  readonly gateway: string;
}

export interface NetworkRecord {
  readonly name: string;
  /** The bridge's name; also that of its table in nftables. */
  readonly bridge: string;
  readonly ip4: SubnetRecord;
  readonly ip6: SubnetRecord | undefined;
  /** Nothing leads out of it, and nothing in. */
  readonly internal: boolean;
  readonly mtu: number | undefined;
}

/** A subnet with its gateway. */
export function subnetRecord(subnet: Subnet): SubnetRecord {
  return { subnet: formatSubnet(subnet), gateway: addressAt(subnet, GATEWAY_POSITION) };
}

/** All bridges of nsbox begin with this, and all ends of pairs on the host with the other. */
export const BRIDGE_PREFIX = "nsb-";
export const VETH_PREFIX = "nsv";

/** Names for a network's bridge, the plain one first. */
export function bridgeNames(network: string): readonly string[] {
  const room = INTERFACE_NAME_BYTES_MAX - BRIDGE_PREFIX.length;
  const numbered = Array.from({ length: 999 }, (_, n) => {
    const number = String(n + 1);
    return `${BRIDGE_PREFIX}${network.slice(0, room - number.length - 1)}.${number}`;
  });
  return network.length <= room ? [`${BRIDGE_PREFIX}${network}`, ...numbered] : numbered;
}

/** What a file of the state folder says, checked; undefined where it isn't a network. */
export function parseNetworkRecord(value: unknown): NetworkRecord | undefined {
  const record = asObject(value);
  const ip4 = parseSubnetRecord(record?.["ip4"]);
  const { name, bridge, internal, mtu, ip6 } = record ?? {};
  if (typeof name !== "string" || typeof bridge !== "string" || typeof internal !== "boolean" || ip4 === undefined)
    return undefined;
  if (!bridge.startsWith(BRIDGE_PREFIX) || bridge.length > INTERFACE_NAME_BYTES_MAX) return undefined;
  return {
    name,
    bridge,
    ip4,
    ip6: parseSubnetRecord(ip6),
    internal,
    mtu: typeof mtu === "number" ? mtu : undefined,
  };
}

function parseSubnetRecord(value: unknown): SubnetRecord | undefined {
  const { subnet, gateway } = asObject(value) ?? {};
  if (typeof subnet !== "string" || typeof gateway !== "string" || parseSubnet(subnet) === undefined) return undefined;
  return { subnet, gateway };
}

/** A JSON object's fields; undefined of another value. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>) // what JSON.parse gives for {}
    : undefined;
}

/** The subnets of a network, parsed. */
export function subnetsOf({ ip4, ip6 }: NetworkRecord): readonly Subnet[] {
  return [ip4, ip6].flatMap((one) => (one === undefined ? [] : (parseSubnet(one.subnet) ?? [])));
}
