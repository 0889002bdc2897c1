// -p: ports of the host that lead to a box.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { addressServer, CABLE, helloServer, NetHost } from "#test/support/net-host.ts";
import { waitFor } from "#test/support/nsbox.ts";

const CURL = "curl -sS --max-time 2 --retry 20 --retry-connrefused --retry-max-time 5";

describeWith(["root", "ip", "nft", "curl", "busybox", "python3"], "nsbox run -p", () => {
  let host: NetHost;
  beforeAll(async () => {
    host = await NetHost.open();
  });
  afterAll(() => host[Symbol.asyncDispose]());

  test("is reached from another host, over both versions", async () => {
    await using box = await host.start(["--net", "bridge", "-p", "8080:80"], helloServer(80, "hello"));
    expect(box.ready).toBe("ready");
    expect((await host.outside(`${CURL} http://${CABLE.host4}:8080/`)).stdout).toBe("hello");
    expect((await host.outside(`${CURL} 'http://[${CABLE.host6}]:8080/'`)).stdout).toBe("hello");
  });

  test("is reached from the host itself, by any of its addresses", async () => {
    await using box = await host.start(["--net", "bridge", "-p", "8081:80"], helloServer(80, "hello"));
    expect(box.ready).toBe("ready");
    for (const url of ["http://127.0.0.1:8081", `http://${CABLE.host4}:8081`, `http://[${CABLE.host6}]:8081`])
      expect(await host.must(`${CURL} '${url}/'`)).toBe("hello");
  });

  test("is reached from a neighbour by the host's address", async () => {
    await using box = await host.start(["--net", "bridge", "-p", "8082:80"], helloServer(80, "hello"));
    expect(box.ready).toBe("ready");
    expect((await host.inBox(["--net", "bridge"], `${CURL} http://${CABLE.host4}:8082/`)).stdout).toBe("hello");
  });

  test("of one address is not reached by another", async () => {
    await using box = await host.start(["--net", "bridge", "-p", "127.0.0.1:8083:80"], helloServer(80, "hello"));
    expect(box.ready).toBe("ready");
    expect(await host.must(`${CURL} http://127.0.0.1:8083/`)).toBe("hello");
    expect((await host.outside(`curl -sS --max-time 1 http://${CABLE.host4}:8083/`)).exitCode).toBe(7);
  });

  test("/udp leads datagrams", async () => {
    const echo = `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 53)); print("ready", flush=True); d, a = s.recvfrom(99); s.sendto(d.upper(), a)`;
    const ask = `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3); s.sendto(b"hello", ("${CABLE.host4}", 5353)); print(s.recv(99).decode())`;
    await using box = await host.start(["--net", "bridge", "-p", "5353:53/udp"], `exec /usr/bin/python3 -c '${echo}'`);
    expect(box.ready).toBe("ready");
    expect((await host.outside(`/usr/bin/python3 -c '${ask}'`)).stdout).toBe("HELLO\n");
  });

  test("a box does not reach what listens on the host's loopback", async () => {
    await using server = await host.startHere([process.execPath, "-e", SERVE_LOOPBACK]);
    expect(server.ready).toBe("ready");
    expect(await host.must(`${CURL} http://127.0.0.1:9001/`)).toBe("secret");
    // A packet to 127.0.0.1 that is sent out on purpose, which route_localnet alone would let in.
    const flags = ["--net", "bridge", "--cap-add", "NET_ADMIN", "--userns", "host"];
    const script = `ip route del local 127.0.0.1 table local; ip route add 127.0.0.1 via 10.213.0.1; curl -sS --max-time 1 http://127.0.0.1:9001/`;
    const { stdout } = await host.inBox(flags, script);
    expect(stdout).not.toContain("secret");
  });

  test("a port that is in use is refused before anything starts", async () => {
    await using server = await host.startHere(addressServer(8090));
    expect(server.ready).toBe("ready");
    await using box = await host.start(["--net", "bridge", "--name", "first", "-p", "8091:80"], "echo ready; sleep 60");
    expect(box.ready).toBe("ready");
    for (const [port, state] of [
      [8090, "EADDRINUSE (Address already in use), a program has it"],
      [8091, 'the box "first" publishes it'],
    ] as const) {
      const { stdout, stderr, exitCode } = await host.nsbox(
        "run",
        "--net",
        "bridge",
        "-p",
        `${port}:80`,
        "--",
        "echo",
        "x",
      );
      expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
      expect(stderr).toContain(`Cannot publish tcp port ${port}: ${state}`);
    }
    const { stderr } = await host.nsbox("run", "--net", "bridge", "-p", "192.0.2.200:80:80", "--", "true");
    expect(stderr).toContain("the host has no such address");
  });

  test.each([
    ["TCP at 127.0.0.1", "tcp", "127.0.0.1", "8100:80"],
    ["TCP at ::1", "tcp", "::1", "8101:80"],
    ["TCP of every address", "tcp", "::", "8102:80"],
    ["UDP at 127.0.0.1", "udp", "127.0.0.1", "8103:80/udp"],
    ["UDP at ::1", "udp", "::1", "8104:80/udp"],
    ["the one address that is meant", "tcp", "127.0.0.1", "127.0.0.1:8105:80"],
  ])("a port that a program has is refused, for bridges and pasta: %s", async (_, protocol, address, publish) => {
    const port = /(\d+):80/.exec(publish)?.[1] ?? "";
    // What boxes that were killed before have left.
    await waitFor(async () => !(await host.must("ip -br link")).includes("nsv"), "the devices to go");
    await host.nsbox("net", "prune");
    await using holder = await host.startHere(["/usr/bin/python3", "-c", HOLD, protocol, address, port]);
    expect(holder.ready).toBe("ready");
    for (const net of ["bridge", "pasta"]) {
      const { stdout, stderr, exitCode } = await host.nsbox("run", "--net", net, "-p", publish, "--", "echo", "x");
      expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
      expect(stderr).toContain(`Cannot publish ${protocol} port ${port}`);
      expect(stderr).toContain("EADDRINUSE (Address already in use), a program has it");
    }
    expect(await host.must("nft list tables | grep nsv || true")).toBe("");
  });

  test("no program of the host can take the port while the box lives, UDP or TCP, and then it can", async () => {
    const flags = ["--net", "bridge", "-p", "8110:80", "-p", "8111:80/udp", "-p", "127.0.0.1:8112:80"];
    const holds = async ([protocol, address, port]: readonly [string, string, number]): Promise<boolean> =>
      (await host.sh(`echo | timeout 1 /usr/bin/python3 -c '${HOLD}' ${protocol} ${address} ${port}`)).stdout ===
      "ready\n";
    const ports = [
      ["tcp", "127.0.0.1", 8110],
      ["tcp", "::1", 8110],
      ["tcp", "::", 8110],
      ["udp", "0.0.0.0", 8111],
      ["udp", "::1", 8111],
      ["tcp", "127.0.0.1", 8112],
    ] as const;
    for (const more of [[], ["--json"]]) {
      {
        await using box = await host.start([...flags, ...more], "echo ready; exec sleep 1000");
        expect(box.ready).toBe("ready");
        for (const one of ports) expect([...one, await holds(one)]).toEqual([...one, false]);
        expect(await holds(["tcp", CABLE.host4, 8112])).toBe(true); // another address of the same port
      }
      for (const one of ports) await waitFor(() => holds(one), `${one.join(" ")} to be free`);
    }
  });

  test("a port whose connections have just ended can be published", async () => {
    await host.must(`/usr/bin/python3 -c '${LEAVE_TIME_WAIT}' 8120`);
    expect(await host.must("ss -tan state time-wait")).toContain(":8120");
    expect((await host.nsbox("run", "--net", "bridge", "-p", "8120:80", "--", "true")).stderr).toBe("");
  });

  test("of two boxes that want a port at once one gets it, and the other is told who has it", async () => {
    const boxes = ["left", "right"].map((name) =>
      host.startLater(["--net", "bridge", "--name", name, "-p", "8130:80"], "echo ready; cat >/dev/null"),
    );
    const outputs = boxes.map(async ({ stdout, stderr }) => [await stdout.text(), await stderr.text()].join(""));
    await waitFor(() => boxes.some(({ exitCode }) => exitCode !== null), "one of them to give up");
    for (const box of boxes) void box.stdin.end();
    const said = (await Promise.all(outputs)).sort();
    expect(said[0]).toMatch(/^nsbox: Cannot publish tcp port 8130: the box "(?:left|right)" publishes it\n/);
    expect(said[1]).toBe("ready\n");
  });

  test("0.0.0.0 and :: stand for every address of their version", async () => {
    await using box = await host.start(["--net", "bridge", "-p", "0.0.0.0:8140:80"], helloServer(80, "hello"));
    expect(box.ready).toBe("ready");
    expect((await host.outside(`${CURL} http://${CABLE.host4}:8140/`)).stdout).toBe("hello");
    expect((await host.outside(`curl -sS --max-time 2 'http://[${CABLE.host6}]:8140/'`)).exitCode).toBe(7);
    await using other = await host.start(["--net", "bridge", "-p", "[::]:8140:80"], helloServer(80, "other"));
    expect(other.ready).toBe("ready");
    expect((await host.outside(`${CURL} 'http://[${CABLE.host6}]:8140/'`)).stdout).toBe("other");
  });

  test("the port is free again once the box has ended", async () => {
    for (const flags of [[], ["--json"]]) {
      const { exitCode } = await host.nsbox("run", ...flags, "--net", "bridge", "-p", "8092:80", "--", "true");
      expect(exitCode).toBe(0);
    }
    // Rules of boxes whose nsbox was killed, in tests before, may be there until the next box sweeps them.
    expect(await host.must("nft list ruleset")).not.toContain("8092");
    await using server = await host.startHere(addressServer(8092));
    expect(server.ready).toBe("ready");
    expect(await host.must(`${CURL} http://127.0.0.1:8092/`)).toContain("127.0.0.1");
  });
});

