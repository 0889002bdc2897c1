import { describe, expect, test } from "bun:test";
import { isBelow, isWithin, normalPath, parentPaths } from "#src/spec/path.ts";
import { parseSubIds } from "#src/spec/sub-ids.ts";

describe("normalPath()", () => {
  test.each([
    ["/a/b", "/x", "/a/b"],
    ["a", "/x", "/x/a"],
    [".", "/x", "/x"],
    ["../y", "/x", "/y"],
    ["/../..", "/x", "/"],
    ["//a///b/./c/..//", "/x", "/a/b"],
    ["", "/", "/"],
  ])("%j from %j is another name of one place", (path, from, expected) => {
    expect(normalPath(path, from)).toBe(expected);
  });
});

describe("isBelow()", () => {
  test.each([
    ["/a/b", "/a", true],
    ["/a", "/a", false],
    ["/ab", "/a", false],
    ["/a", "/", true],
    ["/", "/", false],
    ["/", "/a", false],
  ])("%j below %j: %p", (path, folder, expected) => {
    expect(isBelow(path, folder)).toBe(expected);
  });
});

describe("isWithin()", () => {
  test.each([
    ["/a/b", "/a", true],
    ["/a", "/a", true],
    ["/ab", "/a", false],
    ["/", "/", true],
    ["/", "/a", false],
  ])("%j is %j, or below it: %p", (path, folder, expected) => {
    expect(isWithin(path, folder)).toBe(expected);
  });
});

describe("parentPaths()", () => {
  test.each([
    ["/a/b/c", ["/a", "/a/b"]],
    ["/a", []],
    ["/", []],
  ])("of %j, from the outside in", (path, expected) => {
    expect(parentPaths(path)).toEqual(expected);
  });
});

describe("parseSubIds()", () => {
  const text = "ann:100000:65536\n# ann\nbob:200000:65536\n1000:300000:10\nann:x:1\nann:5:0\nann:7\n\n";

  test("finds the ranges of a user by name and by number, and skips lines that don't parse", () => {
    expect(parseSubIds(text, 1000, "ann")).toEqual([
      { start: 100000, count: 65536 },
      { start: 300000, count: 10 },
    ]);
  });

  test.each([
    [1000, undefined, 1],
    [5, "bob", 1],
    [5, undefined, 0],
    [5, "an", 0],
  ])("uid %p named %p has so many ranges: %p", (uid, name, count) => {
    expect(parseSubIds(text, uid, name)).toHaveLength(count);
  });
});
