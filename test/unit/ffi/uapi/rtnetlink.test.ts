import { describe, expect, test } from "bun:test";
import { parseIp, parseMac } from "#ffi/uapi/inet.ts";
import {
  type Attribute,
  type NetlinkMessage,
  type NetlinkRequest,
  packAttributes,
  packRequest,
  parseMessages,
  u32,
} from "#ffi/uapi/netlink.ts";
import { parseAddress, parseLink, parseNeighbour, parseRoute } from "#ffi/uapi/rtnetlink-answers.ts";
import {
  addAddress,
  addBridge,
  addRoute,
  addSubLink,
  addVeth,
  deleteLink,
  getCountedLinks,
  getLinks,
  setLinkUp,
} from "#ffi/uapi/rtnetlink-requests.ts";
import {
  IFA,
  IFA_F,
  IFADDRMSG,
  IFINFOMSG,
  IFLA,
  IFLA_INFO,
  IFLA_IPVLAN,
  IFLA_MACVLAN,
  INTERFACE_NAME_BYTES_MAX,
  IPVLAN_MODE,
  MACVLAN_MODE,
  NDA,
  NDMSG,
  NUD,
  RT_SCOPE,
  RT_TABLE,
  RTA,
  RTEXT_FILTER,
  RTM,
  RTMSG,
  RTN,
  RTNEXTHOP,
  RTPROT,
  VETH_INFO,
} from "#ffi/uapi/rtnetlink.ts";
import { CASES, SEED, seededRandom } from "#test/support/random-text.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

const HEADERS = ["linux/rtnetlink.h", "linux/if_link.h", "linux/veth.h", "linux/neighbour.h"];
const table = (name: string, prefix: string, values: HeaderTable["values"]): HeaderTable => ({
  source: `rtnetlink.ts ${name}`,
  prefix,
  headers: HEADERS,
  values,
  enumerators: true,
});
const TABLES: readonly HeaderTable[] = [
  table("RTM", "RTM_", RTM),
  table("IFLA", "IFLA_", IFLA),
  table("IFLA_INFO", "IFLA_INFO_", IFLA_INFO),
  table("VETH_INFO", "VETH_INFO_", VETH_INFO),
  table("IFLA_MACVLAN", "IFLA_MACVLAN_", IFLA_MACVLAN),
  table("IFLA_IPVLAN", "IFLA_IPVLAN_", IFLA_IPVLAN),
  table("MACVLAN_MODE", "MACVLAN_MODE_", MACVLAN_MODE),
  table("IPVLAN_MODE", "IPVLAN_MODE_", IPVLAN_MODE),
  table("RTEXT_FILTER", "RTEXT_FILTER_", RTEXT_FILTER),
  table("IFA", "IFA_", IFA),
  table("IFA_F", "IFA_F_", IFA_F),
  table("RTA", "RTA_", RTA),
  table("RT_TABLE", "RT_TABLE_", RT_TABLE),
  table("RT_SCOPE", "RT_SCOPE_", RT_SCOPE),
  table("RTPROT", "RTPROT_", RTPROT),
  table("RTN", "RTN_", RTN),
  table("NDA", "NDA_", NDA),
  table("NUD", "NUD_", NUD),
];
const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct ifinfomsg", headers: HEADERS, layout: IFINFOMSG },
  { name: "struct ifaddrmsg", headers: HEADERS, layout: IFADDRMSG },
  { name: "struct rtmsg", headers: HEADERS, layout: RTMSG },
  { name: "struct ndmsg", headers: HEADERS, layout: NDMSG },
  { name: "struct rtnexthop", headers: HEADERS, layout: RTNEXTHOP },
];

describe.skipIf(noHeaders)("rtnetlink.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (one) => {
    expect(tableDifferences(one)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});

/** What the kernel would read. */
function sent(request: NetlinkRequest): NetlinkMessage {
  const [message] = parseMessages(packRequest(request, 1));
  if (message === undefined) throw new Error("no message");
  return message;
}

function bytesOf(text: string): Uint8Array {
  return parseIp(text) ?? new Uint8Array(0);
}

