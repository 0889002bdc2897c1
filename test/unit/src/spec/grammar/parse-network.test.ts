import { describe, expect, test } from "bun:test";
import { checkNetwork } from "#src/spec/check-network.ts";
import {
  parseAddress,
  parseHostEntry,
  parseMacAddress,
  parseMtu,
  parseNetworkName,
  parsePublish,
} from "#src/spec/grammar/parse-network.ts";
import { parseNamespace } from "#src/spec/grammar/parse-namespace.ts";
import { pick, randomText, tryRandomly } from "#test/support/random-text.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";

describe("parseNamespace() of --net", () => {
  test.each([
    ["bridge", { kind: "network", network: { kind: "bridge", names: ["default"] } }],
    ["bridge:front,back", { kind: "network", network: { kind: "bridge", names: ["front", "back"] } }],
    ["pasta", { kind: "network", network: { kind: "pasta" } }],
    ["macvlan:eth0", { kind: "network", network: { kind: "macvlan", parent: "eth0" } }],
    ["ipvlan:eth0.7", { kind: "network", network: { kind: "ipvlan", parent: "eth0.7" } }],
    ["container:4711", { kind: "pid", pid: 4711 }],
    ["container:web", { kind: "box", name: "web" }],
  ] as const)("reads %s", (text, option) => {
    expect(parseNamespace("--net", text)).toEqual(option);
  });

  test.each([
    "bridge:",
    "bridge:a,,b",
    "bridge:a,a",
    "bridge:../x",
    "macvlan:",
    "macvlan:a/b",
    "macvlan:..",
    "container:",
  ])("refuses %p", (text) => {
    expect(() => parseNamespace("--net", text)).toThrow(`Cannot parse --net "${text}"`);
  });
});

describe("parsePublish()", () => {
  test.each([
    ["8080:80", { protocol: "tcp", hostIp: undefined, hostPort: 8080, boxPort: 80 }],
    ["127.0.0.1:53:5353/udp", { protocol: "udp", hostIp: "127.0.0.1", hostPort: 53, boxPort: 5353 }],
    ["[::1]:8080:80/tcp", { protocol: "tcp", hostIp: "::1", hostPort: 8080, boxPort: 80 }],
  ] as const)("reads %s", (text, port) => {
    expect(parsePublish("--publish", text)).toEqual(port);
  });

  test.each(["80", "0:80", "80:0", "65536:80", "a:80", "80:80/sctp", "300.0.0.1:80:80", "::1:80:80", "[::g]:80:80"])(
    "refuses %p",
    (text) => {
      expect(() => parsePublish("--publish", text)).toThrow("Cannot parse");
    },
  );
});

test.each([
  ["an IPv4 address for --ip6", () => parseAddress("--ip6", "10.0.0.1", 6)],
  ["a prefix that is too long", () => parseAddress("--ip", "10.0.0.1/33", 4)],
  ["a group's MAC address", () => parseMacAddress("--mac", "01:00:5e:00:00:01")],
  ["no MAC address at all", () => parseMacAddress("--mac", "00:00:00:00:00:00")],
  ["an MTU that IPv4 can't do with", () => parseMtu("--mtu", "67")],
  ["a name without an address", () => parseHostEntry("--add-host", "db")],
  ["a name with a line end", () => parseHostEntry("--add-host", "d\nb:10.0.0.1")],
  ["a network's name with a slash", () => parseNetworkName("a/b")],
])("%s is refused", (_, parse) => {
  expect(parse).toThrow("Cannot parse");
});

describe("checkNetwork()", () => {
  const { network, allowHosts } = NO_OPTIONS;
  const bridge = { net: { kind: "network", network: { kind: "bridge", names: ["default"] } } } as const;

  test("refuses flags of a network where there is none", () => {
    expect(() => checkNetwork({ allowHosts, namespaces: {}, network: { ...network, ip: "10.0.0.9" } })).toThrow(
      "Cannot use --ip: --net is not a network",
    );
  });

  test("refuses what the kind of network can't do", () => {
    const publish = [parsePublish("-p", "80:80")];
    const namespaces = { net: { kind: "network", network: { kind: "macvlan", parent: "eth0" } } } as const;
    expect(() => checkNetwork({ allowHosts, namespaces, network: { ...network, publish } })).toThrow(
      "does not go with --net macvlan",
    );
    expect(() => checkNetwork({ allowHosts, namespaces: bridge, network: { ...network, publish } })).not.toThrow();
  });

  test("refuses a list of hosts beside a network, through which every host would be reached", () => {
    const hosts = [{ kind: "any", ports: "web" }] as const;
    expect(() => checkNetwork({ allowHosts: hosts, namespaces: bridge, network })).toThrow("another way out");
  });

  test("refuses a port that is published twice", () => {
    const publish = [parsePublish("-p", "80:80"), parsePublish("-p", "80:81")];
    expect(() => checkNetwork({ allowHosts, namespaces: bridge, network: { ...network, publish } })).toThrow(
      "port 80 twice",
    );
  });
});

test("grammars of networks under random words throw nothing but what says what is wrong", () => {
  const pieces = [
    "bridge",
    "container",
    "macvlan",
    ":",
    ",",
    "10.0.0.1",
    "80",
    "/udp",
    "[",
    "]",
    "fd00::1",
    "a",
    "/",
    "24",
  ];
  const tally = tryRandomly((random) => {
    const text = randomText(random, pieces, 6);
    const parse = pick(random, ["net", "publish", "ip", "ip6", "mac", "host", "mtu"]);
    if (parse === "net") parseNamespace("--net", `bridge:${text}`);
    else if (parse === "publish") parsePublish("--publish", text);
    else if (parse === "ip") parseAddress("--ip", text, 4);
    else if (parse === "ip6") parseAddress("--ip6", text, 6);
    else if (parse === "mac") parseMacAddress("--mac", text);
    else if (parse === "host") parseHostEntry("--add-host", `a:${text}`);
    else parseMtu("--mtu", text);
  });
  expect(tally.taken).toBeGreaterThan(0);
});
