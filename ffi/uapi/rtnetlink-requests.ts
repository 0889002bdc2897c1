// What is asked of the kernel over NETLINK_ROUTE: links, addresses and routes made, removed and listed; see rtnetlink(7).
import { type Attribute, type NetlinkRequest, NLM_F, packAttributes } from "./netlink.ts";
import {
  IFA,
  IFA_F,
  IFADDRMSG,
  IFINFOMSG,
  IFLA,
  IFLA_INFO,
  IFLA_MACVLAN,
  IPVLAN_MODE,
  MACVLAN_MODE,
  NDMSG,
  NETNSA,
  RT_SCOPE,
  RT_TABLE,
  RTA,
  RTEXT_FILTER,
  RTM,
  RTMSG,
  RTN,
  RTPROT,
  VETH_INFO,
} from "./rtnetlink.ts";
import { AF, IFF } from "./socket.ts";

/** An address and how many of its bits are the network's. */
export interface IpWithPrefix {
  readonly address: Uint8Array;
  readonly prefix: number;
}

/** Which link: by its index or by its name. */
export type LinkRef = number | string;

function linkHeader(link: LinkRef, flags = 0): Uint8Array {
  const values = typeof link === "number" ? { ifi_index: link } : {};
  return IFINFOMSG.pack({ ...values, ifi_flags: flags, ifi_change: flags });
}

function nameOf(link: LinkRef): readonly Attribute[] {
  return typeof link === "string" ? [{ type: IFLA.IFNAME, value: link }] : [];
}

/** How a new link is linked up; all but the name may be left to the kernel. */
export interface NewLink {
  readonly name: string;
  /** undefined: the next one that is free. */
  readonly index?: number | undefined;
  readonly mac?: Uint8Array | undefined;
  readonly mtu?: number | undefined;
  /** Index of the bridge that it becomes a port of. */
  readonly master?: number | undefined;
  readonly up?: boolean;
  /** The process in whose network namespace it is made. */
  readonly netnsPid?: number | undefined;
}

function newLinkAttributes({ name, mac, mtu, master, netnsPid }: NewLink): readonly Attribute[] {
  return [
    { type: IFLA.IFNAME, value: name },
    ...(mac === undefined ? [] : [{ type: IFLA.ADDRESS, value: mac }]),
    ...(mtu === undefined ? [] : [{ type: IFLA.MTU, value: mtu }]),
    ...(master === undefined ? [] : [{ type: IFLA.MASTER, value: master }]),
    ...(netnsPid === undefined ? [] : [{ type: IFLA.NET_NS_PID, value: netnsPid }]),
  ];
}

function newLinkHeader({ index = 0, up = false }: NewLink): Uint8Array {
  return linkHeader(index, up ? IFF.UP : 0);
}

function addLink(link: NewLink, kind: string, data: readonly Attribute[], more: readonly Attribute[]): NetlinkRequest {
  const info: readonly Attribute[] = [
    { type: IFLA_INFO.KIND, value: kind },
    ...(data.length === 0 ? [] : [{ type: IFLA_INFO.DATA, value: data }]),
  ];
  return {
    type: RTM.NEWLINK,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    header: newLinkHeader(link),
    attributes: [...newLinkAttributes(link), ...more, { type: IFLA.LINKINFO, value: info }],
  };
}

/** Make a bridge. */
export function addBridge(link: NewLink): NetlinkRequest {
  return addLink(link, "bridge", [], []);
}

/**
 * Make a pair of links, each the other's far end; see veth(4).
 *
 * KERNEL: the peer gets the index that is asked for only where the link itself asks for one.
 */
export function addVeth(link: NewLink, peer: NewLink): NetlinkRequest {
  const [header, attributes] = [newLinkHeader(peer), newLinkAttributes(peer)];
  return addLink(link, "veth", [{ type: VETH_INFO.PEER, value: peerBytes(header, attributes) }], []);
}

/** VETH_INFO_PEER begins with a struct, and attributes follow it. */
function peerBytes(header: Uint8Array, attributes: readonly Attribute[]): Uint8Array {
  const packed = packAttributes(attributes);
  const bytes = new Uint8Array(header.length + packed.length);
  bytes.set(header);
  bytes.set(packed, header.length);
  return bytes;
}

/** A second address (macvlan) or a second owner of the same one (ipvlan) on an existing link. */
export function addSubLink(kind: "macvlan" | "ipvlan", link: NewLink, parent: number): NetlinkRequest {
  const mode = kind === "macvlan" ? MACVLAN_MODE.BRIDGE : IPVLAN_MODE.L2;
  const value = kind === "macvlan" ? mode : new Uint8Array([mode, 0]); // u32 and u16
  return addLink(link, kind, [{ type: IFLA_MACVLAN.MODE, value }], [{ type: IFLA.LINK, value: parent }]);
}

