import { describe, expect, test } from "bun:test";
import { parseHiding, parseNamespaceFile, parseNamespaceMounts, parseStat } from "#src/inspect/namespace-text.ts";

describe("parseNamespaceFile()", () => {
  test.each([
    ["net:[4026531840]", { type: "net", inode: 4026531840 }],
    ["socket:[4026531840]", undefined],
    ["/net:[4026531840]", undefined],
    ["net:[x]", undefined],
    ["pid_for_children:[1]", undefined],
  ] as const)("reads %p", (text, name) => {
    expect(parseNamespaceFile(text)).toEqual(name);
  });
});

describe("parseStat()", () => {
  test.each([
    ["12 (sleep) S 7 12 12", { name: "sleep", parent: 7, startTicks: 0 }],
    [
      "12 (a) (b\n) S 7 12 12 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 0 8855 3000 400",
      { name: "a) (b\n", parent: 7, startTicks: 8855 },
    ],
    ["", { name: "", parent: 0, startTicks: 0 }],
  ])("reads %p", (text, found) => {
    expect(parseStat(text)).toEqual(found);
  });
});

describe("parseNamespaceMounts()", () => {
  test("gives the namespaces that are mounted, and where, with spaces in the path", () => {
    const text = [
      "24 1 8:1 / / rw - ext4 /dev/sda rw",
      "91 24 0:4 net:[4026532200] /run/netns/two\\040words rw shared:5 - nsfs nsfs rw",
      "92 24 0:4 /file /x rw - nsfs nsfs rw",
    ].join("\n");
    expect(parseNamespaceMounts(text)).toEqual([{ type: "net", inode: 4026532200, path: "/run/netns/two words" }]);
  });
});

describe("parseHiding()", () => {
  const mount = (options: string): string => `22 27 0:21 / /proc rw,relatime - proc proc ${options}\n`;

  test.each([
    ["rw,hidepid=invisible", ["hidepid=invisible"]],
    ["rw,gid=4,hidepid=2", ["hidepid=2"]],
    ["rw,hidepid=0", []],
    ["rw,hidepid=off", []],
    ["rw", []],
  ])("of %p is %p", (options, hiding) => {
    expect(parseHiding(mount(options))).toEqual(hiding);
  });

  test("asks the uppermost of several mounts", () => {
    expect(parseHiding(mount("rw,hidepid=2") + mount("rw"))).toEqual([]);
  });
});
