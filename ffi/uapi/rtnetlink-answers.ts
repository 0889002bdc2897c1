// What the kernel tells over NETLINK_ROUTE: links, addresses, routes and neighbours, parsed; see rtnetlink(7).
import { formatIp, formatMac } from "./inet.ts";
import { type NetlinkMessage, parseAttributes, textOf, viewOf } from "./netlink.ts";
import {
  IFA,
  IFADDRMSG,
  IFINFOMSG,
  IFLA,
  IFLA_INFO,
  LINK_STATS64,
  NDA,
  NDMSG,
  NETNSA,
  RTA,
  RTM,
  RTMSG,
  RTNEXTHOP,
} from "./rtnetlink.ts";

/** What the kernel tells of a link. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly flags: number;
  readonly mtu: number;
  readonly mac: string;
  /** "bridge", "veth", …; undefined of hardware and loopback. */
  readonly kind: string | undefined;
  /** Index of the bridge that it is a port of. */
  readonly master: number | undefined;
  /** Index of the other end, or of the link that it lies on, perhaps in another namespace. */
  readonly link: number | undefined;
  /** Which namespace that one is in, where it isn't this one; see RTM_GETNSID. */
  readonly linkNetnsid: number | undefined;
  /** Both 0 where counters were not asked for. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** RTM_NEWLINK; undefined of another message or one that is cut off. */
export function parseLink({ type, body }: NetlinkMessage): Link | undefined {
  if (type !== RTM.NEWLINK || body.length < IFINFOMSG.size) return undefined;
  const view = viewOf(body);
  const attributes = parseAttributes(body.subarray(IFINFOMSG.size), LINK_ATTRIBUTES);
  const info = parseAttributes(attributes.get(IFLA.LINKINFO) ?? NOTHING);
  const counters = attributes.get(IFLA.STATS64);
  return {
    index: view.getInt32(IFINFOMSG.offsets.ifi_index, true),
    flags: view.getUint32(IFINFOMSG.offsets.ifi_flags, true),
    name: textOf(attributes.get(IFLA.IFNAME) ?? NOTHING),
    mtu: number32(attributes.get(IFLA.MTU)) ?? 0,
    mac: formatMac(attributes.get(IFLA.ADDRESS) ?? NOTHING),
    kind: text(info.get(IFLA_INFO.KIND)),
    master: number32(attributes.get(IFLA.MASTER)),
    link: number32(attributes.get(IFLA.LINK)),
    linkNetnsid: number32(attributes.get(IFLA.LINK_NETNSID)),
    receivedBytes: counterAt(counters, LINK_STATS64.offsets.rx_bytes),
    sentBytes: counterAt(counters, LINK_STATS64.offsets.tx_bytes),
  };
}

const LINK_ATTRIBUTES: readonly number[] = [
  ...[IFLA.LINKINFO, IFLA.IFNAME, IFLA.MTU, IFLA.ADDRESS],
  ...[IFLA.MASTER, IFLA.LINK, IFLA.LINK_NETNSID, IFLA.STATS64],
];

/** In two halves: a bigint is an object. */
function counterAt(counters: Uint8Array | undefined, offset: number): number {
  if (counters === undefined || counters.length < offset + 8) return 0;
  const view = viewOf(counters);
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
}

const NOTHING: Uint8Array = new Uint8Array(0);

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : textOf(bytes);
}

function number32(bytes: Uint8Array | undefined): number | undefined {
  return bytes === undefined || bytes.length < 4 ? undefined : viewOf(bytes).getInt32(0, true);
}

/** RTM_NEWNSID; undefined of another message, and of a namespace that has no number here. */
export function parseNetnsid({ type, body }: NetlinkMessage): number | undefined {
  if (type !== RTM.NEWNSID) return undefined;
  const number = number32(parseAttributes(body.subarray(4)).get(NETNSA.NSID));
  return number === undefined || number < 0 ? undefined : number;
}

/** What the kernel tells of an address. */
export interface Address {
  readonly index: number;
  readonly address: string;
  readonly prefix: number;
  readonly flags: number;
}

/** RTM_NEWADDR; undefined of another message or one that is cut off. */
export function parseAddress({ type, body }: NetlinkMessage): Address | undefined {
  if (type !== RTM.NEWADDR || body.length < IFADDRMSG.size) return undefined;
  const view = viewOf(body);
  const attributes = parseAttributes(body.subarray(IFADDRMSG.size), ADDRESS_ATTRIBUTES);
  return {
    index: view.getUint32(IFADDRMSG.offsets.ifa_index, true),
    // Of a point-to-point link IFA_ADDRESS is the other end's.
    address: formatIp(attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS) ?? NOTHING),
    prefix: view.getUint8(IFADDRMSG.offsets.ifa_prefixlen),
    flags: number32(attributes.get(IFA.FLAGS)) ?? view.getUint8(IFADDRMSG.offsets.ifa_flags),
  };
}

