// What nft and iptables are told; test/root shows that it works.
import { describe, expect, test } from "bun:test";
import { iptablesNetwork, iptablesPublish, removalCommands } from "#src/net/iptables-rules.ts";
import { bridgeNames, type NetworkRecord, parseNetworkRecord } from "#src/net/network-record.ts";
import { networkTable, publishTable } from "#src/net/nft-rules.ts";

const NETWORK: NetworkRecord = {
  name: "default",
  bridge: "nsb-default",
  ip4: { subnet: "10.213.0.0/24", gateway: "10.213.0.1" },
  ip6: { subnet: "fd00::/64", gateway: "fd00::1" },
  internal: false,
  mtu: undefined,
};
const TARGET = {
  table: "nsv01234567",
  ip4: "10.213.0.2",
  ip6: "fd00::2",
  ports: [{ protocol: "tcp", hostIp: undefined, hostPort: 8080, boxPort: 80 } as const],
};

describe("networkTable()", () => {
  test("is made anew as a whole, under the bridge's name", () => {
    const text = JSON.stringify(networkTable(NETWORK));
    const table = '{"table":{"family":"inet","name":"nsb-default"}}';
    expect(text).toStartWith(`{"nftables":[{"add":${table}},{"delete":${table}},{"add":${table}}`);
  });

  test("masquerades what leaves, but not from an internal network", () => {
    const leaving = '{"op":"!=","left":{"meta":{"key":"oifname"}},"right":"nsb-default"}},{"masquerade":null}';
    expect(JSON.stringify(networkTable(NETWORK))).toContain(leaving);
    expect(JSON.stringify(networkTable({ ...NETWORK, internal: true }))).not.toContain(leaving);
  });

  test("speaks of IPv6 only where the network has it", () => {
    expect(JSON.stringify(networkTable(NETWORK))).toContain("fd00::");
    expect(JSON.stringify(networkTable({ ...NETWORK, ip6: undefined }))).not.toContain("ip6");
  });
});

describe("publishTable()", () => {
  test("leads a port of every address of the host to the box, in both versions", () => {
    const text = JSON.stringify(publishTable(TARGET));
    expect(text).toContain('{"dnat":{"family":"ip","addr":"10.213.0.2","port":80}}');
    expect(text).toContain('{"dnat":{"family":"ip6","addr":"fd00::2","port":80}}');
    expect(text).toContain('"flags":"daddr"');
  });

  test("leads a port of one address in its version alone", () => {
    const ports = [{ protocol: "udp", hostIp: "127.0.0.1", hostPort: 53, boxPort: 53 } as const];
    const text = JSON.stringify(publishTable({ ...TARGET, ports }));
    expect(text).toContain('"right":"127.0.0.1"');
    expect(text).not.toContain("ip6");
  });
});

test.each(["0.0.0.0", "::"])("%s stands for every address of its version, for nft and iptables", (hostIp) => {
  const ports = [{ protocol: "tcp", hostIp, hostPort: 80, boxPort: 80 } as const];
  const text = JSON.stringify(publishTable({ ...TARGET, ports }));
  expect(text).toContain('"type","flags":"daddr"');
  expect(text).not.toContain(`"${hostIp}"`);
  expect(text.includes("fd00::2")).toBe(hostIp === "::");
  expect(JSON.stringify(iptablesPublish({ ...TARGET, ports }))).not.toContain(`-d ${hostIp}`);
});

describe("iptables", () => {
  test("has chains of the network's own, and takes back what leads to them first", () => {
    const [ip, ip6] = iptablesNetwork(NETWORK);
    expect(ip?.restore).toContain(":nsb-default - [0:0]\n");
    expect(ip?.restore).toContain("-A nsb-default -s 10.213.0.0/24 ! -o nsb-default -j MASQUERADE\n");
    expect(ip6?.restore).toContain("-s fd00::/64");
    const commands = removalCommands("iptables", ip ?? { family: "ip", restore: "", jumps: [] });
    expect(commands[0]).toEqual(["iptables", "-w", "-t", "filter", "-D", "FORWARD", "-j", "nsb-default"]);
    expect(commands.at(-1)).toEqual(["iptables", "-w", "-t", "raw", "-X", "nsb-default"]);
  });

  test("leads published ports to the box", () => {
    const [ip, ip6] = iptablesPublish(TARGET);
    expect(ip?.restore).toContain("-p tcp --dport 8080 -j DNAT --to-destination 10.213.0.2:80\n");
    expect(ip6?.restore).toContain("--to-destination [fd00::2]:80\n");
  });
});

describe("a network's record", () => {
  test("is read back as it was written, and nothing else is taken for one", () => {
    expect(parseNetworkRecord(JSON.parse(JSON.stringify(NETWORK)))).toEqual(NETWORK);
    for (const wrong of [
      undefined,
      null,
      1,
      [],
      {},
      { ...NETWORK, bridge: "eth0" },
      { ...NETWORK, ip4: { subnet: "x" } },
    ])
      expect(parseNetworkRecord(wrong)).toBeUndefined();
  });

  test("has a bridge whose name is short enough, and another where that is taken", () => {
    expect(bridgeNames("default").slice(0, 2)).toEqual(["nsb-default", "nsb-default.1"]);
    const names = bridgeNames("a-very-long-name-of-a-network");
    expect(names.every((name) => name.length <= 15)).toBe(true);
    expect(new Set(names).size).toBe(names.length);
  });
});
