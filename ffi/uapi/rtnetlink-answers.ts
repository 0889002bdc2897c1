// What the kernel tells over NETLINK_ROUTE: links, addresses, routes and neighbours, parsed; see rtnetlink(7).
import { formatIp, formatMac } from "./inet.ts";
import { type NetlinkMessage, parseAttributes, textOf, viewOf } from "./netlink.ts";
import { IFA, IFADDRMSG, IFINFOMSG, IFLA, IFLA_INFO, NDA, NDMSG, NETNSA, RTA, RTM, RTMSG } from "./rtnetlink.ts";

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
}

/** RTM_NEWLINK; undefined of another message or one that is cut off. */
export function parseLink({ type, body }: NetlinkMessage): Link | undefined {
  if (type !== RTM.NEWLINK || body.length < IFINFOMSG.size) return undefined;
  const view = viewOf(body);
  const attributes = parseAttributes(body.subarray(IFINFOMSG.size), LINK_ATTRIBUTES);
  const info = parseAttributes(attributes.get(IFLA.LINKINFO) ?? NOTHING);
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
  };
}

const LINK_ATTRIBUTES: readonly number[] = [
  ...[IFLA.LINKINFO, IFLA.IFNAME, IFLA.MTU, IFLA.ADDRESS],
  ...[IFLA.MASTER, IFLA.LINK, IFLA.LINK_NETNSID],
];

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
  const attributes = parseAttributes(body.subarray(IFADDRMSG.size));
  return {
    index: view.getUint32(IFADDRMSG.offsets.ifa_index, true),
    // Of a point-to-point link IFA_ADDRESS is the other end's.
    address: formatIp(attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS) ?? NOTHING),
    prefix: view.getUint8(IFADDRMSG.offsets.ifa_prefixlen),
    flags: number32(attributes.get(IFA.FLAGS)) ?? view.getUint8(IFADDRMSG.offsets.ifa_flags),
  };
}

/** What the kernel tells of a route. */
export interface Route {
  readonly family: number;
  readonly table: number;
  readonly type: number;
  /** undefined: the default route. */
  readonly destination: string | undefined;
  readonly prefix: number;
  readonly gateway: string | undefined;
  /** Index of the link that it leads out of. */
  readonly index: number | undefined;
}

/** RTM_NEWROUTE; undefined of another message or one that is cut off. */
export function parseRoute({ type, body }: NetlinkMessage): Route | undefined {
  if (type !== RTM.NEWROUTE || body.length < RTMSG.size) return undefined;
  const view = viewOf(body);
  const attributes = parseAttributes(body.subarray(RTMSG.size));
  const [destination, gateway] = [attributes.get(RTA.DST), attributes.get(RTA.GATEWAY)];
  return {
    family: view.getUint8(RTMSG.offsets.rtm_family),
    table: number32(attributes.get(RTA.TABLE)) ?? view.getUint8(RTMSG.offsets.rtm_table),
    type: view.getUint8(RTMSG.offsets.rtm_type),
    destination: destination === undefined ? undefined : formatIp(destination),
    prefix: view.getUint8(RTMSG.offsets.rtm_dst_len),
    gateway: gateway === undefined ? undefined : formatIp(gateway),
    index: number32(attributes.get(RTA.OIF)),
  };
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
