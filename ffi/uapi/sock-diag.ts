// linux/sock_diag.h and linux/inet_diag.h: sock_diag(7), a question to the kernel about its sockets over netlink(7).
export { NLMSGHDR } from "./netlink.ts";

export const NETLINK_SOCK_DIAG = 4;
export const SOCK_DIAG_BY_FAMILY = 20;

/** Types of `struct nlmsghdr`. */
export const NLMSG = { ERROR: 2, DONE: 3 } as const;

/** Flags of `struct nlmsghdr`: a question, and all that fits it. */
export const NLM_F = { REQUEST: 0x1, DUMP: 0x300 } as const;

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
