import { describe, expect, test } from "bun:test";
import { explainPins, viewPin } from "#src/pin/explain-pins.ts";
import type { Pin } from "#src/pin/pin-store.ts";

const WEB: Pin = {
  name: "web",
  record: {
    version: 1,
    madeAt: 1700000000123,
    holder: { kind: "mount" },
    namespaces: [
      { type: "uts", inode: 1 },
      { type: "net", inode: 2 },
    ],
  },
  broken: undefined,
};
const LOST: Pin = {
  name: "lost",
  record: {
    version: 1,
    madeAt: 0,
    holder: { kind: "process", pid: 7, startTicks: 9 },
    namespaces: [{ type: "user", inode: 3 }],
  },
  broken: "its holder, process 7, has ended",
};
const HALF: Pin = { name: "half", record: undefined, broken: "it was not finished" };

describe("explainPins()", () => {
  test("has a line for each, in columns", () => {
    expect(explainPins([WEB, LOST, HALF])).toBe(
      [
        "NAME  NAMESPACES  HELD BY                                   MADE",
        "web   uts net     mounts                                    2023-11-14T22:13:20Z",
        "lost  user        broken: its holder, process 7, has ended  1970-01-01T00:00:00Z",
        "half              broken: it was not finished",
        "",
      ].join("\n"),
    );
  });

  test("says what to do where there are none", () => {
    expect(explainPins([])).toBe("no namespaces are pinned; nsbox ns pin --help shows how\n");
  });
});

describe("viewPin()", () => {
  test("gives the path of each namespace, but not of what can't be entered", () => {
    const path = (_: unknown, type: string): string => `/p/${type}`;
    expect(viewPin(WEB, path)).toEqual({
      name: "web",
      state: "live",
      holder: { kind: "mount" },
      madeAt: "2023-11-14T22:13:20Z",
      namespaces: [
        { type: "uts", inode: 1, path: "/p/uts" },
        { type: "net", inode: 2, path: "/p/net" },
      ],
    });
    expect(viewPin(LOST, path)).toMatchObject({ state: "broken", reason: "its holder, process 7, has ended" });
    expect(viewPin(LOST, path).namespaces).toEqual([{ type: "user", inode: 3 }]);
    expect(viewPin(HALF, path)).toEqual({
      name: "half",
      state: "broken",
      reason: "it was not finished",
      namespaces: [],
    });
  });
});
