import { describe, expect, test } from "bun:test";
import { CLD, parseSignal, SA, SIG, SIG_HOW, signalName, signalSet } from "#ffi/uapi/signal.ts";
import { type HeaderTable, noHeaders, tableDifferences } from "./headers.ts";

test.each([
  [15, "SIGTERM"],
  [1, "SIGHUP"],
  [31, "SIGSYS"],
  [34, "SIGRTMIN"],
  [37, "SIGRTMIN+3"],
  [64, "SIGRTMIN+30"],
  [32, "SIG32"],
  [65, "SIG65"],
  [0, "SIG0"],
])("signalName() names %p %p", (number, name) => {
  expect(signalName(number)).toBe(name);
});

test.each([
  ["TERM", 15],
  ["SIGTERM", 15],
  ["sigterm", 15],
  ["15", 15],
  ["64", 64],
  ["CLD", 17],
  ["SIGIOT", 6],
  ["POLL", 29],
  ["SIGRTMIN", 34],
  ["RTMIN+3", 37],
  ["SIGRTMAX", 64],
  ["RTMAX-2", 62],
])("parseSignal() reads %p as %p", (text, number) => {
  expect(parseSignal(text)).toBe(number);
});

test.each([
  "",
  "SIG",
  "0",
  "65",
  "100",
  "-1",
  "015",
  "1.5",
  "TERMINATE",
  "SIGSIGTERM",
  "RTMIN-1",
  "RTMAX+1",
  "RTMIN+31",
])("parseSignal() knows no signal %p", (text) => {
  expect(parseSignal(text)).toBeUndefined();
});

test.each(["toString", "constructor", "__proto__"])("parseSignal() does not find %p of Object", (text) => {
  expect(parseSignal(text)).toBeUndefined();
});

test("parseSignal() reads every name that signalName() prints", () => {
  const numbers = Array.from({ length: 64 }, (_, index) => index + 1);
  expect(numbers.map((number) => parseSignal(signalName(number)))).toEqual(numbers);
});

test("SIG counts from 1 to 31 without a gap", () => {
  expect(Object.values<number>(SIG)).toEqual(Array.from({ length: 31 }, (_, index) => index + 1));
});

test("signalSet() sets bit N-1 for signal N", () => {
  expect(signalSet([])).toBe(0n);
  expect(signalSet([SIG.HUP, SIG.CHLD, SIG.CHLD])).toBe(0x10001n);
  expect(signalSet([64])).toBe(0x8000000000000000n);
});

const TABLES: readonly HeaderTable[] = [
  { source: "signal.ts SIG", prefix: "SIG", headers: ["asm/signal.h"], values: SIG },
  { source: "signal.ts SIG_HOW", prefix: "SIG_", headers: ["asm/signal.h"], values: SIG_HOW },
  { source: "signal.ts SA", prefix: "SA_", headers: ["asm/signal.h"], values: SA },
  { source: "signal.ts CLD", prefix: "CLD_", headers: ["linux/types.h", "asm/siginfo.h"], values: CLD },
];

describe.skipIf(noHeaders)("signal.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });
});
