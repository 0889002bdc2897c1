import { describe, expect, test } from "bun:test";
import { normalName, parseHostPatterns } from "#src/spec/grammar/parse-host-pattern.ts";

const parse = (text: string) => parseHostPatterns("--allow-host", text);

describe("patterns of hosts", () => {
  test.each([
    ["example.org", { kind: "name", name: "example.org", below: false, ports: "web" }],
    ["Example.ORG.:443", { kind: "name", name: "example.org", below: false, ports: 443 }],
    ["*.example.org:*", { kind: "name", name: "example.org", below: true, ports: "any" }],
    ["*", { kind: "any", ports: "web" }],
    ["*:22", { kind: "any", ports: 22 }],
    ["10.1.2.3", { kind: "address", address: "10.1.2.3", bits: 32, ports: "web" }],
    ["10.0.0.0/8:5432", { kind: "address", address: "10.0.0.0", bits: 8, ports: 5432 }],
    ["::1", { kind: "address", address: "::1", bits: 128, ports: "web" }],
    ["[::1]:8080", { kind: "address", address: "::1", bits: 128, ports: 8080 }],
    ["[fd00::]/8:*", { kind: "address", address: "fd00::", bits: 8, ports: "any" }],
  ] as const)("%s is read", (text, pattern) => {
    expect(parse(text)).toEqual([pattern]);
  });

  test("come with commas between them", () => {
    expect(parse("a.b, c.d:1").length).toBe(2);
  });

  test.each([
    "",
    "a..b",
    "a b",
    "http://a.b",
    "a.b:0",
    "a.b:65536",
    "a.b:x",
    "*.",
    "a.*.b",
    "10.0.0.0/33",
    "-a.b",
    "2130706433",
    "127.1",
    "0x7f.1",
    "ä.de",
    "[::1",
  ])("%p is refused with an example", (text) => {
    expect(() => parse(text)).toThrow(/^Cannot parse --allow-host /);
  });
});

test("a name is normal without its last dot and in small letters, and no number in disguise", () => {
  expect(normalName("WWW.Example.org.")).toBe("www.example.org");
  expect(["127.1", "0177.0.0.1", "0x7f000001", "1.2.3.4", `${"a".repeat(64)}.b`].map(normalName)).toEqual(
    new Array(5).fill(undefined),
  );
  expect(normalName("3com.com")).toBe("3com.com");
});
