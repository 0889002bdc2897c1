import { describe, expect, test } from "bun:test";
import { editDistance, nearest } from "#src/spec/suggest.ts";

describe("editDistance()", () => {
  test.each([
    ["", "", 0],
    ["same", "same", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["abc", "abd", 1],
    ["abc", "ab", 1],
    ["abc", "acb", 1],
    ["kitten", "sitting", 3],
  ])("from %j to %j is %p, and the same back", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe("nearest()", () => {
  const known = ["hostname", "domainname", "home", "ro", "rw"];

  test.each([
    ["hostnam", "hostname"],
    ["hsotname", "hostname"],
    ["domain-name", "domainname"],
    ["hoem", "home"],
    ["zzzzzzzz", undefined],
    ["a-word-that-nothing-comes-near-to", undefined],
  ])("of %j is %p", (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  test.each([
    ["--network", "--net"],
    ["--netwrok", "--net"],
    ["--net-lgo", "--net-log"],
    ["--nte", "--net"],
    ["--net-logging", "--net-log"],
    ["--rows", "--rw"],
    ["--rwxxxx", "--rw"],
    ["--r", "--rw"],
    ["--newt-lag", "--net-log"],
  ])("of a flag like %j is %p: what it begins with is meant rather than what is three edits away", (word, expected) => {
    expect(nearest(word, ["--net", "--net-log", "--rw"])).toBe(expected);
  });
});
