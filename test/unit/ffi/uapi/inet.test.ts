import { describe, expect, test } from "bun:test";
import { formatIp, formatMac, parseIp, parseMac } from "#ffi/uapi/inet.ts";
import { CASES, randomText, SEED, seededRandom } from "#test/support/random-text.ts";

describe("parseIp()", () => {
  test.each([
    ["10.88.0.1", "10.88.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["fd00:0:0:1::2", "fd00:0:0:1::2"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ])("reads %s, which formatIp() prints as %s", (text, printed) => {
    expect(formatIp(parseIp(text) ?? new Uint8Array(0))).toBe(printed);
  });

  test.each([
    ...["", "10.0.0", "10.0.0.256", "10.0.0.01", "1.2.3.4.5", "a.b.c.d", "10.0.0.1/24", " 10.0.0.1"],
    ...[":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "fe80::1%eth0", "1.2.3.4::", "g::"],
    ...["1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1:2:3:4::5:6:7:8"],
  ])("refuses %p", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  test("reads back what formatIp() prints, and never throws", () => {
    const random = seededRandom(SEED);
    for (let n = 0; n < CASES; n++) {
      const bytes = new Uint8Array(random(2) === 0 ? 4 : 16).map(() => (random(2) === 0 ? 0 : random(256)));
      expect(parseIp(formatIp(bytes))).toEqual(bytes);
      const read = parseIp(randomText(random, ["1", "255", ".", ":", "::", "fd00", "abc", "0"], 12));
      if (read !== undefined) expect([4, 16]).toContain(read.length);
    }
  });
});

describe("parseMac()", () => {
  test("reads what formatMac() prints", () => {
    expect(formatMac(parseMac("02:00:0A:58:00:ff") ?? new Uint8Array(0))).toBe("02:00:0a:58:00:ff");
  });

  test.each(["", "02:00:0a:58:00", "02:00:0a:58:00:0g", "02-00-0a-58-00-02", "2:0:a:58:0:2"])("refuses %p", (text) => {
    expect(parseMac(text)).toBeUndefined();
  });
});
