// Reaching the network: lines 28 and 30 of docs/security.md.
import { expect, test } from "bun:test";
import { inBox } from "#test/support/box.ts";
import { type Attack, testAttacks } from "#test/support/attack.ts";
import { describeWith } from "#test/support/needs.ts";
import { runCommand } from "#test/support/nsbox.ts";

const connect = (family: string, address: string): string =>
  `python3 -c "import socket; s = socket.socket(socket.${family}); s.settimeout(3); s.connect(${address}); print('PWNED')"`;

describeWith(["userns", "python3"], "network, 28: what listens on the host", () => {
  test("on loopback is not reached, and is with --net host", async () => {
    using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    const attack = connect("AF_INET", `('127.0.0.1', ${server.port})`);
    expect((await inBox([], attack)).stdout).not.toContain("PWNED");
    expect((await inBox(["--net", "host"], attack)).stdout).toContain("PWNED");
  });

  test("by an abstract name is not reached, even with --net host where Landlock keeps them apart", async () => {
    const name = `nsbox-test-${process.pid}-${Math.floor(performance.now())}`;
    using _server = Bun.listen({ unix: `\0${name}`, socket: { data: () => undefined } });
    const attack = connect("AF_UNIX", `'\\\\0${name}'`);
    expect((await inBox([], attack)).stdout).not.toContain("PWNED");
    expect((await inBox(["--net", "host", "--no-landlock"], attack)).stdout).toContain("PWNED");
    expect((await runCommand(["sh", "-c", attack])).stdout).toContain("PWNED");
  });

  test("at the metadata address there is no route to", async () => {
    const { stdout, stderr } = await inBox([], connect("AF_INET", "('169.254.169.254', 80)"));
    expect(stdout).not.toContain("PWNED");
    expect(stderr).toContain("Network is unreachable");
  });
});

const RAW = `python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print('PWNED')"`;

const ATTACKS: readonly Attack[] = [
  {
    line: 30,
    name: "a raw socket on the host's network",
    script: RAW,
    flags: ["--net", "host"],
    control: "outside",
    needs: ["python3", "root"],
  },
  {
    line: 30,
    name: "a port below 1024 of the host's network",
    script: `python3 -c "import socket; socket.socket().bind(('127.0.0.1', 0x3e1)); print('PWNED')"`,
    flags: ["--net", "host"],
    control: "outside",
    needs: ["python3", "root"],
  },
  {
    line: 30,
    name: "a new interface on the host's network",
    script: "ip link add nsbox-test0 type veth && echo PWNED",
    flags: ["--net", "host", "--cap-add", "net_admin"],
    control: { flags: ["--cap-add", "net_admin"] },
    needs: ["ip"],
  },
];

testAttacks("network", ATTACKS);
