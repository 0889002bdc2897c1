import { describe, expect, test } from "bun:test";
import { AF, NETLINK, SOCK, SOL, SO, SCM, MSG, IFF, IOVEC, MSGHDR, CMSGHDR, IFREQ } from "#ffi/uapi/socket.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

test("MSGHDR and CMSGHDR have the sizes of 64-bit machines", () => {
  expect([MSGHDR.size, CMSGHDR.size, IOVEC.size]).toEqual([56, 16, 16]);
});

test("SO and SCM have the pidfds of Linux 6.5", () => {
  expect([SO.PEERPIDFD, SCM.PIDFD]).toEqual([77, 4]);
});

test("IFREQ leaves room for a name of IFNAMSIZ bytes", () => {
  expect(IFREQ.nameBytes).toBe(IFREQ.offsets.ifr_flags);
});

const TABLES: readonly HeaderTable[] = [
  { source: "socket.ts AF", prefix: "AF_", headers: ["sys/socket.h"], values: AF },
  { source: "socket.ts NETLINK", prefix: "NETLINK_", headers: ["linux/netlink.h"], values: NETLINK },
  { source: "socket.ts SOCK", prefix: "SOCK_", headers: ["sys/socket.h"], values: SOCK },
  { source: "socket.ts SOL", prefix: "SOL_", headers: ["sys/socket.h"], values: SOL },
  { source: "socket.ts SO", prefix: "SO_", headers: ["sys/socket.h"], values: SO },
  { source: "socket.ts SCM", prefix: "SCM_", headers: ["sys/socket.h"], values: SCM },
  { source: "socket.ts MSG", prefix: "MSG_", headers: ["sys/socket.h"], values: MSG },
  { source: "socket.ts IFF", prefix: "IFF_", headers: ["linux/if.h"], values: IFF },
];

const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct iovec", headers: ["sys/uio.h"], layout: IOVEC },
  { name: "struct msghdr", headers: ["sys/socket.h"], layout: MSGHDR },
  { name: "struct cmsghdr", headers: ["sys/socket.h"], layout: CMSGHDR },
  { name: "struct ifreq", headers: ["sys/socket.h", "linux/if.h"], layout: IFREQ },
];

describe.skipIf(noHeaders)("socket.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
