// A network as the kernel tells of it by netlink: interfaces, addresses, routes and neighbours. Each file of /proc/PID/net
// is written in a way of its own; here one way of asking, and of reading answers, does for all (D-57). See rtnetlink(7).
import type { Fd } from "#ffi/libc/fd.ts";
import type { NetlinkMessage } from "#ffi/uapi/netlink.ts";
import {
  type Link,
  parseAddress,
  parseLink,
  parseNeighbour,
  parseRoute,
  type Route as KernelRoute,
} from "#ffi/uapi/rtnetlink-answers.ts";
import { getAddresses, getCountedLinks, getNeighbours, getRoutes } from "#ffi/uapi/rtnetlink-requests.ts";
import { RT_TABLE, RTMSG, RTN } from "#ffi/uapi/rtnetlink.ts";
import { AF, IFF } from "#ffi/uapi/socket.ts";
import { Netlink } from "#src/net/netlink.ts";
import type { Address, Interface } from "./groups/net-interfaces.ts";
import { type Neighbour, neighbourState } from "./groups/net-links.ts";
import type { Route } from "./groups/net-routes.ts";
import type { Tables } from "./read-net-files.ts";
import { hasOther, PeerFinder, withIndex } from "./peer-finder.ts";
import type { Surroundings } from "./surroundings.ts";

/** `socket` is of the namespace that is looked at, and is closed. */
export function askNetwork(socket: Fd, around: Surroundings): Tables {
  const netlink = new Netlink({ fd: socket });
  try {
    return askTables(netlink, around);
  } finally {
    netlink[Symbol.dispose]();
  }
}

function askTables(netlink: Netlink, around: Surroundings): Tables {
  const links = netlink.list("list interfaces", getCountedLinks(), parseLink);
  const names = new Map<number | undefined, string>();
  for (const { index, name } of links) names.set(index, name);
  return {
    interfaces: { value: interfacesOf(netlink, links, around) },
    addresses: { value: askAddresses(netlink, names) },
    routes: { value: askRoutes(netlink, names) },
    neighbours: { value: askNeighbours(netlink, names) },
  };
}

type Names = ReadonlyMap<number | undefined, string>;

function interfacesOf(netlink: Netlink, links: readonly Link[], around: Surroundings): readonly Interface[] {
  const interfaces: Interface[] = [];
  let peers: PeerFinder | undefined;
  for (const link of links) {
    if (hasOther(link)) peers ??= new PeerFinder(netlink, links, around);
    interfaces.push({
      name: link.name,
      receivedBytes: link.receivedBytes,
      sentBytes: link.sentBytes,
      kind: link.kind,
      mac: link.mac === "" ? undefined : link.mac,
      mtu: link.mtu,
      bridge: withIndex(links, link.master)?.name,
      peer: hasOther(link) ? peers?.find(link) : undefined,
      up: (link.flags & IFF.UP) !== 0,
    });
  }
  return interfaces;
}

function askAddresses(netlink: Netlink, names: Names): readonly Address[] {
  const addresses: Address[] = [];
  for (const { index, address, prefix } of netlink.list("list addresses", getAddresses(), parseAddress))
    addresses.push({ address, prefix, interface: names.get(index) });
  return addresses;
}

/** As `ip route` shows them: of IPv4 the main table, of IPv6 all that leads out of the machine. */
function askRoutes(netlink: Netlink, names: Names): readonly Route[] {
  const routes: Route[] = [];
  for (const route of netlink.list("list routes", getRoutes(), parseOutward)) {
    const family = route.family === AF.INET ? 4 : 6;
    const { destination = family === 4 ? "0.0.0.0" : "::", prefix, metric } = route;
    for (const { gateway, index } of [route, ...route.others])
      routes.push({ family, destination, prefix, gateway, interface: names.get(index) ?? "*", metric });
  }
  return routes;
}

/** Half of what the kernel tells leads to the machine itself: a look at the message's beginning leaves that out. */
function parseOutward(message: NetlinkMessage): KernelRoute | undefined {
  const { body } = message;
  const [family, type] = [body[RTMSG.offsets.rtm_family], body[RTMSG.offsets.rtm_type]];
  if (family === AF.INET ? body[RTMSG.offsets.rtm_table] !== RT_TABLE.MAIN : family !== AF.INET6) return undefined;
  return type === RTN.UNICAST || (type === RTN.ANYCAST && family === AF.INET6) ? parseRoute(message) : undefined;
}

function askNeighbours(netlink: Netlink, names: Names): readonly Neighbour[] {
  const neighbours: Neighbour[] = [];
  for (const one of netlink.list("list neighbours", getNeighbours(), parseNeighbour)) {
    const [name, state] = [names.get(one.index), neighbourState(one.state)];
    if (name === undefined || state === undefined) continue;
    neighbours.push({ interface: name, address: one.address, mac: one.mac === "" ? undefined : one.mac, state });
  }
  return neighbours;
}
