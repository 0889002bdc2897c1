import { expect, test } from "bun:test";
import type { LeaseRecord } from "#src/net/lease-record.ts";
import { explainNetwork, explainNetworks, viewNetwork } from "#src/net/network-view.ts";

const NETWORK = {
  name: "back",
  bridge: "nsb-back",
  ip4: { subnet: "10.50.0.0/24", gateway: "10.50.0.1" },
  ip6: { subnet: "fd00::/64", gateway: "fd00::1" },
  internal: true,
  mtu: 1400,
};
const LEASE: LeaseRecord = {
  ip4: "10.50.0.2",
  ip6: "fd00::2",
  mac: "0a:58:0a:32:00:02",
  name: "db",
  veth: "nsv01234567",
  launcher: { pid: 42, startTicks: 7 },
  box: { pid: 43, startTicks: 9 },
  publish: [{ protocol: "tcp", hostIp: undefined, hostPort: 8080, boxPort: 80 }],
  hosts: undefined,
  ownHosts: [],
};

test("viewNetwork() has the names that programs rely on", () => {
  expect(viewNetwork(NETWORK, [LEASE], true)).toEqual({
    name: "back",
    bridge: "nsb-back",
    up: true,
    internal: true,
    mtu: 1400,
    subnets: [NETWORK.ip4, NETWORK.ip6],
    boxes: [
      {
        name: "db",
        pid: 43,
        ip: "10.50.0.2",
        ip6: "fd00::2",
        mac: "0a:58:0a:32:00:02",
        device: "nsv01234567",
        ports: ["8080:80/tcp"],
      },
    ],
  });
});

test("explainNetworks() has a line for each network", () => {
  expect(explainNetworks([viewNetwork(NETWORK, [LEASE], false)])).toBe(
    "NAME  SUBNETS                 BOXES  BRIDGE\nback  10.50.0.0/24 fd00::/64  1      nsb-back (not up)  internal\n",
  );
});

test("explainNetwork() shows its subnets and who is in it", () => {
  expect(explainNetwork(viewNetwork(NETWORK, [LEASE], true))).toBe(`network  back
bridge   nsb-back
subnet   10.50.0.0/24, gateway 10.50.0.1
subnet   fd00::/64, gateway fd00::1
out      nothing leads out of it, or in
mtu      1400

BOX  PID  ADDRESSES          DEVICE       PORTS
db   43   10.50.0.2 fd00::2  nsv01234567  8080:80/tcp
`);
  expect(explainNetwork(viewNetwork(NETWORK, [], true))).toEndWith("no box is in it\n");
});