/** Set a link up. */
export function setLinkUp(link: LinkRef): NetlinkRequest {
  return { type: RTM.NEWLINK, flags: 0, header: linkHeader(link, IFF.UP), attributes: nameOf(link) };
}

/** Remove a link; both ends of a veth pair. */
export function deleteLink(link: LinkRef): NetlinkRequest {
  return { type: RTM.DELLINK, flags: 0, header: linkHeader(link), attributes: nameOf(link) };
}

/** Ask for one link; ENODEV if there is none. */
export function getLink(link: LinkRef): NetlinkRequest {
  const filter = { type: IFLA.EXT_MASK, value: RTEXT_FILTER.SKIP_STATS };
  return { type: RTM.GETLINK, flags: 0, header: linkHeader(link), attributes: [...nameOf(link), filter] };
}

/** Ask for a link of another network namespace, by the number that this one has for that. */
export function getLinkIn(netnsid: number, index: number): NetlinkRequest {
  const request = getLink(index);
  return { ...request, attributes: [...request.attributes, { type: IFLA.TARGET_NETNSID, value: netnsid }] };
}

/** Ask which number this network namespace has for that of a process; see RTM_GETNSID in rtnetlink(7). */
export function getNetnsid(pid: number): NetlinkRequest {
  const header = new Uint8Array(4); // struct rtgenmsg, filled up
  return { type: RTM.GETNSID, flags: 0, header, attributes: [{ type: NETNSA.PID, value: pid }] };
}

/** Ask for all links. */
export function getLinks(): NetlinkRequest {
  const filter = { type: IFLA.EXT_MASK, value: RTEXT_FILTER.SKIP_STATS };
  return { ...getCountedLinks(), attributes: [filter] };
}

/** Ask for all links, with what they have received and sent. */
export function getCountedLinks(): NetlinkRequest {
  return { type: RTM.GETLINK, flags: NLM_F.DUMP, header: linkHeader(0), attributes: [] };
}

function familyOf(address: Uint8Array): number {
  return address.length === 4 ? AF.INET : AF.INET6;
}

/** Give a link an address, to be used at once. */
export function addAddress(index: number, { address, prefix }: IpWithPrefix): NetlinkRequest {
  const isIp6 = address.length === 16;
  return {
    type: RTM.NEWADDR,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    header: IFADDRMSG.pack({
      ifa_family: familyOf(address),
      ifa_prefixlen: prefix,
      ifa_flags: isIp6 ? IFA_F.NODAD : 0,
      ifa_index: index,
    }),
    attributes: [
      { type: IFA.LOCAL, value: address },
      { type: IFA.ADDRESS, value: address },
    ],
  };
}

/** Ask for all addresses. */
export function getAddresses(): NetlinkRequest {
  return { type: RTM.GETADDR, flags: NLM_F.DUMP, header: IFADDRMSG.pack({}), attributes: [] };
}

/** A route; without a destination the default one. */
export interface NewRoute {
  readonly gateway: Uint8Array;
  readonly index: number;
  readonly destination?: IpWithPrefix | undefined;
}

/** Add a route. */
export function addRoute({ gateway, index, destination }: NewRoute): NetlinkRequest {
  return {
    type: RTM.NEWROUTE,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    header: RTMSG.pack({
      rtm_family: familyOf(gateway),
      rtm_dst_len: destination?.prefix ?? 0,
      rtm_table: RT_TABLE.MAIN,
      rtm_protocol: RTPROT.BOOT,
      rtm_scope: RT_SCOPE.UNIVERSE,
      rtm_type: RTN.UNICAST,
    }),
    attributes: [
      ...(destination === undefined ? [] : [{ type: RTA.DST, value: destination.address }]),
      { type: RTA.GATEWAY, value: gateway },
      { type: RTA.OIF, value: index },
    ],
  };
}

/** Ask for all routes of all tables. */
export function getRoutes(): NetlinkRequest {
  return { type: RTM.GETROUTE, flags: NLM_F.DUMP, header: RTMSG.pack({}), attributes: [] };
}

/** Ask for all neighbours. */
export function getNeighbours(): NetlinkRequest {
  return { type: RTM.GETNEIGH, flags: NLM_F.DUMP, header: NDMSG.pack({}), attributes: [] };
}
