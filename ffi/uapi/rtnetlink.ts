// linux/rtnetlink.h, if_link.h, if_addr.h, neighbour.h, veth.h: links, addresses, routes and neighbours; see rtnetlink(7).
import { defineStruct, type Struct } from "./struct.ts";

/** Types of messages. */
export const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  NEWADDR: 20,
  DELADDR: 21,
  GETADDR: 22,
  NEWROUTE: 24,
  DELROUTE: 25,
  GETROUTE: 26,
  NEWNEIGH: 28,
  DELNEIGH: 29,
  GETNEIGH: 30,
  NEWNSID: 88,
  GETNSID: 90,
} as const;

/** Attributes of a link. */
export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  OPERSTATE: 16,
  LINKINFO: 18,
  NET_NS_PID: 19,
  STATS64: 23,
  NET_NS_FD: 28,
  EXT_MASK: 29,
  LINK_NETNSID: 37,
  TARGET_NETNSID: 46,
} as const;

/** Attributes in IFLA_LINKINFO, and what IFLA_INFO_DATA holds for some kinds. */
export const IFLA_INFO = { KIND: 1, DATA: 2 } as const;
export const VETH_INFO = { PEER: 1 } as const;
export const IFLA_MACVLAN = { MODE: 1 } as const;
export const IFLA_IPVLAN = { MODE: 1 } as const;
export const MACVLAN_MODE = { BRIDGE: 4 } as const;
export const IPVLAN_MODE = { L2: 0 } as const;

/** Leaves counters out of what is told of links. */
export const RTEXT_FILTER = { SKIP_STATS: 0x8 } as const;

/** Attributes of an address. */
export const IFA = { ADDRESS: 1, LOCAL: 2, FLAGS: 8 } as const;
/** Flags of an address: NODAD uses it at once, without asking the network for another of the kind. */
export const IFA_F = { NODAD: 0x2, TENTATIVE: 0x40, PERMANENT: 0x80 } as const;

/** Attributes of a route. */
export const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, MULTIPATH: 9, TABLE: 15 } as const;
export const RT_TABLE = { MAIN: 254, LOCAL: 255 } as const;
export const RT_SCOPE = { UNIVERSE: 0, LINK: 253, HOST: 254 } as const;
export const RTPROT = { KERNEL: 2, BOOT: 3, STATIC: 4 } as const;
export const RTN = { UNICAST: 1, LOCAL: 2, ANYCAST: 4 } as const;
/** `struct rtnexthop`: one of several ways, of those in RTA_MULTIPATH; attributes follow. */
export const RTNEXTHOP = { size: 8, offsets: { rtnh_len: 0, rtnh_flags: 2, rtnh_hops: 3, rtnh_ifindex: 4 } } as const;
/** Of `struct rtnl_link_stats64`, which only grows, in linux/if_link.h. */
export const LINK_STATS64 = { offsets: { rx_bytes: 16, tx_bytes: 24 } } as const;

/** linux/net_namespace.h: the number by which one network namespace knows another, and a process in that. */
export const NETNSA = { NSID: 1, PID: 2 } as const;

/** Attributes of a neighbour. */
export const NDA = { DST: 1, LLADDR: 2 } as const;
export const NUD = {
  INCOMPLETE: 0x1,
  REACHABLE: 0x2,
  STALE: 0x4,
  DELAY: 0x8,
  PROBE: 0x10,
  FAILED: 0x20,
  NOARP: 0x40,
  PERMANENT: 0x80,
} as const;

const IFINFOMSG_FIELDS = [
  ["ifi_family", "u8"],
  ["__ifi_pad", "u8"],
  ["ifi_type", "u16"],
  ["ifi_index", "i32"],
  ["ifi_flags", "u32"],
  ["ifi_change", "u32"],
] as const;
const IFADDRMSG_FIELDS = [
  ["ifa_family", "u8"],
  ["ifa_prefixlen", "u8"],
  ["ifa_flags", "u8"],
  ["ifa_scope", "u8"],
  ["ifa_index", "u32"],
] as const;
const RTMSG_FIELDS = [
  ["rtm_family", "u8"],
  ["rtm_dst_len", "u8"],
  ["rtm_src_len", "u8"],
  ["rtm_tos", "u8"],
  ["rtm_table", "u8"],
  ["rtm_protocol", "u8"],
  ["rtm_scope", "u8"],
  ["rtm_type", "u8"],
  ["rtm_flags", "u32"],
] as const;
const NDMSG_FIELDS = [
  ["ndm_family", "u8"],
  ["ndm_pad1", "u8"],
  ["ndm_pad2", "u16"],
  ["ndm_ifindex", "i32"],
  ["ndm_state", "u16"],
  ["ndm_flags", "u8"],
  ["ndm_type", "u8"],
] as const;

/** The structs that begin the bodies of these messages. */
export const IFINFOMSG: Struct<(typeof IFINFOMSG_FIELDS)[number][0]> = defineStruct(IFINFOMSG_FIELDS);
export const IFADDRMSG: Struct<(typeof IFADDRMSG_FIELDS)[number][0]> = defineStruct(IFADDRMSG_FIELDS);
export const RTMSG: Struct<(typeof RTMSG_FIELDS)[number][0]> = defineStruct(RTMSG_FIELDS);
export const NDMSG: Struct<(typeof NDMSG_FIELDS)[number][0]> = defineStruct(NDMSG_FIELDS);

/** KERNEL: IFNAMSIZ with the NUL. */
export const INTERFACE_NAME_BYTES_MAX = 15;
