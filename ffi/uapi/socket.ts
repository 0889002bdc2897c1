// linux/socket.h, linux/net.h and linux/if.h: socket(2), sendmsg(2), unix(7), netdevice(7).
import { defineStruct, type Struct } from "./struct.ts";

/** Address families of socket(2). */
export const AF = { UNSPEC: 0, UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17, VSOCK: 40, XDP: 44 } as const;

/** Protocols of netlink(7), the third argument of socket(2). */
export const NETLINK = { ROUTE: 0, XFRM: 6, NETFILTER: 12 } as const;

/** Types of socket(2) and the two flags that are added to them. */
export const SOCK = {
  STREAM: 1,
  DGRAM: 2,
  RAW: 3,
  SEQPACKET: 5,
  NONBLOCK: 0x800,
  CLOEXEC: 0x80000,
} as const;

/** Levels of setsockopt(2) and of control messages. */
export const SOL = { SOCKET: 1, NETLINK: 270 } as const;

/** Options of the level SOL_SOCKET, see socket(7). */
export const SO = {
  REUSEADDR: 2,
  PASSCRED: 16,
  PEERCRED: 17,
  PEERPIDFD: 77, // since 6.5
} as const;

/** Types of control messages of the level SOL_SOCKET, see unix(7). */
export const SCM = {
  RIGHTS: 1,
  CREDENTIALS: 2,
  PIDFD: 4, // since 6.5
} as const;

/** Flags of sendmsg(2) and recvmsg(2). */
export const MSG = {
  PEEK: 0x2,
  CTRUNC: 0x8,
  TRUNC: 0x20,
  DONTWAIT: 0x40,
  WAITALL: 0x100,
  NOSIGNAL: 0x4000,
  CMSG_CLOEXEC: 0x40000000,
} as const;

/** Flags of an interface, see netdevice(7). */
export const IFF = {
  UP: 0x1,
  BROADCAST: 0x2,
  LOOPBACK: 0x8,
  POINTOPOINT: 0x10,
  RUNNING: 0x40,
  MULTICAST: 0x1000,
} as const;

/** `struct ifreq` with flags in it; `ifr_name` is 16 bytes with its 0. */
export const IFREQ = { size: 40, offsets: { ifr_name: 0, ifr_flags: 16 }, nameBytes: 16 } as const;

/** The level of IPv6's options, and the one that leaves IPv4 to others. */
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;

/** `struct sockaddr_in` or `sockaddr_in6`: family as the machine has it, port and address big-endian; see ip(7). */
export function packSockaddr(ip: Uint8Array, port: number): Uint8Array<ArrayBuffer> {
  const isIp6 = ip.length === 16;
  const bytes = new Uint8Array(isIp6 ? 28 : 16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isIp6 ? AF.INET6 : AF.INET, true);
  view.setUint16(2, port);
  bytes.set(ip, isIp6 ? 8 : 4);
  return bytes;
}

const IOVEC_FIELDS = [
  ["iov_base", "u64"],
  ["iov_len", "u64"],
] as const;

/** `struct iovec` of readv(2). */
export const IOVEC: Struct<(typeof IOVEC_FIELDS)[number][0]> = defineStruct(IOVEC_FIELDS);

const MSGHDR_FIELDS = [
  ["msg_name", "u64"],
  ["msg_namelen", "u32"],
  ["msg_iov", "u64"],
  ["msg_iovlen", "u64"],
  ["msg_control", "u64"],
  ["msg_controllen", "u64"],
  ["msg_flags", "u32"],
] as const;

/** `struct msghdr` of sendmsg(2). */
export const MSGHDR: Struct<(typeof MSGHDR_FIELDS)[number][0]> = defineStruct(MSGHDR_FIELDS);

const CMSGHDR_FIELDS = [
  ["cmsg_len", "u64"],
  ["cmsg_level", "i32"],
  ["cmsg_type", "i32"],
] as const;

/** `struct cmsghdr` of cmsg(3); the data follows at its size, and the next header at a multiple of 8. */
export const CMSGHDR: Struct<(typeof CMSGHDR_FIELDS)[number][0]> = defineStruct(CMSGHDR_FIELDS);
