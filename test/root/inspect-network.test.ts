// What inspect tells of the network of a box: whose the other end of its veth pair is, its neighbours, rules outside.
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Network } from "#src/inspect/groups/network.ts";
import { documentedNames, leavesOf, undocumented } from "#test/support/inspect-docs.ts";
import { describeWith } from "#test/support/needs.ts";
import { CABLE, helloServer, NetHost } from "#test/support/net-host.ts";

describeWith(["root", "ip", "nft", "curl", "busybox"], "nsbox inspect, the network", () => {
  let host: NetHost;
  beforeAll(async () => {
    host = await NetHost.open();
    const words = ["run", "-d", "--name", "web", "--net", "bridge", "-p", "8080:80", "--", "sh", "-c"];
    expect((await host.nsbox(...words, helloServer(80, "hello"))).stderr).toBe("");
    const curl = "curl -sS --retry 20 --retry-connrefused --retry-delay 0";
    expect(await host.must(`${curl} http://10.213.0.2/`)).toBe("hello");
  });
  afterAll(async () => {
    await host.nsbox("rm", "-f", "web");
    await host[Symbol.asyncDispose]();
  });

  const network = async (what: string): Promise<Network> => {
    const { stdout, stderr } = await host.nsbox("inspect", what, "--json");
    expect(stderr).toBe("");
    return JSON.parse(stdout).network; // as docs/inspect.md has it
  };
  const known = <T>(readable: { readonly value: T } | { readonly unreadable: string }): T => {
    if ("value" in readable) return readable.value;
    throw new Error(JSON.stringify(readable));
  };
  const interfaceOf = async (what: string, name: string | RegExp) =>
    known((await network(what)).interfaces).find((one) => one.name.match(name) !== null);

  test("of a box names the host's end of its pair, and the bridge that it is a port of", async () => {
    const device = /nsv\w+/.exec(await host.must("ip -br link"))?.[0] ?? "";
    const index = Number(await host.must(`cat /sys/class/net/${device}/ifindex`));
    const namespace = Number(/\d+/.exec(await host.must("readlink /proc/self/ns/net"))?.[0]);
    const eth0 = await interfaceOf("web", "eth0");
    expect(eth0).toMatchObject({ kind: "veth", mtu: 1500, mac: "0a:58:0a:d5:00:02", bridge: null, up: true });
    expect(eth0?.peer).toEqual({
      ...{ index, name: device, bridge: "nsb-default", namespace, where: "yours" },
      process: null as never, // JSON has null for what is not known
    });
  });

  test("of a process on the host names the box's end, and the process that it belongs to", async () => {
    const [{ pid }] = JSON.parse((await host.nsbox("ps", "--json")).stdout);
    const its = await interfaceOf(String(host.pid), /^nsv/);
    expect(its).toMatchObject({ kind: "veth", bridge: "nsb-default" });
    expect(its?.peer).toMatchObject({ name: "eth0", where: "other", process: pid });
    expect(await interfaceOf(String(host.pid), "up0")).toMatchObject({ kind: "veth", peer: { where: "other" } });
    expect(await interfaceOf(String(host.pid), "nsb-default")).toMatchObject({ kind: "bridge", peer: null });
  });

  test("of a pair within one namespace names the one by the other", async () => {
    await host.must("ip link add one type veth peer name two");
    expect(await interfaceOf(String(host.pid), "^one$")).toMatchObject({ peer: { name: "two", where: "same" } });
    await host.must("ip link del one");
  });

  test("knows the box's neighbours, of both versions of IP", async () => {
    await host.nsbox("exec", "web", "busybox", "wget", "-qO-", `http://${CABLE.host4}:1/`);
    await host.must('ping -6 -c 1 $(sed -n \'s/.*"ip6": "\\(.*\\)".*/\\1/p\' $NSBOX_STATE_DIR/net/default/leases/*)');
    const neighbours = known((await network("web")).neighbours);
    expect(neighbours).toContainEqual(expect.objectContaining({ interface: "eth0", address: "10.213.0.1" }));
    expect(neighbours.some(({ address }) => address.startsWith("fd"))).toBe(true);
    expect(neighbours.every(({ mac }) => /^(?:\w\w:){5}\w\w$/.test(mac ?? ""))).toBe(true);
  });

  test("shows the rules that rewrite its addresses, and no others", async () => {
    await host.must(
      "nft add table ip other; nft add chain ip other c; nft add rule ip other c ip saddr 192.0.2.1 masquerade || true",
    );
    const rules = known((await network("web")).natRules);
    expect(rules.map(({ rule }) => rule)).toContain(
      "meta nfproto ipv4 fib daddr type local tcp dport 8080 dnat ip to 10.213.0.2:80",
    );
    expect(rules.some(({ kind, rule }) => kind === "masquerade" && rule.startsWith("ip saddr 10.213.0.0/24"))).toBe(
      true,
    );
    expect(JSON.stringify(rules)).not.toContain("192.0.2.1");
    const { stdout } = await host.nsbox("inspect", "web");
    expect(stdout).toMatch(/nat outside +in +rule/);
    expect(stdout).toMatch(/eth0 +veth +1500 .* nsv\w+ in your namespace, port of nsb-default/);
    expect(stdout).toMatch(/neighbour +on +state +hardware address/);
  });

  test("its JSON is what docs/inspect.md says", async () => {
    const seen = new Set(leavesOf({ network: await network("web") }, ""));
    expect(undocumented(seen)).toEqual([]);
    const its = [...documentedNames()].filter((name) =>
      /^network\.(?:interfaces|neighbours|natRules|routes)/.test(name),
    );
    expect(its.filter((name) => !seen.has(name))).toEqual([]);
  });

  test("a user without rights is told the same by the files of /proc, but for what these don't have", async () => {
    await host.must("ip route add unreachable 203.0.113.0/24; ip -6 route add prohibit 2001:db8::/32");
    const asked = await network(String(host.pid));
    const { stdout } = await host.run(host.userNsbox("inspect", String(host.pid), "--json"));
    const read: Network = JSON.parse(stdout).network; // as docs/inspect.md has it
    expect(read.neighbours).toMatchObject({ unreadable: "EACCES" });
    const texts = (list: readonly unknown[]): readonly string[] => list.map((one) => JSON.stringify(one)).sort();
    expect(texts(known(asked.addresses))).toEqual(texts(known(read.addresses)));
    expect(known(asked.addresses).length).toBeGreaterThan(3);
    expect(texts(known(asked.routes))).toEqual(texts(known(read.routes)));
    expect(known(asked.routes).map(({ family }) => family)).toContain(6);
    const names = ({ interfaces }: Network): readonly string[] =>
      known(interfaces)
        .map(({ name }) => name)
        .sort();
    expect(names(asked)).toEqual(names(read));
    const received = known(asked.interfaces).map(({ receivedBytes }) => receivedBytes);
    expect(received.some((bytes) => bytes > 0)).toBe(true);
    await host.must("ip route del unreachable 203.0.113.0/24; ip -6 route del prohibit 2001:db8::/32");
  });

  test("of a route with several ways has each", async () => {
    await host.must(`ip route add 203.0.113.0/24 nexthop via ${CABLE.outside4} dev up0 nexthop dev lo`);
    const routes = known((await network(String(host.pid))).routes);
    const its = routes.filter(({ destination }) => destination === "203.0.113.0");
    expect(its.map(({ gateway, interface: name }) => [gateway, name])).toEqual([
      [CABLE.outside4, "up0"],
      [null as never, "lo"], // JSON has null for what is not known
    ]);
    await host.must("ip route del 203.0.113.0/24");
  });

  test("a user without rights is told why he does not see that", async () => {
    const [{ pid }] = JSON.parse((await host.nsbox("ps", "--json")).stdout);
    const { stdout, exitCode } = await host.run(host.userNsbox("inspect", String(pid)));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/neighbours +not readable \(EACCES\)/);
  });
});
