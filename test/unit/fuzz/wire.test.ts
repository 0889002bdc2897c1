// What others send and what files hold, under random bytes: requests to the proxy, TLS greetings, netlink answers,
// records of the state folder, lines of helpers. A value or none, in bounded time and room, and nothing thrown, ever.
import { describe, expect, test } from "bun:test";
import { parseAcknowledgement, parseAttributes, parseMessages } from "#ffi/uapi/netlink.ts";
import { parseAddress, parseLink, parseNeighbour, parseNetnsid, parseRoute } from "#ffi/uapi/rtnetlink-answers.ts";
import { parseDiagSocket } from "#ffi/uapi/sock-diag.ts";
import { parseHostLines } from "#src/audit/parse-host-lines.ts";
import { parsePids } from "#src/audit/read-caller.ts";
import { readClientHello } from "#src/egress/client-hello.ts";
import { HEAD_MAX, readAnswer, readRequest } from "#src/egress/read-request.ts";
import { parseNatRules } from "#src/inspect/groups/nat-rules.ts";
import { parseUtsname } from "#src/inspect/groups/names.ts";
import { parseHelperPorts } from "#src/net/helper-ports.ts";
import { parseResolvConf } from "#src/net/hosts-text.ts";
import { parseLease } from "#src/net/lease-record.ts";
import { parseNetworkRecord } from "#src/net/network-record.ts";
import { parsePinRecord } from "#src/pin/pin-record.ts";
import { DetachKeys } from "#src/run/detach-keys.ts";
import { parseSubIds } from "#src/spec/sub-ids.ts";
import { parseRecord } from "#src/state/box-record.ts";
import { parseStatusFile } from "#src/state/box-status.ts";
import { CASES, pick, type Random, randomText, SEED, seededRandom } from "#test/support/random-text.ts";

const encoder = new TextEncoder();

/** Random bytes, with now and then a run of one value, as lengths and paddings are. */
function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(random(length + 1));
  for (let at = 0; at < bytes.length; at++) bytes[at] = random(3) === 0 ? 0 : random(256);
  return bytes;
}

/** A good message with some of its bytes changed, and perhaps its end cut off. */
function damaged(random: Random, good: Uint8Array): Uint8Array {
  const bytes = good.slice(0, random(4) === 0 ? random(good.length + 1) : good.length);
  for (let n = random(4); n > 0 && bytes.length > 0; n--) bytes[random(bytes.length)] = random(256);
  return bytes;
}

function words(...list: readonly (readonly [value: number, bytes: 1 | 2 | 4])[]): Uint8Array {
  return Uint8Array.from(
    list.flatMap(([value, bytes]) => Array.from({ length: bytes }, (_, n) => (value >> (8 * n)) & 255)),
  );
}

/** An answer of rtnetlink: RTM_NEWLINK of a device with a name and an address. */
const LINK = words(
  ...([
    [52, 4],
    [16, 2],
    [2, 2],
    [1, 4],
    [0, 4],
  ] as const),
  ...([
    [0, 2],
    [1, 2],
    [7, 4],
    [0x1043, 4],
    [0, 4],
  ] as const),
  ...([
    [9, 2],
    [3, 2],
    [0x30687465, 4],
    [0, 4],
  ] as const),
  ...([
    [8, 2],
    [4, 2],
    [1500, 4],
  ] as const),
);

/** A TLS greeting that names a.example. */
const HELLO = Uint8Array.fromHex(
  "160301004401000040030300000000000000000000000000000000000000000000000000000000000000000000021301010000150000000e000c0000096163652e6578616d002b0003020304",
);

const HTTP = [
  "GET ",
  "CONNECT ",
  "http://a.example/",
  "a.example:443",
  " HTTP/1.1",
  "\r\n",
  "Host: a",
  "\r\n\r\n",
  "\n",
];
const HEADS = [...HTTP, "Content-Length: 5", "Transfer-Encoding: chunked", "\0", "\u0005\u0001\u0000", "x".repeat(300)];

