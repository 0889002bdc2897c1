import { describe, expect, test } from "bun:test";
import { concerning, explainNatRules, parseNatRules } from "#src/inspect/groups/nat-rules.ts";
import { NO_FACTS } from "#src/inspect/groups/net-links.ts";

const RULESET = `table inet nsb-default {
	chain forward {
		type filter hook forward priority filter; policy accept;
		oifname "nsb-default" ct state established,related accept
		oifname "nsb-default" ct status dnat accept
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.213.0.0/24 oifname != "nsb-default" masquerade
		ip6 saddr fd00::/64 oifname != "nsb-default" counter packets 7 bytes 420 masquerade
		ip saddr 127.0.0.0/8 oifname "nsb-default" ct status dnat masquerade
	}
}
table ip nat {
	chain DOCKER {
		iifname != "docker0" tcp dport 9000 dnat to 172.17.0.2:80
	}
}
table inet nsv01234567 {
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		meta nfproto ipv4 fib daddr type local tcp dport 8080 dnat ip to 10.213.0.2:80
		meta nfproto ipv6 fib daddr type local tcp dport 8080 dnat ip6 to [fd00::2]:80
	}
}
`;

const address = (text: string, name = "eth0") => ({ address: text, prefix: 24, interface: name });

describe("parseNatRules()", () => {
  test("finds what rewrites addresses, with its table and chain, and leaves counters out", () => {
    expect(parseNatRules(RULESET).map(({ table, chain, kind }) => `${kind} ${table} ${chain}`)).toEqual([
      "masquerade inet nsb-default postrouting",
      "masquerade inet nsb-default postrouting",
      "masquerade inet nsb-default postrouting",
      "dnat ip nat DOCKER",
      "dnat inet nsv01234567 prerouting",
      "dnat inet nsv01234567 prerouting",
    ]);
    expect(parseNatRules(RULESET)[1]?.rule).toBe('ip6 saddr fd00::/64 oifname != "nsb-default" masquerade');
  });

  test("finds nothing in what is no ruleset", () => {
    expect(parseNatRules("")).toEqual([]);
    expect(parseNatRules("masquerade\n}\n{{{")).toEqual([]);
  });
});

describe("concerning()", () => {
  const rules = parseNatRules(RULESET);
  const toolsOf = (...addresses: string[]) =>
    concerning(
      rules,
      addresses.map((one) => address(one)),
      [],
    ).map(({ rule }) => rule);

  test("keeps those that name an address, or a network that it is in", () => {
    expect(toolsOf("10.213.0.2")).toEqual([
      'ip saddr 10.213.0.0/24 oifname != "nsb-default" masquerade',
      "meta nfproto ipv4 fib daddr type local tcp dport 8080 dnat ip to 10.213.0.2:80",
    ]);
    expect(toolsOf("fd00::2")).toHaveLength(2);
    expect(toolsOf("10.213.1.2")).toEqual([]);
    expect(toolsOf("172.17.0.2")).toEqual(['iifname != "docker0" tcp dport 9000 dnat to 172.17.0.2:80']);
  });

  test("does not take loopback and link-local addresses for its own", () => {
    expect(concerning(rules, [address("127.0.0.1", "lo"), address("fe80::1")], [])).toEqual([]);
  });

  test("keeps those that name the device at its other end, or the bridge of that", () => {
    const peer = { index: 9, name: "nsv01234567", bridge: "nsb-default", namespace: 4, process: undefined } as const;
    const link = { ...NO_FACTS, name: "eth0", kind: "veth" };
    expect(concerning(rules, [], [{ ...link, peer: { ...peer, where: "yours" } }])).toHaveLength(3);
    expect(concerning(rules, [], [{ ...link, peer: { ...peer, where: "other" } }])).toEqual([]);
  });
});

test("explainNatRules() says nothing of no rules, and has a line for each", () => {
  expect(explainNatRules([])).toEqual([]);
  expect(explainNatRules(parseNatRules(RULESET).slice(3, 4))).toEqual([
    {
      kind: "table",
      head: ["nat outside", "in", "rule"],
      rows: [["dnat", "ip nat DOCKER", 'iifname != "docker0" tcp dport 9000 dnat to 172.17.0.2:80']],
    },
  ]);
});
