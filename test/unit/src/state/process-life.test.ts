import { describe, expect, test } from "bun:test";
import { parseStat, readIdentity, readLife } from "#src/state/process-life.ts";

describe("parseStat()", () => {
  test("reads state and start time behind any name", () => {
    const rest = "S 1 2 2 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0";
    for (const name of ["sh", "a b", "x) R 9 9", "(((", ""])
      expect(parseStat(`42 (${name}) ${rest}`)).toEqual({ state: "S", startTicks: 4711 });
  });

  test("reads rubbish as no time at all", () => {
    expect(parseStat("")).toEqual({ state: "", startTicks: Number.NaN });
  });
});

describe("readLife()", () => {
  test("believes a PID only with its start time and this boot", () => {
    const own = readIdentity(process.pid);
    if (own === undefined) throw new Error("this process does not exist");
    expect(readLife(own)).toBe("running");
    expect(readLife({ ...own, startTicks: own.startTicks + 1 })).toBe("ended");
    expect(readLife({ ...own, bootId: "another" })).toBe("ended");
    expect(readIdentity(2 ** 22 + 1)).toBeUndefined();
  });
});
