import { describe, expect, test } from "bun:test";
import { isInNetwork, normalAddress, specialPurpose } from "#src/egress/addresses.ts";
import { judgeAddress, judgeServerName, judgeTarget } from "#src/egress/policy.ts";
import { parseHostPatterns } from "#src/spec/grammar/parse-host-pattern.ts";
import type { Egress } from "#src/spec/egress.ts";

function egress(allow: string, deny: string = ""): Egress {
  const list = (text: string) => (text === "" ? [] : parseHostPatterns("", text));
  return { allow: list(allow), deny: list(deny), log: undefined };
}

const target = (policy: Egress, host: string, port: number = 443): string =>
  judgeTarget(policy, { host, port }).verdict;
const address = (policy: Egress, host: string, resolved: string, port: number = 443): string =>
  judgeAddress(policy, { host, port }, resolved).verdict;

describe("a host that the box names", () => {
  test("is allowed if it is listed, with its port, however it is written", () => {
    const policy = egress("example.org,*.example.net:443");
    const verdicts = ["example.org", "EXAMPLE.ORG.", "registry.example.net", "a.b.example.net"].map((host) =>
      target(policy, host),
    );
    expect(verdicts).toEqual(["allowed", "allowed", "allowed", "allowed"]);
    expect(target(policy, "example.org", 80)).toBe("allowed");
  });

  test("is refused if it only looks like one that is listed", () => {
    const policy = egress("example.org,*.example.net:443");
    for (const host of [
      "www.example.org",
      "example.net",
      "evilexample.net",
      "example.org.evil.net",
      "example.orgx",
      "",
      "a b",
    ])
      expect([host, target(policy, host)]).toEqual([host, "refused"]);
    expect([target(policy, "example.org", 22), target(policy, "x.example.net", 80)]).toEqual(["refused", "refused"]);
  });

  test("is refused if it is denied, whatever allows it", () => {
    const policy = egress("*", "bad.org,*.bad.org");
    expect(["good.org", "bad.org", "x.bad.org"].map((host) => target(policy, host))).toEqual([
      "allowed",
      "refused",
      "refused",
    ]);
    expect(target(egress("*", "*:25"), "good.org", 25)).toBe("refused");
  });

  test("is judged by number if it is an address", () => {
    const policy = egress("10.0.0.0/8:*,[2606:4700::]/32:443");
    expect([target(policy, "10.1.2.3", 22), target(policy, "11.1.2.3"), target(policy, "2606:4700::1111")]).toEqual([
      "allowed",
      "refused",
      "allowed",
    ]);
    expect(target(egress("example.org"), "93.184.216.34")).toBe("refused");
    expect([target(egress("*"), "93.184.216.34"), target(egress("*"), "127.0.0.1")]).toEqual(["allowed", "refused"]);
  });
});

describe("an address that a listed name has", () => {
  test("is refused if it is private, loopback or link-local, in whatever form (DNS rebinding)", () => {
    const policy = egress("*");
    const inside = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fe80::1", "fd00::1"];
    const disguised = ["::ffff:127.0.0.1", "::ffff:a00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "0.0.0.0", "::"];
    for (const resolved of [...inside, ...disguised])
      expect([resolved, address(policy, "rebind.example.org", resolved)]).toEqual([resolved, "refused"]);
  });

  test("is allowed if it is public, or listed itself", () => {
    expect(address(egress("example.org"), "example.org", "93.184.216.34")).toBe("allowed");
    expect(address(egress("db.internal:5432,10.0.0.0/8:5432"), "db.internal", "10.3.4.5", 5432)).toBe("allowed");
    expect(address(egress("db.internal:*,10.0.0.0/8:5432"), "db.internal", "10.3.4.5", 22)).toBe("refused");
  });

  test("is allowed on loopback for localhost, which is nothing else", () => {
    expect(address(egress("localhost:8080"), "localhost", "127.0.0.1", 8080)).toBe("allowed");
    expect(address(egress("localhost:8080"), "localhost", "10.0.0.1", 8080)).toBe("refused");
  });

  test("is refused if it is denied", () => {
    expect(address(egress("example.org", "93.184.0.0/16"), "example.org", "93.184.216.34")).toBe("refused");
  });
});

describe("the server that TLS names", () => {
  const named = (policy: Egress, host: string, name: string): string =>
    judgeServerName(policy, { host, port: 443 }, name).verdict;

  test("is the one that was let through, or one that would be", () => {
    const policy = egress("example.org,*.cdn.net");
    expect(named(policy, "example.org", "EXAMPLE.org.")).toBe("allowed");
    expect(named(policy, "example.org", "a.cdn.net")).toBe("allowed");
    expect(named(policy, "example.org", "evil.org")).toBe("refused");
    expect(named(policy, "example.org", "example.org\0.evil.org")).toBe("refused");
    expect(named(egress("example.org,evil.org:8443"), "example.org", "evil.org")).toBe("refused");
  });

  test("is not one that is denied", () => {
    const policy = egress("*", "evil.org");
    expect(named(policy, "good.org", "other.org")).toBe("allowed");
    expect(named(policy, "good.org", "evil.org")).toBe("refused");
    expect(named(egress("192.0.2.9", "evil.org"), "192.0.2.9", "evil.org")).toBe("refused");
  });

  test("may be any of a server whose address is listed", () => {
    expect(named(egress("192.0.2.9"), "192.0.2.9", "internal.example")).toBe("allowed");
    expect(named(egress("192.0.2.9"), "192.0.2.9", "192.0.2.9")).toBe("allowed");
  });
});

test("addresses have one form, with an IPv4 address in IPv6 as itself", () => {
  expect(["::FFFF:1.2.3.4", "64:ff9b::102:304", "0:0::1", "fe80::1%eth0", "nonsense"].map(normalAddress)).toEqual([
    "1.2.3.4",
    "1.2.3.4",
    "::1",
    "fe80::1",
    undefined,
  ]);
});

test("a network holds the addresses that begin with its bits", () => {
  expect([isInNetwork("10.127.0.1", "10.0.0.0", 9), isInNetwork("10.128.0.1", "10.0.0.0", 9)]).toEqual([true, false]);
  expect([isInNetwork("1.2.3.4", "0.0.0.0", 0), isInNetwork("::1", "0.0.0.0", 0)]).toEqual([true, false]);
});

test("special addresses are known by what they are for", () => {
  expect(["127.9.9.9", "169.254.169.254", "1000::1", "8.8.8.8", "2606:4700::1"].map(specialPurpose)).toEqual([
    "loopback",
    "link-local",
    "reserved",
    undefined,
    undefined,
  ]);
});
