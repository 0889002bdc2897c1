import { describe, expect, test } from "bun:test";
import {
  NETLINK,
  NETLINK_OPTION,
  NLA,
  NLM_F,
  NLMSG,
  NLMSGERR_ATTR,
  NLMSGHDR,
  packAttributes,
  packRequest,
  parseAcknowledgement,
  parseAttributes,
  parseMessages,
  SOCKADDR_NL,
  textOf,
  u32,
} from "#ffi/uapi/netlink.ts";
import { CASES, SEED, seededRandom } from "#test/support/random-text.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

const HEADERS = ["linux/netlink.h"];
const TABLES: readonly HeaderTable[] = [
  { source: "netlink.ts NETLINK", prefix: "NETLINK_", headers: HEADERS, values: NETLINK },
  { source: "netlink.ts NETLINK_OPTION", prefix: "NETLINK_", headers: HEADERS, values: NETLINK_OPTION },
  { source: "netlink.ts NLMSG", prefix: "NLMSG_", headers: HEADERS, values: NLMSG },
  { source: "netlink.ts NLM_F", prefix: "NLM_F_", headers: HEADERS, values: NLM_F },
  {
    source: "netlink.ts NLMSGERR_ATTR",
    prefix: "NLMSGERR_ATTR_",
    headers: HEADERS,
    values: NLMSGERR_ATTR,
    enumerators: true,
  },
];
const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct nlmsghdr", headers: HEADERS, layout: NLMSGHDR },
  { name: "struct sockaddr_nl", headers: HEADERS, layout: SOCKADDR_NL },
];

describe.skipIf(noHeaders)("netlink.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});

describe("packRequest()", () => {
  test("writes what parseMessages() and parseAttributes() read", () => {
    const header = new Uint8Array([1, 2, 3, 4]);
    const attributes = [
      { type: 3, value: "eth0" },
      { type: 4, value: 1500 },
      { type: 18, value: [{ type: 1, value: "veth" }] },
    ];
    const [message] = parseMessages(packRequest({ type: 16, flags: NLM_F.CREATE, header, attributes }, 7));
    expect(message).toMatchObject({ type: 16, flags: NLM_F.CREATE | NLM_F.REQUEST | NLM_F.ACK, sequence: 7 });
    const read = parseAttributes(message?.body.subarray(4) ?? u32(0));
    expect(textOf(read.get(3) ?? u32(0))).toBe("eth0");
    expect(read.get(4)).toEqual(u32(1500));
    expect(textOf(parseAttributes(read.get(18) ?? u32(0)).get(1) ?? u32(0))).toBe("veth");
  });

  test("fills every attribute up to four bytes, and says its own length", () => {
    const bytes = packAttributes([{ type: 1, value: new Uint8Array([9]) }]);
    expect([...bytes]).toEqual([5, 0, 1, 0, 9, 0, 0, 0]);
    expect([...packAttributes([{ type: 2, value: [] }])]).toEqual([4, 0, 2, NLA.F_NESTED >> 8]);
  });

  test("refuses an attribute that its length can't say", () => {
    expect(() => packAttributes([{ type: 1, value: new Uint8Array(70_000) }])).toThrow("Cannot pack attribute 1");
  });
});

describe("parseAcknowledgement()", () => {
  const error = (flags: number, body: Uint8Array) =>
    parseAcknowledgement({ type: NLMSG.ERROR, flags, sequence: 1, body });

  test("gives errno and the text that explains it", () => {
    const text = packAttributes([{ type: NLMSGERR_ATTR.MSG, value: "no such thing" }]);
    const body = new Uint8Array([...u32(-95 >>> 0), ...new Uint8Array(NLMSGHDR.size), ...text]);
    expect(error(NLM_F.CAPPED | NLM_F.ACK_TLVS, body)).toEqual({ errno: 95, text: "no such thing" });
    expect(error(NLM_F.CAPPED, body)).toEqual({ errno: 95, text: undefined });
  });

  test("gives 0 where all went well, and where there is nothing", () => {
    expect(error(NLM_F.CAPPED, u32(0)).errno).toBe(0);
    expect(error(0, new Uint8Array(0)).errno).toBe(0);
  });
});

describe("parsers of netlink under random bytes", () => {
  test("never throw, and give no more than they were given", () => {
    const random = seededRandom(SEED);
    for (let n = 0; n < CASES; n++) {
      const bytes = new Uint8Array(random(80)).map(() => (random(3) === 0 ? random(256) : random(20)));
      const messages = parseMessages(bytes);
      expect(messages.reduce((sum, { body }) => sum + body.length + NLMSGHDR.size, 0)).toBeLessThanOrEqual(
        bytes.length,
      );
      expect([...parseAttributes(bytes).values()].reduce((sum, value) => sum + value.length, 0)).toBeLessThanOrEqual(
        bytes.length,
      );
      const said = parseAcknowledgement({ type: NLMSG.ERROR, flags: random(0x400), sequence: 1, body: bytes });
      expect(Number.isSafeInteger(said.errno)).toBe(true);
    }
  });
});
