import { describe, expect, test } from "bun:test";
import { NsboxError } from "#src/error.ts";
import { checkIdMap, ID_MAP_LINES_MAX, parseIdMap } from "#src/spec/grammar/parse-id-map.ts";

const map = (containerID: number, hostID: number, size: number) => ({ containerID, hostID, size });

describe("parseIdMap()", () => {
  test.each([
    ["0:100000:65536", map(0, 100000, 65536)],
    ["0:0:4294967295", map(0, 0, 4294967295)],
    ["4294967294:1:1", map(4294967294, 1, 1)],
  ])("takes %j", (text, expected) => {
    expect(parseIdMap("--uid-map", text)).toEqual(expected);
  });

  test.each([
    ["0:1", "it does not have three parts"],
    ["0:1:2:3", "it does not have three parts"],
    ["", "it does not have three parts"],
    ["a:1:2", '"a" is not a number'],
    ["0::2", '"" is not a number'],
    ["-1:0:1", '"-1" is not a number'],
    ["0:1:0x10", '"0x10" is not a number'],
    ["0:1: 2", '" 2" is not a number'],
    ["0:1:0", "the count is 0"],
    ["1:0:4294967295", "it goes beyond the highest id, 4294967294"],
    ["0:4294967295:1", "it goes beyond the highest id, 4294967294"],
  ])("refuses %j: %s", (text, why) => {
    expect(() => parseIdMap("--gid-map", text)).toThrow(`Cannot parse --gid-map ${JSON.stringify(text)}: ${why}`);
  });
});

describe("checkIdMap()", () => {
  test("takes ranges that touch, in any order", () => {
    expect(() => checkIdMap("--uid-map", [map(10, 110, 5), map(0, 100, 10)])).not.toThrow();
  });

  test.each([
    ["inside", [map(0, 100, 10), map(9, 500, 1)], "0:100:10 and --uid-map 9:500:1"],
    ["outside", [map(50, 109, 3), map(0, 100, 10)], "0:100:10 and --uid-map 50:109:3"],
  ])("names both ranges that overlap %s", (side, maps, both) => {
    expect(() => checkIdMap("--uid-map", maps)).toThrow(`Cannot use --uid-map ${both}: they overlap ${side}`);
  });

  test("takes 340 lines, as the kernel does, and not one more", () => {
    const lines = (count: number) => Array.from({ length: count }, (_, n) => map(n, 1000 + n, 1));
    expect(() => checkIdMap("--uid-map", lines(ID_MAP_LINES_MAX))).not.toThrow();
    expect(() => checkIdMap("--uid-map", lines(ID_MAP_LINES_MAX + 1))).toThrow(NsboxError);
    expect(() => checkIdMap("--uid-map", lines(ID_MAP_LINES_MAX + 1))).toThrow(
      "341 times --uid-map: they are too many",
    );
  });
});