const ADDRESS_ATTRIBUTES: readonly number[] = [IFA.LOCAL, IFA.ADDRESS, IFA.FLAGS];

/** A way that a route leads. */
export interface Hop {
  readonly gateway: string | undefined;
  /** Index of the link that it leads out of. */
  readonly index: number | undefined;
}

/** What the kernel tells of a route. */
export interface Route extends Hop {
  readonly family: number;
  readonly table: number;
  readonly type: number;
  /** undefined: the default route. */
  readonly destination: string | undefined;
  readonly prefix: number;
  readonly metric: number;
  /** Further ways, of a route that has several. */
  readonly others: readonly Hop[];
}

/** RTM_NEWROUTE; undefined of another message or one that is cut off. */
export function parseRoute({ type, body }: NetlinkMessage): Route | undefined {
  if (type !== RTM.NEWROUTE || body.length < RTMSG.size) return undefined;
  const view = viewOf(body);
  const attributes = parseAttributes(body.subarray(RTMSG.size), ROUTE_ATTRIBUTES);
  const destination = attributes.get(RTA.DST);
  const several = attributes.get(RTA.MULTIPATH);
  const hops = several === undefined ? NO_HOPS : parseHops(several);
  const hop = hops[0] ?? hopOf(attributes, number32(attributes.get(RTA.OIF)));
  return {
    family: view.getUint8(RTMSG.offsets.rtm_family),
    table: number32(attributes.get(RTA.TABLE)) ?? view.getUint8(RTMSG.offsets.rtm_table),
    type: view.getUint8(RTMSG.offsets.rtm_type),
    destination: destination === undefined ? undefined : formatIp(destination),
    prefix: view.getUint8(RTMSG.offsets.rtm_dst_len),
    metric: number32(attributes.get(RTA.PRIORITY)) ?? 0,
    gateway: hop.gateway,
    index: hop.index,
    others: hops.slice(1),
  };
}

const ROUTE_ATTRIBUTES: readonly number[] = [
  ...[RTA.DST, RTA.OIF, RTA.GATEWAY, RTA.PRIORITY, RTA.MULTIPATH, RTA.TABLE],
];

const NO_HOPS: readonly Hop[] = [];

function hopOf(attributes: ReadonlyMap<number, Uint8Array>, index: number | undefined): Hop {
  const gateway = attributes.get(RTA.GATEWAY);
  return { gateway: gateway === undefined ? undefined : formatIp(gateway), index };
}

/** RTA_MULTIPATH; what is cut off ends them. */
function parseHops(bytes: Uint8Array): readonly Hop[] {
  const view = viewOf(bytes);
  const hops: Hop[] = [];
  for (let at = 0; at + RTNEXTHOP.size <= bytes.length;) {
    const length = view.getUint16(at + RTNEXTHOP.offsets.rtnh_len, true);
    if (length < RTNEXTHOP.size || at + length > bytes.length) break;
    const attributes = parseAttributes(bytes.subarray(at + RTNEXTHOP.size, at + length), ROUTE_ATTRIBUTES);
    hops.push(hopOf(attributes, view.getInt32(at + RTNEXTHOP.offsets.rtnh_ifindex, true)));
    at += (length + 3) & ~3;
  }
  return hops;
}

/** What the kernel tells of a neighbour. */
export interface Neighbour {
  readonly index: number;
  readonly state: number;
  readonly address: string;
  readonly mac: string;
}

/** RTM_NEWNEIGH; undefined of another message or one that is cut off. */
export function parseNeighbour({ type, body }: NetlinkMessage): Neighbour | undefined {
  if (type !== RTM.NEWNEIGH || body.length < NDMSG.size) return undefined;
  const view = viewOf(body);
  const attributes = parseAttributes(body.subarray(NDMSG.size));
  return {
    index: view.getInt32(NDMSG.offsets.ndm_ifindex, true),
    state: view.getUint16(NDMSG.offsets.ndm_state, true),
    address: formatIp(attributes.get(NDA.DST) ?? NOTHING),
    mac: formatMac(attributes.get(NDA.LLADDR) ?? NOTHING),
  };
}
