// Links, addresses, routes and neighbours made and read over netlink, beside what ip(8) makes and reads.
import { expect, test } from "bun:test";
import { parseIp, parseMac } from "#ffi/uapi/inet.ts";
import { parseAddress, parseLink, parseNeighbour, parseRoute } from "#ffi/uapi/rtnetlink-answers.ts";
import {
  addAddress,
  addBridge,
  addRoute,
  addSubLink,
  addVeth,
  deleteLink,
  getAddresses,
  getLink,
  getLinks,
  getNeighbours,
  getRoutes,
  setLinkUp,
} from "#ffi/uapi/rtnetlink-requests.ts";
import { RT_TABLE, RTN } from "#ffi/uapi/rtnetlink.ts";
import { AF } from "#ffi/uapi/socket.ts";
import { NsboxError } from "#src/error.ts";
import { Netlink } from "#src/net/netlink.ts";
import { describeWith } from "#test/support/needs.ts";
import { enterFreshNetns } from "#test/support/netns.ts";

interface IpRow {
  readonly ifindex: number;
  readonly ifname: string;
  readonly mtu: number;
  readonly address: string;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
  readonly lladdr?: string;
}

function ip(...words: readonly string[]): readonly IpRow[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["ip", "-j", "-d", ...words]);
  if (exitCode !== 0) throw new Error(`ip ${words.join(" ")}: ${stderr.toString()}`);
  const text = stdout.toString();
  return text.trim() === "" ? [] : (JSON.parse(text) as IpRow[]); // ip's own format
}

function bytesOf(text: string): Uint8Array {
  return parseIp(text) ?? new Uint8Array(0);
}

