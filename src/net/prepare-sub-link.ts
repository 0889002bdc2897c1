// --net macvlan:DEVICE, ipvlan:DEVICE: a device of the box's own on one of the host. It goes with the box's namespace.
import { assert, NsboxError } from "#src/error.ts";
import { parseMac } from "#ffi/uapi/inet.ts";
import { parseLink, parseRoute } from "#ffi/uapi/rtnetlink-answers.ts";
import { addSubLink, getLink, getRoutes } from "#ffi/uapi/rtnetlink-requests.ts";
import { type BoxInterface, NO_FAREWELL } from "#src/spec/network.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { buildResolv, ownHosts } from "./box-files.ts";
import { Netlink } from "./netlink.ts";
import type { NetworkSession } from "./network-session.ts";
import { findLink } from "./networks.ts";
import { parseSubnet, positionOf } from "./subnet.ts";

/** Above those that a new namespace may have by itself. */
const FIRST_INDEX = 100;

/** Looks for the host's device. Throws NsboxError. */
export function prepareSubLink(kind: "macvlan" | "ipvlan", parent: string, options: RunOptions): NetworkSession {
  using netlink = new Netlink();
  if (process.geteuid?.() !== 0) {
    throw new NsboxError("EHOST", `Cannot use --net ${kind}: EPERM, it changes the host's network, which takes root`, {
      hint: "use --net pasta, which needs no privileges",
    });
  }
  const device = findLink(netlink, parent);
  if (device === undefined) {
    throw new NsboxError("ESPEC", `Cannot use --net ${kind}:${parent}: the host has no such device`, {
      hint: "ip link lists the host's devices",
    });
  }
  const { ip, ip6, mac, mtu } = options.network;
  const addresses = [ip, ip6].flatMap((address) => address ?? []);
  for (const address of addresses) {
    if (!address.includes("/"))
      throw new NsboxError(
        "EUSAGE",
        `Cannot use ${address} with --net ${kind}: how many bits are the network's is missing`,
        {
          hint: `write for example ${address}/${address.includes(":") ? 64 : 24}`,
        },
      );
  }
  const link: BoxInterface = {
    name: "eth0",
    index: freeIndex(netlink),
    making: { kind, parent },
    mac,
    mtu,
    addresses,
    gateways: defaultGateways(netlink, device.index, addresses),
  };
  const rootIsHost = (options.root?.kind ?? "host") === "host";
  return {
    network: {
      interfaces: [link],
      helper: undefined,
      hosts: options.network.addHosts.length === 0 ? undefined : { content: ownHosts(options) },
      resolv: buildResolv(options.network, rootIsHost),
    },
    makeLink: ({ name, index }, pid) => {
      using inner = new Netlink();
      const given = { name, index, mtu, mac: mac === undefined ? undefined : parseMac(mac), netnsPid: pid };
      inner.request(`make ${name} in the box, a ${kind} on ${parent}`, addSubLink(kind, given, device.index));
    },
    startHelper: () => assert(false, `a box with ${kind} has no helper`),
    farewell: () => NO_FAREWELL,
    release: () => {},
    holds: [],
  };
}

/** KERNEL: a device made with the index of one in the maker's own namespace is taken for that one. */
function freeIndex(netlink: Netlink): number {
  let index = FIRST_INDEX;
  while (netlink.find("look for a device", getLink(index), parseLink, "ENODEV") !== undefined) index++;
  return index;
}

/** The host's own ways out through this device, where the box's addresses are in reach of them. */
function defaultGateways(netlink: Netlink, device: number, addresses: readonly string[]): readonly string[] {
  const routes = netlink.list("list the host's routes", getRoutes(), parseRoute);
  const gateways = routes.flatMap(({ destination, prefix, gateway, index }) =>
    destination === undefined && prefix === 0 && index === device && gateway !== undefined ? [gateway] : [],
  );
  const subnets = addresses.flatMap((address) => parseSubnet(address) ?? []);
  const inReach = gateways.filter((gateway) => subnets.some((subnet) => positionOf(subnet, gateway) !== undefined));
  return inReach.filter((gateway, n) => inReach.findIndex((other) => sameVersion(other, gateway)) === n);
}

function sameVersion(a: string, b: string): boolean {
  return a.includes(":") === b.includes(":");
}
