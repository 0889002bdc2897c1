// linux/netfilter/nfnetlink.h and nf_tables.h: as much as tells whether a table is there.
import type { NetlinkRequest } from "./netlink.ts";

/** Families of tables. */
export const NFPROTO = { INET: 1, IPV4: 2, IPV6: 10 } as const;

/** The subsystem is the high byte of a message's type. */
export const NFNL_SUBSYS = { NFTABLES: 10 } as const;
export const NFT_MSG = { GETTABLE: 1 } as const;
export const NFTA_TABLE = { NAME: 1 } as const;

/** Ask for one table; ENOENT if there is none. */
export function getTable(family: number, name: string): NetlinkRequest {
  return {
    type: (NFNL_SUBSYS.NFTABLES << 8) | NFT_MSG.GETTABLE,
    flags: 0,
    header: new Uint8Array([family, 0, 0, 0]), // struct nfgenmsg: family, version, big-endian resource
    attributes: [{ type: NFTA_TABLE.NAME, value: name }],
  };
}
