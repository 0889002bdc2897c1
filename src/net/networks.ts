// Networks of bridges: made, set up on the host, removed. The caller holds the store's lock.
import { existsSync, readdirSync } from "node:fs";
import { readText, writeText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { parseIp } from "#ffi/uapi/inet.ts";
import { type Link, parseLink, parseRoute } from "#ffi/uapi/rtnetlink-answers.ts";
import { addAddress, addBridge, deleteLink, getLink, getRoutes, setLinkUp } from "#ffi/uapi/rtnetlink-requests.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { type Firewall, hasTable } from "./firewall.ts";
import type { Netlink } from "./netlink.ts";
import { bridgeNames, type NetworkRecord, subnetRecord, subnetsOf } from "./network-record.ts";
import type { NetworkStore } from "./network-store.ts";
import { chooseSubnet, formatSubnet, macOf, overlap, parseSubnet, type Subnet, uniqueLocalSubnet } from "./subnet.ts";

/** What a network is to be; undefined is for nsbox to choose. */
export interface NetworkWish {
  readonly name: string;
  readonly subnet: Subnet | undefined;
  readonly subnet6: Subnet | undefined;
  readonly ipv6: boolean;
  readonly internal: boolean;
  readonly mtu: number | undefined;
}

/** Makes a network's record, and nothing on the host. Throws NsboxError ESPEC where its subnet overlaps another. */
export function createNetwork(store: NetworkStore, netlink: Netlink, wish: NetworkWish): NetworkRecord {
  const network = planNetwork(netlink, store.networks(), wish);
  store.save(network);
  return network;
}

/** What createNetwork() would make. */
export function planNetwork(netlink: Netlink, others: readonly NetworkRecord[], wish: NetworkWish): NetworkRecord {
  const taken = [...hostSubnets(netlink), ...others.flatMap(subnetsOf)];
  for (const subnet of [wish.subnet, wish.subnet6]) if (subnet !== undefined) checkFree(subnet, taken);
  return {
    name: wish.name,
    bridge: freeBridgeName(wish.name, netlink, others),
    ip4: subnetRecord(wish.subnet ?? chooseSubnet(taken)),
    ip6: chooseIp6(wish),
    internal: wish.internal,
    mtu: wish.mtu,
  };
}

function chooseIp6({ name, ipv6, subnet6 }: NetworkWish): NetworkRecord["ip6"] {
  if (!ipv6) return undefined;
  if (hasIp6()) return subnetRecord(subnet6 ?? uniqueLocalSubnet(crypto.getRandomValues(new Uint8Array(5))));
  if (subnet6 === undefined) return undefined;
  throw new NsboxError("EHOST", `Cannot make the network "${name}" with IPv6: this host has it off`, {
    hint: "leave out --subnet6, or turn it on: sysctl net.ipv6.conf.all.disable_ipv6=0",
  });
}

/** IPv6 is in the kernel, and on. */
export function hasIp6(): boolean {
  const setting = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
  return existsSync(setting) && readText(setting).trim() === "0";
}

/** Where the host's routes lead, but for the default ones. */
function hostSubnets(netlink: Netlink): readonly Subnet[] {
  const routes = netlink.list("list the host's routes", getRoutes(), parseRoute);
  return routes.flatMap(({ destination, prefix }) =>
    destination === undefined || prefix === 0 ? [] : (parseSubnet(`${destination}/${prefix}`) ?? []),
  );
}

function checkFree(subnet: Subnet, taken: readonly Subnet[]): void {
  const other = taken.find((one) => overlap(one, subnet));
  if (other === undefined) return;
  const [mine, its] = [formatSubnet(subnet), formatSubnet(other)];
  throw new NsboxError("ESPEC", `Cannot use the subnet ${mine}: it overlaps ${its}, which the host or a network has`, {
    hint: "choose another, or leave it out: nsbox then finds one that is free",
  });
}

function freeBridgeName(name: string, netlink: Netlink, others: readonly NetworkRecord[]): string {
  const free = bridgeNames(name).find(
    (bridge) => !others.some((other) => other.bridge === bridge) && findLink(netlink, bridge) === undefined,
  );
  if (free !== undefined) return free;
  throw new NsboxError("EHOST", `Cannot make a bridge for the network "${name}": every name for it is in use`, {
    hint: "choose another name for the network",
  });
}

export function findLink(netlink: Netlink, name: string): Link | undefined {
  return netlink.find("look for a device", getLink(name), parseLink, "ENODEV");
}

/** The network's bridge, made with its addresses and rules if it isn't there. Throws NsboxError. */
export function ensureBridge(network: NetworkRecord, netlink: Netlink, firewall: () => Firewall): Link {
  const found = findLink(netlink, network.bridge);
  if (found !== undefined && (hasTable(network.bridge) || firewall().hasNetwork(network))) return found;
  // Rules before the bridge: where that is, they are too.
  firewall().addNetwork(network);
  if (found !== undefined) return found;
  allowForwarding(network);
  const what = `make the bridge ${network.bridge}`;
  // KERNEL: without an address of its own a bridge has the lowest of its ports', another whenever a box comes or goes, and
  // for up to a minute the boxes that are there go on sending to the one that they know.
  const mac = macOf(network.ip4.gateway);
  netlink.request(what, addBridge({ name: network.bridge, mac, mtu: network.mtu }));
  try {
    const bridge = findLink(netlink, network.bridge);
    if (bridge === undefined) throw new NsboxError("ESETUP", `Cannot ${what}: it has gone again`);
    for (const { subnet, gateway } of [network.ip4, ...(network.ip6 === undefined ? [] : [network.ip6])]) {
      const address = parseIp(gateway) ?? new Uint8Array();
      netlink.request(
        `give ${network.bridge} the address ${gateway}`,
        addAddress(bridge.index, { address, prefix: prefixOf(subnet) }),
      );
    }
    for (const [setting, value] of bridgeSettings(network)) setSysctl(setting, value);
    netlink.request(`set ${network.bridge} up`, setLinkUp(bridge.index));
    return bridge;
  } catch (error) {
    netlink.request(`remove the bridge ${network.bridge}`, deleteLink(network.bridge), "ENODEV");
    throw error;
  }
}

function bridgeSettings({ bridge, ip6 }: NetworkRecord): readonly (readonly [setting: string, value: string])[] {
  const localnet = [`net/ipv4/conf/${bridge}/route_localnet`, "1"] as const;
  if (ip6 === undefined) return [localnet];
  return [
    localnet,
    // KERNEL: nobody is asked for over IPv6 until the bridge's own link-local address is proved unique, for seconds.
    [`net/ipv6/conf/${bridge}/accept_dad`, "0"],
    // SECURITY: a box could tell the host of routers.
    [`net/ipv6/conf/${bridge}/accept_ra`, "0"],
  ];
}

function prefixOf(subnet: string): number {
  return Number(subnet.split("/")[1]);
}

function allowForwarding({ internal, ip6 }: NetworkRecord): void {
  if (internal) return;
  if (readSysctl("net/ipv4/ip_forward") !== "1") setSysctl("net/ipv4/ip_forward", "1");
  if (ip6 === undefined || readSysctl("net/ipv6/conf/all/forwarding") === "1") return;
  // KERNEL: a host that forwards no longer listens to routers (accept_ra 1); with 2 it does, and keeps its own routes.
  for (const device of readdirSync("/proc/sys/net/ipv6/conf")) {
    const setting = `net/ipv6/conf/${device}/accept_ra`;
    if (readSysctl(setting) === "1") setSysctl(setting, "2");
  }
  setSysctl("net/ipv6/conf/all/forwarding", "1");
}

function readSysctl(name: string): string {
  return readText(`/proc/sys/${name}`).trim();
}

function setSysctl(name: string, value: string): void {
  try {
    writeText(`/proc/sys/${name}`, value);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("EHOST", `Cannot set the sysctl ${name.replaceAll("/", ".")}: ${explainErrno(cause.errno)}`, {
      syscall: cause.syscall,
      errno: cause.errno,
      hint: `/proc/sys is read-only here: set ${name.replaceAll("/", ".")}=${value} outside, or use --net pasta`,
      cause,
    });
  }
}

/** Takes the network's bridge and rules from the host; what isn't there is not missed. */
export function removeFromHost(network: NetworkRecord, netlink: Netlink, firewall: Firewall): void {
  netlink.request(`remove the bridge ${network.bridge}`, deleteLink(network.bridge), "ENODEV");
  firewall.removeNetwork(network);
}