const LEASE = {
  ...{ ip4: "10.0.0.2", mac: "0a:58:0a:00:00:02", veth: "nsv1", launcher: { pid: 1, startTicks: 2 }, pid: 3 },
  ...{ publish: [{ hostIp: "0.0.0.0", hostPort: 1, boxPort: 2, protocol: "tcp" }], hosts: "/x", ownHosts: [] },
};
const NETWORK = {
  ...{
    name: "web",
    bridge: "nsb-web",
    ip4: { subnet: "10.0.0.0/24", gateway: "10.0.0.1" },
    internal: false,
    mtu: 1500,
  },
};
const PIN = {
  ...{ version: 1, madeAt: 1, holder: { kind: "process", pid: 1, startTicks: 2 } },
  namespaces: [{ type: "net", inode: 4026531840 }],
};
const BOX = { version: 1, process: { pid: 1, startTicks: 2 }, spec: {}, labels: [] };

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  "",
  "x",
  "../..",
  [],
  {},
  [null],
  { kind: "mount" },
];

/** The data with one value in it exchanged or left out. */
function mutate(random: Random, value: unknown): unknown {
  if (typeof value !== "object" || value === null || random(5) === 0) return VALUES[random(VALUES.length)];
  const copy: Record<string, unknown> = { ...value };
  const key = pick(random, Object.keys(copy));
  if (random(6) === 0) delete copy[key];
  else copy[key] = mutate(random, copy[key]);
  return Array.isArray(value) ? Object.values(copy) : copy;
}

interface Row {
  readonly name: string;
  /** Makes a case and looks at what becomes of it: true where something was understood. */
  readonly attempt: (random: Random) => boolean;
}