describe("requests, read back as answers", () => {
  test("addBridge() names kind, MTU and address", () => {
    const mac = parseMac("02:00:00:00:00:01");
    expect(parseLink(sent(addBridge({ name: "br0", mtu: 1400, mac, up: true })))).toMatchObject({
      name: "br0",
      kind: "bridge",
      mtu: 1400,
      mac: "02:00:00:00:00:01",
      flags: 1,
    });
  });

  test("addVeth() carries the peer, with its own index and namespace", () => {
    const request = addVeth({ name: "v0", master: 7 }, { name: "eth0", index: 100, netnsPid: 4711 });
    expect(parseLink(sent(request))).toMatchObject({ name: "v0", kind: "veth", master: 7 });
    const { body } = sent(request);
    // The peer is a message within the message: ifinfomsg, then its attributes.
    const at = Buffer.from(body).indexOf("eth0");
    expect(new DataView(body.buffer, body.byteOffset).getInt32(at - 4 - IFINFOMSG.size + 4, true)).toBe(100);
  });

  test("addSubLink() lies on its parent", () => {
    const request = addSubLink("macvlan", { name: "m0" }, 3);
    expect(parseLink(sent(request))).toMatchObject({ name: "m0", kind: "macvlan", link: 3 });
    expect(parseLink(sent(addSubLink("ipvlan", { name: "i0" }, 3)))?.kind).toBe("ipvlan");
  });

  test("setLinkUp() and deleteLink() go by index or by name", () => {
    expect(parseLink(sent(setLinkUp(5)))).toMatchObject({ index: 5, name: "", flags: 1 });
    expect(parseLink(sent(setLinkUp("eth0")))).toMatchObject({ index: 0, name: "eth0", flags: 1 });
    expect(sent(deleteLink(5)).type).toBe(RTM.DELLINK);
  });

  test("addAddress() sets IPv6 without duplicate address detection", () => {
    const four = sent(addAddress(100, { address: bytesOf("10.88.0.2"), prefix: 24 }));
    expect(parseAddress(four)).toEqual({ index: 100, address: "10.88.0.2", prefix: 24, flags: 0 });
    const six = sent(addAddress(100, { address: bytesOf("fd00::2"), prefix: 64 }));
    expect(parseAddress(six)).toEqual({ index: 100, address: "fd00::2", prefix: 64, flags: IFA_F.NODAD });
  });

  test("addRoute() without a destination is the default route", () => {
    expect(parseRoute(sent(addRoute({ gateway: bytesOf("10.88.0.1"), index: 100 })))).toMatchObject({
      destination: undefined,
      prefix: 0,
      gateway: "10.88.0.1",
      index: 100,
      table: RT_TABLE.MAIN,
    });
    const destination = { address: bytesOf("fd01::"), prefix: 48 };
    expect(parseRoute(sent(addRoute({ gateway: bytesOf("fd00::1"), index: 3, destination })))).toMatchObject({
      destination: "fd01::",
      prefix: 48,
    });
  });
});

describe("answers", () => {
  const answer = (type: number, header: Uint8Array, attributes: readonly Attribute[]): NetlinkMessage =>
    sent({ type, flags: 0, header, attributes });

  test("on links have counters where they were asked for", () => {
    const counters = new Uint8Array(new BigUint64Array([1n, 2n, 2n ** 40n + 3n, 4n, 5n]).buffer);
    const link = answer(RTM.NEWLINK, IFINFOMSG.pack({}), [{ type: IFLA.STATS64, value: counters }]);
    expect(parseLink(link)).toMatchObject({ receivedBytes: 2 ** 40 + 3, sentBytes: 4 });
    const short = answer(RTM.NEWLINK, IFINFOMSG.pack({}), [{ type: IFLA.STATS64, value: counters.subarray(0, 28) }]);
    expect(parseLink(short)).toMatchObject({ receivedBytes: 2 ** 40 + 3, sentBytes: 0 });
    expect(parseLink(answer(RTM.NEWLINK, IFINFOMSG.pack({}), []))).toMatchObject({ receivedBytes: 0, sentBytes: 0 });
    expect(getLinks().attributes).toEqual([{ type: IFLA.EXT_MASK, value: RTEXT_FILTER.SKIP_STATS }]);
    expect(getCountedLinks()).toEqual({ ...getLinks(), attributes: [] });
  });

  const hop = (index: number, gateway: string): Uint8Array => {
    const attributes = packAttributes([{ type: RTA.GATEWAY, value: bytesOf(gateway) }]);
    const head = new Uint8Array(RTNEXTHOP.size);
    new DataView(head.buffer).setUint16(0, head.length + attributes.length, true);
    head.set(u32(index), 4);
    return new Uint8Array([...head, ...attributes]);
  };
  const route = (attributes: readonly Attribute[]): NetlinkMessage => answer(RTM.NEWROUTE, RTMSG.pack({}), attributes);

  test("on routes have what they cost, and each of several ways", () => {
    const ways = new Uint8Array([...hop(3, "192.0.2.1"), ...hop(4, "192.0.2.2")]);
    expect(parseRoute(route([{ type: RTA.MULTIPATH, value: ways }]))).toMatchObject({
      ...{ index: 3, gateway: "192.0.2.1", metric: 0 },
      others: [{ index: 4, gateway: "192.0.2.2" }],
    });
    expect(parseRoute(route([{ type: RTA.PRIORITY, value: 1024 }]))).toMatchObject({ metric: 1024, others: [] });
    // What is cut off ends them.
    for (let length = 0; length < ways.length; length++)
      expect(parseRoute(route([{ type: RTA.MULTIPATH, value: ways.subarray(0, length) }]))?.others).toEqual([]);
  });
});

test("INTERFACE_NAME_BYTES_MAX leaves room for the NUL of IFNAMSIZ", () => {
  expect(INTERFACE_NAME_BYTES_MAX).toBe(15);
});

test("parsers of rtnetlink under random bytes never throw", () => {
  const random = seededRandom(SEED);
  const types = [RTM.NEWLINK, RTM.NEWADDR, RTM.NEWROUTE, RTM.NEWNEIGH];
  for (let n = 0; n < CASES; n++) {
    const body = new Uint8Array(random(120)).map(() => (random(3) === 0 ? random(256) : random(24)));
    const message = { type: types[random(4)] ?? 0, flags: 0, sequence: 1, body };
    const parsed = [parseLink(message), parseAddress(message), parseRoute(message), parseNeighbour(message)];
    expect(parsed.filter((one) => one !== undefined).length).toBeLessThanOrEqual(1);
    const link = parsed[0];
    if (link !== undefined && "name" in link) expect(link.name.length).toBeLessThanOrEqual(body.length);
  }
});
