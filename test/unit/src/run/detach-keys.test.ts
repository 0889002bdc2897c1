import { describe, expect, test } from "bun:test";
import { DEFAULT_DETACH_KEYS, DetachKeys } from "#src/run/detach-keys.ts";
import { parseDetachKeys } from "#src/spec/grammar/parse-detach-keys.ts";

const P = 0x10;
const Q = 0x11;

function feedAll(...parts: readonly (readonly number[])[]): { passed: readonly number[]; isDetached: boolean } {
  const keys = new DetachKeys(DEFAULT_DETACH_KEYS);
  const passed = parts.flatMap((part) => [...keys.feed(new Uint8Array(part))]);
  return { passed, isDetached: keys.isDetached };
}

describe("DetachKeys", () => {
  test("finds its keys, in one piece and in two, and passes nothing after them", () => {
    expect(feedAll([65, P, Q, 66])).toEqual({ passed: [65], isDetached: true });
    expect(feedAll([65, P], [Q, 66])).toEqual({ passed: [65], isDetached: true });
  });

  test("passes on what turns out to be none of them", () => {
    expect(feedAll([P], [65])).toEqual({ passed: [P, 65], isDetached: false });
    expect(feedAll([P, P, 65])).toEqual({ passed: [P, P, 65], isDetached: false });
    expect(feedAll([P, P, Q])).toEqual({ passed: [P], isDetached: true });
    expect(feedAll([Q, 65])).toEqual({ passed: [Q, 65], isDetached: false });
  });

  test("holds the first key back until the next comes", () => {
    expect(feedAll([65, P])).toEqual({ passed: [65], isDetached: false });
  });
});

describe("parseDetachKeys()", () => {
  test("reads keys with ctrl and plain ones", () => {
    expect([...parseDetachKeys("--detach-keys", "ctrl-p,ctrl-q")]).toEqual([P, Q]);
    expect([...parseDetachKeys("--detach-keys", "ctrl-],x")]).toEqual([0x1d, 120]);
  });

  test.each(["", "ctrl-", "ctrl-pq", "p,,q", "ä"])("refuses %p", (text) => {
    expect(() => parseDetachKeys("--detach-keys", text)).toThrow("is no key");
  });
});
