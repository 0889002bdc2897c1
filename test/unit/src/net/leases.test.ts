import { describe, expect, test } from "bun:test";
import { formatPort, type LeaseRecord, parseLease, portsClash } from "#src/net/lease-record.ts";
import { chooseAddresses } from "#src/net/leases.ts";
import type { NetworkRecord } from "#src/net/network-record.ts";

const NETWORK: NetworkRecord = {
  name: "small",
  bridge: "nsb-small",
  ip4: { subnet: "10.50.0.0/29", gateway: "10.50.0.1" },
  ip6: { subnet: "fd00::/64", gateway: "fd00::1" },
  internal: false,
  mtu: undefined,
};
const NOTHING = { ip: undefined, ip6: undefined };

function lease(ip4: string, ip6?: string): LeaseRecord {
  return {
    ip4,
    ip6,
    mac: "0a:58:0a:32:00:02",
    name: "web",
    veth: "nsv01234567",
    launcher: { pid: 42, startTicks: 7 },
    box: { pid: 43, startTicks: 9 },
    publish: [{ protocol: "tcp", hostIp: undefined, hostPort: 80, boxPort: 80 }],
    hosts: "/run/nsbox/net/small/hosts/nsv01234567",
    ownHosts: [{ name: "web", ip: ip4 }],
  };
}

describe("chooseAddresses()", () => {
  test("gives the lowest that is free, in the same place of both subnets", () => {
    expect(chooseAddresses(NETWORK, [], NOTHING)).toEqual({ ip4: "10.50.0.2", ip6: "fd00::2" });
    const alive = [lease("10.50.0.2", "fd00::2"), lease("10.50.0.4", "fd00::3")];
    expect(chooseAddresses(NETWORK, alive, NOTHING)).toEqual({ ip4: "10.50.0.3", ip6: "fd00::4" });
  });

  test("says so when none is left", () => {
    const alive = [2, 3, 4, 5, 6].map((n) => lease(`10.50.0.${n}`));
    expect(() => chooseAddresses(NETWORK, alive, NOTHING)).toThrow("all of its 5 addresses are in use");
  });

  test("gives what is asked for, if nobody has it", () => {
    expect(chooseAddresses(NETWORK, [], { ip: "10.50.0.5", ip6: "fd00::77" })).toEqual({
      ip4: "10.50.0.5",
      ip6: "fd00::77",
    });
    const wanted = { ip: undefined, ip6: "fd00::77" };
    expect(() => chooseAddresses(NETWORK, [lease("10.50.0.5", "fd00::77")], wanted)).toThrow('the box of "web" has it');
  });

  test("has no IPv6 to give where the network has none", () => {
    const without = { ...NETWORK, ip6: undefined };
    expect(chooseAddresses(without, [], NOTHING).ip6).toBeUndefined();
    expect(() => chooseAddresses(without, [], { ip: undefined, ip6: "fd00::9" })).toThrow("has no IPv6");
  });
});

describe("a lease's record", () => {
  test("is read back as it was written, and nothing else is taken for one", () => {
    const one = lease("10.50.0.2", "fd00::2");
    expect(parseLease(JSON.parse(JSON.stringify(one)))).toEqual(one);
    for (const wrong of [undefined, "x", {}, { ...one, veth: "eth0" }, { ...one, launcher: 1 }])
      expect(parseLease(wrong)).toBeUndefined();
  });

  test("clashes with another over the same port of the same address", () => {
    const port = { protocol: "tcp", hostIp: undefined, hostPort: 80, boxPort: 80 } as const;
    expect(portsClash(port, { ...port, hostIp: "127.0.0.1", boxPort: 9 })).toBe(true);
    expect(portsClash({ ...port, hostIp: "192.0.2.1" }, { ...port, hostIp: "127.0.0.1" })).toBe(false);
    expect(portsClash({ ...port, hostIp: "0.0.0.0" }, { ...port, hostIp: "127.0.0.1" })).toBe(true);
    expect(portsClash({ ...port, hostIp: "::" }, { ...port, hostIp: "127.0.0.1" })).toBe(false);
    expect(portsClash(port, { ...port, protocol: "udp" })).toBe(false);
    expect(formatPort({ ...port, hostIp: "::1" })).toBe("[::1]:80:80/tcp");
  });
});
