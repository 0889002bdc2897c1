import { describe, expect, test } from "bun:test";
import { INET_DIAG_MSG, INET_DIAG_REQ_V2, NLM_F, NLMSG, NLMSGHDR, TCPF_LISTEN } from "#ffi/uapi/sock-diag.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

test("TCPF_LISTEN is the bit of TCP_LISTEN", () => {
  const TCP_LISTEN = 10;
  expect(TCPF_LISTEN).toBe(1 << TCP_LISTEN);
});

const TABLES: readonly HeaderTable[] = [
  { source: "sock-diag.ts NLMSG", prefix: "NLMSG_", headers: ["linux/netlink.h"], values: NLMSG },
  { source: "sock-diag.ts NLM_F", prefix: "NLM_F_", headers: ["linux/netlink.h"], values: NLM_F },
];

const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct nlmsghdr", headers: ["linux/netlink.h"], layout: NLMSGHDR },
  { name: "struct inet_diag_req_v2", headers: ["linux/inet_diag.h"], layout: INET_DIAG_REQ_V2 },
  { name: "struct inet_diag_msg", headers: ["linux/inet_diag.h"], layout: INET_DIAG_MSG },
];

describe.skipIf(noHeaders)("sock-diag.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