const ROWS: readonly Row[] = [
  {
    name: "readRequest",
    attempt: (random) => {
      const bytes = random(3) === 0 ? randomBytes(random, 40) : encoder.encode(randomText(random, HEADS, 12));
      const reading = readRequest(bytes, random(4) === 0);
      if (reading.kind === "request") {
        expect(reading.used).toBeLessThanOrEqual(bytes.length);
        expect([reading.target.port > 0, reading.target.port < 65_536]).toEqual([true, true]);
        expect(reading.head.length).toBeLessThan(HEAD_MAX * 2);
      }
      return reading.kind !== "more";
    },
  },
  {
    name: "readAnswer",
    attempt: (random) => {
      const pieces = ["HTTP/1.1 200 OK", "\r\n", "Connection: x", "\r\n\r\n", "100", ":", "\n", "HTTP/1.1 101 x"];
      const bytes = encoder.encode(randomText(random, pieces, 10));
      const answer = readAnswer(bytes);
      if (answer !== undefined) expect(answer.used).toBeLessThanOrEqual(bytes.length);
      return answer !== undefined;
    },
  },
  {
    name: "readClientHello",
    attempt: (random) => {
      const hello = readClientHello(random(3) === 0 ? randomBytes(random, 80) : damaged(random, HELLO));
      if (hello.kind === "name") expect(hello.name.length).toBeLessThan(65_536);
      return hello.kind !== "more";
    },
  },
  {
    name: "parseMessages and what is in them",
    attempt: (random) => {
      const bytes = random(3) === 0 ? randomBytes(random, 120) : damaged(random, LINK);
      const messages = parseMessages(bytes);
      let room = 0;
      for (const message of messages) {
        room += message.body.length;
        for (const value of parseAttributes(message.body).values())
          expect(value.length).toBeLessThanOrEqual(bytes.length);
        expect(parseAcknowledgement(message).errno).toBeGreaterThanOrEqual(0);
        for (const parse of [parseLink, parseAddress, parseRoute, parseNeighbour, parseNetnsid, parseDiagSocket])
          parse(message);
      }
      expect(room).toBeLessThanOrEqual(bytes.length);
      return messages.length > 0;
    },
  },
  {
    name: "DetachKeys",
    attempt: (random) => {
      const keys = new DetachKeys(new Uint8Array([16, 17].slice(0, 1 + random(2))));
      let [typed, passed] = [0, 0];
      for (let n = random(5); n > 0; n--) {
        const bytes = Uint8Array.from({ length: random(6) }, () => Number(pick(random, ["16", "17", "65"])));
        typed += bytes.length;
        passed += keys.feed(bytes).length;
      }
      expect(passed).toBeLessThanOrEqual(typed);
      return keys.isDetached;
    },
  },
  { name: "parseLease", attempt: (random) => parseLease(mutate(random, LEASE)) !== undefined },
  {
    name: "parseNetworkRecord",
    attempt: (random) => {
      const record = parseNetworkRecord(mutate(random, NETWORK));
      if (record !== undefined) expect(record.bridge).toStartWith("nsb-");
      return record !== undefined;
    },
  },
  {
    name: "parsePinRecord",
    attempt: (random) => {
      const record = parsePinRecord(mutate(random, PIN));
      if (record?.holder.kind === "process") expect(record.holder.pid).toBeGreaterThan(0);
      return record !== undefined;
    },
  },
  {
    name: "parseRecord",
    attempt: (random) => {
      const text = JSON.stringify(mutate(random, BOX)) ?? "";
      const record = parseRecord(random(3) === 0 ? text.slice(0, random(text.length + 1)) : text);
      if (record !== undefined) expect(record.process.pid).toBeGreaterThan(0);
      return record !== undefined;
    },
  },
  {
    name: "parseStatusFile",
    attempt: (random) => {
      const bytes = randomBytes(random, 400);
      // A version that is known, or nothing would be read.
      if (bytes.length > 8) bytes.set([1, 0, 0, 0, 0, 0, 0, 0]);
      parseStatusFile(bytes);
      return bytes.length > 200;
    },
  },
  {
    name: "parseHostLines",
    attempt: (random) => {
      const good = JSON.stringify({ time: "x", verdict: "refused", host: "a", port: 1, reason: "b" });
      const text = randomText(random, [good, "\n", good.slice(0, 20), "{", "null", '"', "}"], 12);
      const { refusals, rest } = parseHostLines(text);
      expect(rest.length).toBeLessThanOrEqual(text.length);
      return refusals.length > 0;
    },
  },
  {
    name: "parsePids",
    attempt: (random) => {
      const { pid, pidInside } = parsePids(
        randomText(random, ["Name:\t", "\n", "Tgid:\t", "NStgid:\t", "4", "2", "\t", " "], 14),
        9,
      );
      for (const number of [pid, pidInside ?? 0]) expect(Number.isNaN(number)).toBe(false);
      return pidInside !== undefined;
    },
  },
  {
    name: "parseNatRules",
    attempt: (random) =>
      parseNatRules(
        randomText(
          random,
          ["table ip nat {", "\n", "chain x {", "}", "\ttcp dport 80 dnat to 10.0.0.2:80", "  masquerade", '"'],
          14,
        ),
      ).length > 0,
  },
  {
    name: "parseResolvConf",
    attempt: (random) => {
      const pieces = [
        "nameserver ",
        "search ",
        "domain ",
        "10.0.0.1",
        "::1",
        "\n",
        "options ndots:1",
        "#",
        "a.example ",
        "\t",
      ];
      return parseResolvConf(randomText(random, pieces, 14)).nameservers.length > 0;
    },
  },
  {
    name: "parseSubIds",
    attempt: (random) => {
      const ranges = parseSubIds(
        randomText(random, ["ann:", "1000:", "100000:", "65536", "\n", "-1", " ", ":"], 14),
        1000,
        "ann",
      );
      for (const { start, count } of ranges) expect([start >= 0, count > 0]).toEqual([true, true]);
      return ranges.length > 0;
    },
  },
  {
    name: "parseHelperPorts",
    attempt: (random) => {
      const pieces = [
        "--tcp-ports",
        "--udp-ports",
        "8080:80",
        "127.0.0.1/8080:80",
        "none",
        "70000:1",
        ":",
        "::1/1:2",
        "",
      ];
      return parseHelperPorts(Array.from({ length: random(8) }, () => pick(random, pieces))).length > 0;
    },
  },
  { name: "parseUtsname", attempt: (random) => parseUtsname(randomBytes(random, 390)).hostname !== "" },
];

describe("what comes from outside", () => {
  test.each(ROWS)("$name: a value or none, and nothing thrown", ({ attempt }) => {
    const random = seededRandom(SEED);
    let understood = 0;
    for (let n = 0; n < CASES; n++) if (attempt(random)) understood++;
    // A mix of which nothing is ever understood, or all, would test nothing.
    expect(understood).toBeGreaterThan(20);
    expect(understood).toBeLessThan(CASES);
  });
});
