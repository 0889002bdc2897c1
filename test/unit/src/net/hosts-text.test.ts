import { describe, expect, test } from "bun:test";
import { hostsText, parseResolvConf, resolvText } from "#src/net/hosts-text.ts";
import { CASES, randomText, SEED, seededRandom } from "#test/support/random-text.ts";

describe("hostsText()", () => {
  test("has loopback, the box, then its neighbours, each line once", () => {
    const own = [{ name: "alpha", ip: "10.213.0.2" }];
    const others = [
      { name: "alpha", ip: "10.213.0.2" },
      { name: "web", ip: "fd00::3" },
    ];
    expect(hostsText(own, others)).toBe(
      "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n10.213.0.2\talpha\nfd00::3\tweb\n",
    );
  });
});

describe("resolvText()", () => {
  const host = parseResolvConf(
    "# made by hand\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nsearch a.example b.example\noptions edns0\n",
  );

  test("leaves out name servers on the host's loopback", () => {
    expect(resolvText(host, [], [])).toBe("nameserver 192.0.2.1\nsearch a.example b.example\noptions edns0\n");
  });

  test("takes what was said instead", () => {
    expect(resolvText(host, ["192.0.2.53"], ["c.example"])).toBe(
      "nameserver 192.0.2.53\nsearch c.example\noptions edns0\n",
    );
  });
});

test("parseResolvConf() never throws", () => {
  const random = seededRandom(SEED);
  for (let n = 0; n < CASES; n++) {
    const text = randomText(random, ["nameserver", "search", "options", " ", "\n", "\t", "192.0.2.1", "#"], 12);
    expect(parseResolvConf(text).nameservers.length).toBeLessThanOrEqual(text.length);
  }
});
