// --net bridge: what boxes reach of each other, of the host and of the world, and what reaches them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { addressServer, CABLE, helloServer, NetHost } from "#test/support/net-host.ts";
import { waitFor } from "#test/support/nsbox.ts";

const CURL = "curl -sS --max-time 20 --retry 20 --retry-delay 0 --retry-connrefused --retry-max-time 20";

describeWith(["root", "ip", "nft", "curl", "busybox", "ping"], "nsbox run --net bridge", () => {
  let host: NetHost;
  beforeAll(async () => {
    host = await NetHost.open();
  });
  afterAll(() => host[Symbol.asyncDispose]());

  test("gives the box an address of both versions, and a default route for each", async () => {
    const { stdout, stderr } = await host.inBox(["--net", "bridge"], "ip -o addr show eth0; ip route; ip -6 route");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/inet 10\.213\.0\.\d+\/24/);
    expect(stdout).toMatch(/inet6 fd[0-9a-f:]+\/64 scope global nodad/);
    expect(stdout).toContain("default via 10.213.0.1 dev eth0");
    expect(stdout).toMatch(/default via fd[0-9a-f:]+::1 dev eth0/);
  });

  test("boxes ping each other, and hold a TCP stream, over both versions", async () => {
    await using server = await host.start(["--net", "bridge", "--name", "web"], helloServer(80, "hello"));
    expect(server.ready).toBe("ready");
    const script = `ping -c 1 -W 2 web >/dev/null && ${CURL} -4 http://web/ && ${CURL} -6 http://web/`;
    const { stdout, stderr } = await host.inBox(["--net", "bridge"], script);
    expect(stderr).toBe("");
    expect(stdout).toBe("hellohello");
  });

  test("the world is reached with the host's address", async () => {
    await using server = await host.startOutside(addressServer(8000));
    expect(server.ready).toBe("ready");
    const script = `${CURL} http://${CABLE.outside4}:8000/; echo; ${CURL} 'http://[${CABLE.outside6}]:8000/'`;
    const { stdout, stderr } = await host.inBox(["--net", "bridge"], script);
    expect(stderr).toBe("");
    expect(stdout).toBe(`::ffff:${CABLE.host4}\n${CABLE.host6}`);
  });

  test("the gateway has one hardware address, whoever comes and goes", async () => {
    const macOfBridge = async (): Promise<string> => (await host.must("ip -br link show type bridge")).trim();
    const neighbour = "ping -c 1 -W 2 10.213.0.1 >/dev/null; ip neigh show 10.213.0.1";
    await using first = await host.start(["--net", "bridge"], `${neighbour}; exec sleep 1000`);
    expect(first.ready).toContain("lladdr 0a:58:0a:d5:00:01");
    const before = await macOfBridge();
    expect(before).toContain("0a:58:0a:d5:00:01");
    // Each device has an address by chance: one of these is lower than those that were there.
    for (let n = 0; n < 8; n++) {
      await using _next = await host.start(["--net", "bridge"], "echo ready; exec sleep 1000");
      expect(await macOfBridge()).toBe(before);
    }
  });

  test("who knows the way reaches a box neither from outside nor from the host's other networks", async () => {
    await using box = await host.start(["--net", "bridge", "--ip", "10.213.0.77"], helloServer(80, "hello"));
    expect(box.ready).toBe("ready");
    await host.outside(`ip route add 10.213.0.0/24 via ${CABLE.host4}`);
    expect(await host.must(`${CURL} http://10.213.0.77/`)).toBe("hello");
    const { exitCode } = await host.outside("curl -sS --max-time 1 http://10.213.0.77/");
    await host.outside("ip route del 10.213.0.0/24");
    expect(exitCode).toBe(28); // nothing answered
  });

  test("--ip, --ip6, --mac and --mtu are what the box gets", async () => {
    const network = await host.must("cat $NSBOX_STATE_DIR/net/default/network.json");
    const prefix = /"(fd[0-9a-f:]+)::1"/.exec(network)?.[1] ?? "";
    const flags = ["--net", "bridge", "--ip", "10.213.0.99", "--ip6", `${prefix}::99`, "--mac", "02:00:00:00:00:99"];
    const { stdout } = await host.inBox([...flags, "--mtu", "1400"], "ip addr show eth0");
    for (const part of ["10.213.0.99/24", `${prefix}::99/64`, "02:00:00:00:00:99", "mtu 1400"])
      expect(stdout).toContain(part);
  });

  test("--dns, --dns-search and --add-host are in the box's files", async () => {
    const flags = ["--dns", "192.0.2.53", "--dns", "2001:db8::53", "--dns-search", "example.org"];
    const hosts = ["--add-host", "db:192.0.2.9", "--hostname", "alpha"];
    const { stdout } = await host.inBox(["--net", "bridge", ...flags, ...hosts], "cat /etc/resolv.conf /etc/hosts");
    expect(stdout).toContain("nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch example.org\n");
    expect(stdout).toContain("192.0.2.9\tdb\n");
    expect(stdout).toMatch(/10\.213\.0\.\d+\talpha\n/);
  });

  test("names come and go while a box runs", async () => {
    const script = "echo ready; until grep -q late /etc/hosts; do read -t 0.01 x; done; echo seen; exec sleep 60";
    await using first = await host.start(["--net", "bridge", "--name", "early"], `exec bash -c '${script}'`);
    expect(first.ready).toBe("ready");
    const { stdout } = await host.inBox(["--net", "bridge", "--name", "late"], "grep early /etc/hosts | wc -l");
    expect(stdout.trim()).toBe("2");
    await host.inBox(["--net", "bridge", "--name", "third"], "true");
    const inspect = async (): Promise<string> => (await host.nsbox("net", "inspect", "default", "--json")).stdout;
    await waitFor(async () => JSON.parse(await inspect())[0].boxes.length === 1, "one box");
    expect(first.child.exitCode).toBeNull();
  });

  const deviceGone = (): Promise<true> =>
    waitFor(async () => !(await host.must("ip -br link")).includes("nsv"), "the device to go");

  const files = (): Promise<string> =>
    host.must("cd $NSBOX_STATE_DIR/net/default; ls leases hosts | grep -c nsv || true");

  test("nothing is left of a box that has ended: no device, no lease, no file", async () => {
    await deviceGone(); // of boxes that were killed before
    await host.nsbox("net", "prune");
    await host.inBox(["--net", "bridge"], "true");
    await deviceGone();
    expect(await files()).toBe("0\n");
  });

  test("the lease of a box with a name goes with that name: with the next box, or net prune", async () => {
    await host.inBox(["--net", "bridge", "--name", "gone"], "true");
    await deviceGone();
    expect(await files()).toBe("1\n");
    expect((await host.inBox(["--net", "bridge"], "cat /etc/hosts")).stdout).not.toContain("gone");
    expect(await files()).toBe("0\n");
  });

  test("a box whose launcher is killed leaves a lease that the next box takes back", async () => {
    const box = await host.start(
      ["--net", "bridge", "--ip", "10.213.0.50", "--name", "victim"],
      "echo ready; sleep 60",
    );
    await box[Symbol.asyncDispose]();
    await deviceGone();
    const { stdout, stderr } = await host.inBox(["--net", "bridge", "--ip", "10.213.0.50"], "cat /etc/hosts");
    expect(stderr).toBe("");
    expect(stdout).not.toContain("victim");
  });

  test("a command without an init is on the network too", async () => {
    const { stdout, stderr } = await host.inBox(["--net", "bridge", "--no-init"], "ip -o -4 addr show eth0 | wc -l");
    expect({ stdout, stderr }).toEqual({ stdout: "1\n", stderr: "" });
  });

  test("root keeps its user namespace with --userns host, and is on the network", async () => {
    const { stdout, stderr } = await host.inBox(
      ["--net", "bridge", "--userns", "host"],
      "ip -o -4 addr show eth0 | wc -l",
    );
    expect({ stdout, stderr }).toEqual({ stdout: "1\n", stderr: "" });
  });

  test("--json leaves nothing either", async () => {
    const { stderr } = await host.nsbox("run", "--json", "--net", "bridge", "--", "false");
    expect(JSON.parse(stderr)).toMatchObject({ exitCode: 1 });
    expect(await host.must("ls $NSBOX_STATE_DIR/net/default/leases")).toBe("");
  });

  test("a command that can't be run leaves nothing", async () => {
    const { exitCode } = await host.nsbox("run", "--net", "bridge", "--", "no-such-command");
    expect(exitCode).toBe(127);
    expect(await host.must("ls $NSBOX_STATE_DIR/net/default/leases")).toBe("");
  });

  test("--dry-run shows what would be done, and changes nothing", async () => {
    await using fresh = await NetHost.open();
    const { stdout, stderr, exitCode } = await fresh.nsbox("run", "--dry-run", "--net", "bridge", "--", "true");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatch(/make eth0 in the box, whose other end nsv\w+ is a port of the bridge nsb-default/);
    expect(stdout).toContain("give eth0 the address 10.213.0.2/24");
    expect(stdout).toContain("send what goes elsewhere through 10.213.0.1 on eth0");
    expect(await fresh.must("ip -br link; nft list tables; ls $NSBOX_STATE_DIR")).not.toMatch(/nsb-|nsv|net/);
  });

  test("without IPv6 in the kernel a box has IPv4 alone, and what asks for more is told so", async () => {
    await using fresh = await NetHost.open();
    await fresh.must("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    const { stdout, stderr } = await fresh.inBox(
      ["--net", "bridge", "-p", "8080:80"],
      "ip -o addr show eth0; cat /etc/hosts",
    );
    expect(stderr).toBe("");
    expect(stdout).toContain("inet 10.213.0.2/24");
    expect(stdout).not.toContain("scope global nodad"); // a link-local one is the kernel's own affair
    expect(stdout).not.toMatch(/fd[0-9a-f]+:/);
    for (const [words, message] of [
      [
        ["net", "create", "six", "--subnet6", "fd00:1::/64"],
        'Cannot make the network "six" with IPv6: this host has it off',
      ],
      [
        ["run", "--net", "bridge", "-p", "[::]:8080:80", "--", "true"],
        'Cannot publish port 8080 of ::: the network "default" has no IPv6',
      ],
      [
        ["run", "--net", "bridge", "--ip6", "fd00::9", "--", "true"],
        'Cannot use --ip6: the network "default" has no IPv6',
      ],
    ] as const) {
      const refused = await fresh.nsbox(...words);
      expect({ stdout: refused.stdout, exitCode: refused.exitCode }).toEqual({ stdout: "", exitCode: 125 });
      expect(refused.stderr).toContain(message);
    }
  });

  test("nothing but run sets a network up: compile says so", async () => {
    const { stderr } = await host.nsbox("compile", "-o", "/dev/null", "--net", "bridge", "--", "true");
    expect(stderr).toContain("Cannot use --net bridge here: the network is set up when a box starts");
  });

  describe("with bad input", () => {
    test.each([
      [["--net", "bridge", "--ip", "10.9.9.9"], ['it is not in the network "default", 10.213.0.0/24']],
      [["--net", "bridge", "--ip", "10.213.0.1"], ["the address of the network's bridge"]],
      [["--net", "bridge", "--ip", "10.213.0.255"], ["it means the network as a whole"]],
      [["--net", "bridge", "--ip", "10.213.0.9/24"], ["the network says the prefix"]],
      [
        ["--net", "bridge:nowhere"],
        ['Cannot find the network "nowhere"', "nsbox net create nowhere"],
      ],
      [["--net", "bridge:defalt"], ["did you mean default?"]],
      [
        ["--net", "bridge", "-p", "[::1]:8080:80"],
        ["no rule leads from there to a bridge", "127.0.0.1"],
      ],
      [["--net", "bridge", "-p", "80:80", "-p", "127.0.0.1:80:81"], ["Cannot publish port 80 twice"]],
      [
        ["--net", "container:nobody"],
        ["no box of that name", "container:PID"],
      ],
      [["--net", "macvlan:nodevice"], ["the host has no such device"]],
      [["--net", "macvlan:up0", "--ip", "198.51.100.9"], ["198.51.100.9/24"]],
    ])("%j is refused: %j", async (flags, parts) => {
      const { stdout, stderr, exitCode } = await host.nsbox("run", ...flags, "--", "true");
      for (const part of parts) expect(stderr).toContain(part);
      expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(3);
      expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
    });

    test("an address that a box has is refused, and says who has it", async () => {
      await using box = await host.start(
        ["--net", "bridge", "--ip", "10.213.0.60", "--name", "holder"],
        "echo ready; sleep 60",
      );
      expect(box.ready).toBe("ready");
      const { stderr } = await host.nsbox("run", "--net", "bridge", "--ip", "10.213.0.60", "--", "true");
      expect(stderr).toContain('Cannot use --ip 10.213.0.60: the box of "holder" has it');
    });
  });
});
