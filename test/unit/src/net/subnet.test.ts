import { describe, expect, test } from "bun:test";
import {
  addressAt,
  chooseSubnet,
  endPosition,
  formatSubnet,
  overlap,
  parseSubnet,
  positionOf,
  type Subnet,
  uniqueLocalSubnet,
} from "#src/net/subnet.ts";
import { CASES, randomText, SEED, seededRandom } from "#test/support/random-text.ts";

function subnet(text: string): Subnet {
  const parsed = parseSubnet(text);
  if (parsed === undefined) throw new Error(`"${text}" is no subnet`);
  return parsed;
}

describe("parseSubnet()", () => {
  test.each([
    ["10.88.0.0/24", "10.88.0.0/24"],
    ["10.88.0.9/24", "10.88.0.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["fd00::1/64", "fd00::/64"],
    ["fd00::1/128", "fd00::1/128"],
  ])("reads %s as %s", (text, printed) => {
    expect(formatSubnet(subnet(text))).toBe(printed);
  });

  test.each(["", "10.88.0.0", "10.88.0.0/33", "fd00::/129", "10.88.0.0/x", "a/8", "10.88.0.0/-1"])(
    "refuses %p",
    (text) => {
      expect(parseSubnet(text)).toBeUndefined();
    },
  );

  test("never throws, and what it reads it prints", () => {
    const random = seededRandom(SEED);
    for (let n = 0; n < CASES; n++) {
      const read = parseSubnet(randomText(random, ["10", ".", "0", "/", "24", "fd00", "::", ":", "999"], 10));
      if (read !== undefined) expect(parseSubnet(formatSubnet(read))).toEqual(read);
    }
  });
});

describe("overlap()", () => {
  test.each([
    ["10.0.0.0/8", "10.88.0.0/24", true],
    ["10.88.0.0/24", "10.0.0.0/8", true],
    ["10.88.0.0/24", "10.88.1.0/24", false],
    ["10.88.0.0/24", "10.88.0.128/25", true],
    ["fd00::/8", "fd12::/64", true],
    ["fd00::/64", "10.0.0.0/8", false],
    ["0.0.0.0/0", "10.0.0.0/8", true],
  ])("of %s and %s is %p", (a, b, answer) => {
    expect(overlap(subnet(a), subnet(b))).toBe(answer);
  });
});

describe("positions", () => {
  test("count addresses within their subnet", () => {
    expect(addressAt(subnet("10.88.0.0/24"), 9n)).toBe("10.88.0.9");
    expect(addressAt(subnet("fd00::/64"), 0x1_0000n)).toBe("fd00::1:0");
    expect(positionOf(subnet("10.88.0.0/24"), "10.88.0.9")).toBe(9n);
    expect(positionOf(subnet("10.88.0.0/24"), "10.88.1.9")).toBeUndefined();
    expect(positionOf(subnet("10.88.0.0/24"), "fd00::9")).toBeUndefined();
  });

  test("end before the broadcast address of IPv4", () => {
    expect(endPosition(subnet("10.88.0.0/30"))).toBe(3n);
    expect(endPosition(subnet("fd00::/126"))).toBe(4n);
    expect(endPosition(subnet("fd00::/64"))).toBe(65_536n);
  });
});

describe("chooseSubnet()", () => {
  test("takes the first that overlaps nothing", () => {
    expect(formatSubnet(chooseSubnet([]))).toBe("10.213.0.0/24");
    const taken = [subnet("10.213.0.0/23"), subnet("10.213.2.128/25")];
    expect(formatSubnet(chooseSubnet(taken))).toBe("10.213.3.0/24");
  });

  test("says what to do where every one overlaps", () => {
    expect(() => chooseSubnet([subnet("10.0.0.0/8")])).toThrow("Cannot choose a subnet");
  });
});

test("uniqueLocalSubnet() is a /64 in fd00::/8", () => {
  const text = formatSubnet(uniqueLocalSubnet(new Uint8Array([1, 2, 3, 4, 5])));
  expect(text).toBe("fd01:203:405::/64");
  expect(overlap(subnet(text), subnet("fd00::/8"))).toBe(true);
});