describeWith(["root", "ip"], "rtnetlink, checked against ip(8)", () => {
  test("makes a bridge and a veth pair that ip shows", () => {
    using _ = enterFreshNetns();
    using netlink = new Netlink();
    const mac = parseMac("02:00:00:00:00:01");
    netlink.request("make a bridge", addBridge({ name: "br0", up: true, mac, mtu: 1400 }));
    const bridge = netlink.find("find the bridge", getLink("br0"), parseLink);
    netlink.request(
      "make a pair",
      addVeth(
        { name: "v0", index: 1_000_000, mtu: 1400, master: bridge?.index ?? 0, up: true },
        { name: "eth0", index: 100, mtu: 1300 },
      ),
    );
    const [br0] = ip("link", "show", "br0");
    expect([br0?.ifindex, br0?.mtu, br0?.address]).toEqual([bridge?.index ?? 0, 1400, "02:00:00:00:00:01"]);
    expect(br0?.linkinfo?.info_kind).toBe("bridge");
    expect(ip("link", "show", "v0")[0]).toMatchObject({ master: "br0", linkinfo: { info_kind: "veth" } });
    expect(ip("link", "show", "eth0")[0]).toMatchObject({ ifindex: 100, mtu: 1300 });
  });

  test("reads of links, addresses and routes what ip reads", () => {
    using _ = enterFreshNetns();
    using netlink = new Netlink();
    for (const words of [
      "link add br0 type bridge",
      "link add v0 type veth peer name v1",
      "link set v0 master br0 up",
      "link set v1 up",
      "addr add 10.9.0.2/24 dev v1",
      "addr add fd09::2/64 dev v1 nodad",
      "route add default via 10.9.0.1 dev v1",
      "route add fd0a::/48 via fd09::1 dev v1",
      "neigh add 10.9.0.9 lladdr 02:00:00:00:00:09 dev v1",
    ])
      ip(...words.split(" "));
    const links = netlink.list("list links", getLinks(), parseLink);
    const nameOf = (index: number | undefined): string => links.find((link) => link.index === index)?.name ?? "";
    const shown = ip("addr");
    expect(links.map(({ index, name, mtu, mac }) => ({ index, name, mtu, mac }))).toEqual(
      shown.map((row) => ({ index: row.ifindex, name: row.ifname, mtu: row.mtu, mac: row.address })),
    );
    expect(links.map(({ kind, master }) => [kind, nameOf(master)])).toEqual(
      shown.map((row) => [row.linkinfo?.info_kind, row.master ?? ""]),
    );
    const addresses = netlink.list("list addresses", getAddresses(), parseAddress);
    expect(addresses.map((one) => `${nameOf(one.index)} ${one.address}/${one.prefix}`).sort()).toEqual(
      shown.flatMap((row) => row.addr_info.map((info) => `${row.ifname} ${info.local}/${info.prefixlen}`)).sort(),
    );
    const routes = netlink.list("list routes", getRoutes(), parseRoute);
    const main = routes.filter(({ table, type }) => table === RT_TABLE.MAIN && type === RTN.UNICAST);
    const printed = (family: number): string[] =>
      main
        .filter((route) => route.family === family)
        .map(({ destination, prefix, gateway, index }) => {
          const whole = destination === undefined ? "default" : `${destination}/${prefix}`;
          return `${whole} ${gateway ?? ""} ${nameOf(index)}`;
        });
    const byIp = (...words: readonly string[]): string[] =>
      ip(...words).map((row) => `${row.dst} ${row.gateway ?? ""} ${row.dev}`);
    expect(printed(AF.INET).sort()).toEqual(byIp("-4", "route").sort());
    expect(printed(AF.INET6).sort()).toEqual(byIp("-6", "route").sort());
    const neighbours = netlink.list("list neighbours", getNeighbours(), parseNeighbour);
    const known = neighbours.filter(({ address }) => address === "10.9.0.9");
    expect(known.map(({ index, mac }) => [nameOf(index), mac])).toEqual([["v1", "02:00:00:00:00:09"]]);
  });

  test("sets addresses and routes that ip shows, IPv6 at once", () => {
    using _ = enterFreshNetns();
    using netlink = new Netlink();
    netlink.request("make a pair", addVeth({ name: "v0", index: 99, up: true }, { name: "eth0", index: 100 }));
    netlink.request("set it up", setLinkUp(100));
    netlink.request("add", addAddress(100, { address: bytesOf("10.9.0.2"), prefix: 24 }));
    netlink.request("add", addAddress(100, { address: bytesOf("fd09::2"), prefix: 64 }));
    netlink.request("add", addRoute({ gateway: bytesOf("10.9.0.1"), index: 100 }));
    netlink.request("add", addRoute({ gateway: bytesOf("fd09::1"), index: 100 }));
    const [row] = ip("addr", "show", "dev", "eth0");
    expect(row?.addr_info.filter(({ local }) => !local.startsWith("fe80"))).toMatchObject([
      { local: "10.9.0.2", prefixlen: 24 },
      { local: "fd09::2", prefixlen: 64 },
    ]);
    expect(JSON.stringify(row?.addr_info.filter(({ local }) => local === "fd09::2"))).not.toContain("tentative");
    expect(ip("-4", "route", "show", "default")[0]).toMatchObject({ gateway: "10.9.0.1", dev: "eth0" });
    expect(ip("-6", "route", "show", "default")[0]).toMatchObject({ gateway: "fd09::1", dev: "eth0" });
  });

  test("tells of errors by errno, with the kernel's own words", () => {
    using _ = enterFreshNetns();
    using netlink = new Netlink();
    expect(() => netlink.request("remove it", deleteLink("nowhere"))).toThrow("Cannot remove it: ENODEV");
    expect(netlink.request("remove it", deleteLink("nowhere"), "ENODEV")).toBe(false);
    expect(netlink.find("find it", getLink("nowhere"), parseLink, "ENODEV")).toBeUndefined();
    netlink.request("make it", addBridge({ name: "br0" }));
    expect(() => netlink.request("make it", addBridge({ name: "br0" }))).toThrow("EEXIST (File exists)");
    try {
      netlink.request("lay it", addSubLink("macvlan", { name: "m0" }, 4000));
      throw new Error("it was made");
    } catch (error) {
      if (!(error instanceof NsboxError)) throw error;
      expect(error.errno?.name).toBe("ENODEV");
    }
    const bad = { ...getLinks(), flags: 0, type: 9999 };
    expect(() => netlink.request("ask nonsense", bad)).toThrow("EOPNOTSUPP");
  });

  test("lists more links than one read holds", () => {
    using _ = enterFreshNetns();
    using netlink = new Netlink();
    for (let n = 0; n < 200; n++) netlink.request("make one", addBridge({ name: `b${n}` }));
    const names = netlink.list("list", getLinks(), parseLink).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("b")).length).toBe(200);
  });
});
