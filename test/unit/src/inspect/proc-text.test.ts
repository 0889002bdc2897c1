import { describe, expect, test } from "bun:test";
import { CAPS } from "#ffi/uapi/capability.ts";
import { escapeText } from "#src/inspect/escape-text.ts";
import { explainCapabilities } from "#src/inspect/groups/privileges.ts";
import {
  explainIdRange,
  parseCgroups,
  parseIdRanges,
  parseNamespaceLink,
  parseStartTicks,
  parseStatus,
  parseStatusName,
} from "#src/inspect/proc-text.ts";

describe("parseStatus()", () => {
  test("gives each field, also those whose value holds colons", () => {
    const status = parseStatus("Name:\ta:b\nUid:\t1\t2\t3\t4\nnonsense\n");
    expect([...status]).toEqual([
      ["Name", "a:b"],
      ["Uid", "1\t2\t3\t4"],
    ]);
  });
});

describe("parseStatusName()", () => {
  test("gives the name that the process has, out of its one line", () => {
    expect(parseStatusName("a\\nb\\\\nc) R\t1")).toBe("a\nb\\nc) R\t1");
    expect(parseStatusName("plain\\")).toBe("plain\\");
  });
});

describe("parseIdRanges()", () => {
  test("gives every range and leaves out what is none", () => {
    expect(parseIdRanges("         0       1000          1\n         1     100000      65536\n\n")).toEqual([
      { inside: 0, outside: 1000, size: 1 },
      { inside: 1, outside: 100000, size: 65536 },
    ]);
  });

  test.each([
    [{ inside: 0, outside: 1000, size: 1 }, "0 inside is 1000 outside"],
    [{ inside: 0, outside: 100000, size: 65536 }, "0–65535 inside are 100000–165535 outside"],
    [{ inside: 0, outside: 0, size: 4294967295 }, "every id is the same inside and outside"],
  ])("%p reads as %p", (range, words) => {
    expect(explainIdRange(range)).toBe(words);
  });
});

describe("parseStartTicks()", () => {
  test.each([["plain"], ["with space"], ["a) R 1 2 3 (b"], ["new\nline"]])("is not confused by the name %p", (name) => {
    const fields = Array.from({ length: 30 }, (_, n) => String(n + 100));
    expect(parseStartTicks(`42 (${name}) S ${fields.join(" ")}\n`)).toBe(118);
  });
});

describe("parseCgroups()", () => {
  test("tells version 2 from version 1 and keeps colons in paths", () => {
    expect(parseCgroups("4:cpu,cpuacct:/a:b\n0::/user.slice\n")).toEqual([
      { hierarchy: 4, controllers: ["cpu", "cpuacct"], path: "/a:b" },
      { hierarchy: 0, controllers: [], path: "/user.slice" },
    ]);
  });
});

describe("parseNamespaceLink()", () => {
  test.each([
    ["net:[4026531840]", 4026531840],
    ["net:4026531840", undefined],
    ["/run/netns/x", undefined],
  ])("%p is %p", (link, inode) => {
    expect(parseNamespaceLink(link)).toBe(inode);
  });
});

describe("escapeText()", () => {
  test.each([
    ["plain ünï ✓", "plain ünï ✓"],
    ["\x1b]0;owned\x07", "\\x1b]0;owned\\x07"],
    ["a\nb\tc\x7f\x9b", "a\\x0ab\\x09c\\x7f\\x9b"],
    ["evil\u202egnp.exe", "evil\\u{202e}gnp.exe"],
  ])("%p becomes %p", (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });
});

describe("explainCapabilities()", () => {
  test("says none, all, or names them without their prefix", () => {
    expect(explainCapabilities([])).toBe("none");
    expect(explainCapabilities(["CAP_CHOWN", "CAP_SYS_ADMIN"])).toBe("chown sys_admin");
    expect(explainCapabilities(CAPS)).toBe("all 41");
    expect(explainCapabilities(CAPS.filter((name) => name !== "CAP_SYS_TIME"))).toBe("all but sys_time");
  });
});