/** Has a port until its stdin ends; binds as servers do, with SO_REUSEADDR. */
const HOLD = `import socket, sys
kind, address, port = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == "tcp"))
s.bind((address, int(port)))
if kind == "tcp": s.listen()
print("ready", flush=True); sys.stdin.read()`;

/** Leaves a connection behind that has ended, on the server's side. */
const LEAVE_TIME_WAIT = `import socket, sys
l = socket.create_server(("", int(sys.argv[1]))); c = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
a, _ = l.accept(); a.close(); c.recv(1); c.close()`;

const SERVE_LOOPBACK = `Bun.serve({ hostname: "127.0.0.1", port: 9001, fetch: () => new Response("secret") }); console.log("ready")`;

describeWith(["root", "ip", "iptables", "curl", "busybox"], "where there is no nft, iptables", () => {
  let host: NetHost;
  beforeAll(async () => {
    host = await NetHost.open();
    await host.must(
      "for path in /usr/sbin/nft /sbin/nft; do mount --bind /dev/null $path; done 2>/dev/null; ! command -v nft",
    );
  });
  afterAll(() => host[Symbol.asyncDispose]());

  test("lets a box out, publishes its ports, and leaves nothing", async () => {
    await using world = await host.startOutside(addressServer(8000));
    expect(world.ready).toBe("ready");
    const out = await host.inBox(["--net", "bridge"], `${CURL} http://${CABLE.outside4}:8000/`);
    expect(out).toMatchObject({ stdout: `::ffff:${CABLE.host4}`, stderr: "" });
    {
      await using box = await host.start(["--net", "bridge", "-p", "8080:80"], helloServer(80, "hello"));
      expect(box.ready).toBe("ready");
      expect((await host.outside(`${CURL} http://${CABLE.host4}:8080/`)).stdout).toBe("hello");
      expect((await host.outside(`${CURL} 'http://[${CABLE.host6}]:8080/'`)).stdout).toBe("hello");
      expect(await host.must(`${CURL} http://127.0.0.1:8080/`)).toBe("hello");
    }
    await waitFor(async () => !(await host.must("ip -br link")).includes("nsv"), "the device to go");
    expect((await host.nsbox("net", "prune")).stderr).toBe("");
    const rules = "iptables-save; ip6tables-save";
    expect(await host.must(rules)).not.toMatch(/nsb-|nsv/);
  });

  test("takes a port back when a box that lives on ends", async () => {
    const words = ["run", "-d", "--name", "web", "--net", "bridge", "-p", "8082:80", "--", "sh", "-c"];
    expect((await host.nsbox(...words, helloServer(80, "hello"))).stderr).toBe("");
    expect((await host.outside(`${CURL} http://${CABLE.host4}:8082/`)).stdout).toBe("hello");
    expect((await host.nsbox("rm", "-f", "web")).stderr).toBe("");
    await waitFor(async () => !(await host.must("iptables-save; ip6tables-save")).includes("8082"), "the rules to go");
  });

  test("takes a port back when its box ends", async () => {
    const { exitCode } = await host.nsbox("run", "--net", "bridge", "-p", "8081:80", "--", "true");
    expect(exitCode).toBe(0);
    await waitFor(async () => !(await host.must("iptables-save -t nat")).includes("8081"), "the rules to go");
  });
});
