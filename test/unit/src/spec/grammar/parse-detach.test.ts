import { describe, expect, test } from "bun:test";
import { parseLabel, parseRestart } from "#src/spec/grammar/parse-detach.ts";
import { parseSignalName } from "#src/spec/grammar/parse-signal.ts";

describe("parseLabel()", () => {
  test.each([
    ["web", { name: "web", value: "" }],
    ["tier=web", { name: "tier", value: "web" }],
    ["a.b/c=x=y", { name: "a.b/c", value: "x=y" }],
  ])("reads %s", (text, label) => {
    expect(parseLabel(text)).toEqual(label);
  });

  test.each(["", "=web", "-x=1", "a b=1", "a=\n"])("refuses %p", (text) => {
    expect(() => parseLabel(text)).toThrow("it is not NAME=VALUE");
  });
});

describe("parseRestart()", () => {
  test.each([
    ["no", { kind: "no" }],
    ["always", { kind: "always" }],
    ["on-failure", { kind: "on-failure", max: undefined }],
    ["on-failure:5", { kind: "on-failure", max: 5 }],
  ] as const)("reads %s", (text, restart) => {
    expect(parseRestart(text)).toEqual(restart);
  });

  test.each(["", "yes", "on-failure:", "on-failure:0", "on-failure:x", "always:3"])("refuses %p", (text) => {
    expect(() => parseRestart(text)).toThrow("Cannot parse --restart");
  });
});

describe("parseSignalName()", () => {
  test("takes names and numbers, and nothing else", () => {
    expect(["TERM", "sigterm", "15"].map((text) => parseSignalName("--signal", text))).toEqual([15, 15, 15]);
    expect(() => parseSignalName("--signal", "BOO")).toThrow('Cannot parse --signal "BOO": it is not a signal');
  });
});
