// Which boxes are in a network: addresses given out, believed while their box lives, taken back when it is gone. D-18.
import { parseLink } from "#ffi/uapi/rtnetlink-answers.ts";
import { getLink } from "#ffi/uapi/rtnetlink-requests.ts";
import { NsboxError } from "#src/error.ts";
import { isRunning } from "#src/state/process-life.ts";
import type { Firewall } from "./firewall.ts";
import type { LeaseRecord } from "./lease-record.ts";
import type { Netlink } from "./netlink.ts";
import type { NetworkRecord } from "./network-record.ts";
import type { NetworkStore } from "./network-store.ts";
import { refreshHosts } from "./box-hosts.ts";
import { addressAt, endPosition, FIRST_BOX_POSITION, parseSubnet, positionOf, type Subnet } from "./subnet.ts";

/** The device goes with the box's network namespace, however that ends; before there is one its launcher vouches. */
export function isAlive(lease: LeaseRecord, netlink: Netlink): boolean {
  return (
    netlink.find("look for a device", getLink(lease.veth), parseLink, "ENODEV") !== undefined ||
    isRunning(lease.launcher)
  );
}

/** The leases whose boxes live; the others, and what else those left, are removed. */
export function sweepLeases(
  store: NetworkStore,
  netlink: Netlink,
  network: NetworkRecord,
  firewall: () => Firewall,
): { readonly alive: readonly LeaseRecord[]; readonly dead: readonly LeaseRecord[] } {
  const leases = store.leases(network);
  const alive = leases.filter((lease) => isAlive(lease, netlink));
  const dead = leases.filter((lease) => !alive.includes(lease));
  for (const lease of dead) {
    if (lease.publish.length > 0) firewall().removePublished(lease.veth);
    store.removeLease(network, lease);
  }
  if (dead.some(({ name }) => name !== undefined)) refreshHosts(store, [network.name]);
  return { alive, dead };
}

function subnetOf(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new NsboxError("EINTERNAL", `Cannot use the network: "${text}" is no subnet`);
  return subnet;
}

/** The addresses of a box that is to come. */
export interface Addresses {
  readonly ip4: string;
  readonly ip6: string | undefined;
}

/** What was asked for, or the first that are free. Throws NsboxError ESPEC or EHOST. */
export function chooseAddresses(
  network: NetworkRecord,
  alive: readonly LeaseRecord[],
  wanted: { readonly ip: string | undefined; readonly ip6: string | undefined },
): Addresses {
  const subnet4 = subnetOf(network.ip4.subnet);
  const taken4 = new Set(alive.map(({ ip4 }) => ip4));
  const ip4 =
    wanted.ip === undefined
      ? firstFree(network, subnet4, taken4)
      : checkWanted({ network, subnet: subnet4, flag: "--ip", address: wanted.ip }, alive);
  if (network.ip6 === undefined) {
    if (wanted.ip6 === undefined) return { ip4, ip6: undefined };
    throw new NsboxError("ESPEC", `Cannot use --ip6: the network "${network.name}" has no IPv6`, {
      hint: "this host has IPv6 off, or the network was made with --no-ipv6: leave out --ip6",
    });
  }
  const subnet6 = subnetOf(network.ip6.subnet);
  if (wanted.ip6 !== undefined)
    return { ip4, ip6: checkWanted({ network, subnet: subnet6, flag: "--ip6", address: wanted.ip6 }, alive) };
  const taken6 = new Set(alive.flatMap((lease) => lease.ip6 ?? []));
  // The same place as in IPv4, where nobody has asked for that one.
  const same = addressAt(subnet6, positionOf(subnet4, ip4) ?? FIRST_BOX_POSITION);
  return { ip4, ip6: taken6.has(same) ? firstFree(network, subnet6, taken6) : same };
}

function firstFree({ name }: NetworkRecord, subnet: Subnet, taken: ReadonlySet<string>): string {
  const end = endPosition(subnet);
  for (let position = FIRST_BOX_POSITION; position < end; position++) {
    const address = addressAt(subnet, position);
    if (!taken.has(address)) return address;
  }
  throw new NsboxError("EHOST", `Cannot join the network "${name}": all of its ${taken.size} addresses are in use`, {
    hint: "make a larger one: nsbox net create --subnet 10.50.0.0/16 NAME",
  });
}

interface Wanted {
  readonly network: NetworkRecord;
  readonly subnet: Subnet;
  readonly flag: string;
  readonly address: string;
}

function checkWanted({ network, subnet, flag, address }: Wanted, alive: readonly LeaseRecord[]): string {
  const { name, ip4, ip6 } = network;
  const cannot = `Cannot use ${flag} ${address}`;
  const range = subnet.version === 4 ? ip4 : (ip6 ?? ip4);
  const hint = `give a free address of ${range.subnet}, or leave ${flag} out`;
  if (address.includes("/"))
    throw new NsboxError("EUSAGE", `${cannot}: the network says the prefix`, {
      hint: `leave out /${address.split("/")[1]}`,
    });
  const position = positionOf(subnet, address);
  if (position === undefined)
    throw new NsboxError("ESPEC", `${cannot}: it is not in the network "${name}", ${range.subnet}`, { hint });
  if (address === range.gateway)
    throw new NsboxError("ESPEC", `${cannot}: it is the address of the network's bridge`, { hint });
  if (position < FIRST_BOX_POSITION || (subnet.version === 4 && position >= endPosition(subnet)))
    throw new NsboxError("ESPEC", `${cannot}: it means the network as a whole`, { hint });
  const holder = alive.find((lease) => lease.ip4 === address || lease.ip6 === address);
  if (holder === undefined) return address;
  const who = holder.name === undefined ? `process ${(holder.box ?? holder.launcher).pid}` : `"${holder.name}"`;
  throw new NsboxError("ESPEC", `${cannot}: the box of ${who} has it`, { hint });
}
