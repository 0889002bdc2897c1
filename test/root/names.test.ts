// Names of neighbours, as real clients find them: whatever asks libc, or reads /etc/hosts by itself, over both versions of IP.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { CABLE, helloServer, type HostBox, NetHost } from "#test/support/net-host.ts";

/** Answers every question with NXDOMAIN, as a name server that knows no neighbours would. */
const NAME_SERVER = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("${CABLE.outside4}", 53)); print("ready", flush=True)
while True:
    q, a = s.recvfrom(512); s.sendto(q[:2] + b"\\x81\\x83" + q[4:6] + b"\\0" * 6 + q[12:], a)
`;

describeWith(
  ["root", "ip", "nft", "curl", "wget", "busybox", "ping", "dig", "python3"],
  "a neighbour with a name",
  () => {
    let host: NetHost;
    let server: HostBox;
    beforeAll(async () => {
      host = await NetHost.open();
      server = await host.start(["--net", "bridge", "--name", "db"], helloServer(80, "hello"));
      const curl = "curl -sS --retry 20 --retry-connrefused --retry-delay 0";
      await host.must(`${curl} http://10.213.0.2/`);
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    });

    test.each([
      ["getent", "getent ahostsv4 db", /^10\.213\.0\.2 /],
      ["getent, IPv6", "getent ahostsv6 db", /^fd[0-9a-f:]+::2 /],
      ["ping", "ping -4 -c 1 -W 2 db", / 0% packet loss/],
      ["ping, IPv6", "ping -6 -c 1 -W 2 db", / 0% packet loss/],
      ["ping of busybox, a static program", "busybox ping -c 1 -W 2 db", / 0% packet loss/],
      ["curl", "curl -sS -4 http://db/", /^hello$/],
      ["curl, IPv6", "curl -sS -6 http://db/", /^hello$/],
      ["wget", "wget -qO- http://db/", /^hello$/],
      ["wget of busybox", "busybox wget -qO- http://db/", /^hello$/],
      [
        "Python",
        `/usr/bin/python3 -c 'import urllib.request; print(urllib.request.urlopen("http://db/").read().decode(), end="")'`,
        /^hello$/,
      ],
    ])("is found by %s", async (_, command, expected) => {
      const { stdout, stderr } = await host.inBox(["--net", "bridge"], command);
      expect({ stderr, found: expected.test(stdout), stdout }).toEqual({ stderr: "", found: true, stdout });
    });

    test("is not known to what asks name servers alone, and those are the ones that were given", async () => {
      await using names = await host.startOutside(["/usr/bin/python3", "-c", NAME_SERVER]);
      expect(names.ready).toBe("ready");
      const script = "dig +time=2 +tries=1 db | grep status; busybox nslookup db 2>&1; getent ahostsv4 db | head -1";
      const { stdout } = await host.inBox(["--net", "bridge", "--dns", CABLE.outside4], script);
      expect(stdout).toContain("status: NXDOMAIN");
      expect(stdout).toContain("can't find db: NXDOMAIN");
      expect(stdout).toMatch(/^10\.213\.0\.2 /m);
    });
  },
);
