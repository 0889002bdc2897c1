import { expect, test } from "bun:test";
import { pastaWords, slirpWords } from "#src/net/helper-words.ts";
import { parseHelperPorts } from "#src/net/helper-ports.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";

const { network } = NO_OPTIONS;
const USER = { sharesUsers: false, isRoot: false, forwardDns: false };

test("pasta leads to nothing on the host's loopback, and publishes nothing by itself", () => {
  expect(pastaWords(network, USER).join(" ")).toBe(
    "--config-net --foreground --quiet --pid /dev/stdout --ns-ifname eth0 --no-map-gw --tcp-ns none --udp-ns none" +
      " --tcp-ports none --udp-ports none {pid}",
  );
});

test("pasta is told of ports, addresses and name servers", () => {
  const publish = [
    { protocol: "tcp", hostIp: "127.0.0.1", hostPort: 8080, boxPort: 80 },
    { protocol: "udp", hostIp: undefined, hostPort: 53, boxPort: 5353 },
  ] as const;
  const words = pastaWords(
    { ...network, publish, ip: "10.0.0.9", mtu: 1400 },
    { ...USER, isRoot: true, forwardDns: true },
  ).join(" ");
  for (const part of ["--tcp-ports 127.0.0.1/8080:80", "--udp-ports 53:5353", "--address 10.0.0.9", "--mtu 1400"])
    expect(words).toContain(part);
  expect(words).toContain("--dns-forward 169.254.1.1 --runas 0:0 {pid}");
});

test("slirp4netns is told what it can do, and what it can't is refused", () => {
  expect(slirpWords(network, USER).join(" ")).toContain("--userns-path=/proc/{pid}/ns/user {pid} eth0");
  expect(() => slirpWords({ ...network, ip: "10.0.0.9" }, USER)).toThrow("Cannot use --ip: slirp4netns");
});

test("what pasta was told of ports is read back from its words", () => {
  const publish = [
    { protocol: "tcp", hostIp: "127.0.0.1", hostPort: 8080, boxPort: 80 },
    { protocol: "tcp", hostIp: "::1", hostPort: 8081, boxPort: 80 },
    { protocol: "udp", hostIp: undefined, hostPort: 53, boxPort: 5353 },
  ] as const;
  expect(parseHelperPorts(pastaWords({ ...network, publish }, USER))).toEqual([...publish]);
  expect(parseHelperPorts(pastaWords(network, USER))).toEqual([]);
  expect(parseHelperPorts(["pasta", "--tcp-ports", "evil/1:2", "--tcp-ports"])).toEqual([]);
});
