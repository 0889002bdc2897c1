// linux/sock_diag.h and linux/inet_diag.h: sock_diag(7), a question to the kernel about its sockets over netlink(7).
import { type NetlinkMessage, type NetlinkRequest, NLM_F, viewOf } from "./netlink.ts";
import { AF } from "./socket.ts";

export const NETLINK_SOCK_DIAG = 4;
export const SOCK_DIAG_BY_FAMILY = 20;

export const IPPROTO_TCP = 6;

/** Bit of TCP_LISTEN in `idiag_states`. */
export const TCPF_LISTEN = 0x400;

/** `struct inet_diag_req_v2`; of the socket id nothing is asked. */
export const INET_DIAG_REQ_V2 = {
  size: 56,
  offsets: { sdiag_family: 0, sdiag_protocol: 1, idiag_ext: 2, idiag_states: 4, id: 8 },
} as const;

/** `struct inet_diag_msg`; ports and addresses are in network order. */
export const INET_DIAG_MSG = {
  size: 72,
  offsets: {
    idiag_family: 0,
    idiag_state: 1,
    "id.idiag_sport": 4,
    "id.idiag_src": 8,
    idiag_uid: 64,
    idiag_inode: 68,
  },
} as const;

/** Ask for the TCP sockets of a family that listen. */
export function getTcpListeners(family: number): NetlinkRequest {
  const header = new Uint8Array(INET_DIAG_REQ_V2.size);
  const view = new DataView(header.buffer);
  view.setUint8(INET_DIAG_REQ_V2.offsets.sdiag_family, family);
  view.setUint8(INET_DIAG_REQ_V2.offsets.sdiag_protocol, IPPROTO_TCP);
  view.setUint32(INET_DIAG_REQ_V2.offsets.idiag_states, TCPF_LISTEN, true);
  return { type: SOCK_DIAG_BY_FAMILY, flags: NLM_F.DUMP, header, attributes: [] };
}

/** A TCP socket, as the kernel tells of it. */
export interface DiagSocket {
  readonly family: number;
  readonly address: Uint8Array;
  readonly port: number;
  readonly uid: number;
  readonly inode: number;
}

/** Undefined of another message or one that is cut off. */
export function parseDiagSocket({ type, body }: NetlinkMessage): DiagSocket | undefined {
  if (type !== SOCK_DIAG_BY_FAMILY || body.length < INET_DIAG_MSG.size) return undefined;
  const { idiag_family, "id.idiag_sport": sport, "id.idiag_src": src, idiag_uid, idiag_inode } = INET_DIAG_MSG.offsets;
  const view = viewOf(body);
  const family = view.getUint8(idiag_family);
  return {
    family,
    address: body.subarray(src, src + (family === AF.INET6 ? 16 : 4)),
    port: view.getUint16(sport),
    uid: view.getUint32(idiag_uid, true),
    inode: view.getUint32(idiag_inode, true),
  };
}
