import { describe, expect, test } from "bun:test";
import { parsePinRecord, type PinRecord } from "#src/pin/pin-record.ts";
import { NAMESPACE_TYPES } from "#src/spec/spec.ts";
import { CASES, pick, randomText, SEED, seededRandom } from "#test/support/random-text.ts";

const RECORD: PinRecord = {
  version: 1,
  madeAt: 1700000000000,
  holder: { kind: "process", pid: 4711, startTicks: 12345 },
  namespaces: [
    { type: "user", inode: 4026532001 },
    { type: "net", inode: 4026532002 },
  ],
};

describe("parsePinRecord()", () => {
  test.each([[RECORD], [{ ...RECORD, holder: { kind: "mount" } } as const], [{ ...RECORD, namespaces: [] }]])(
    "gives back %j",
    (record) => {
      expect(parsePinRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
    },
  );

  test.each([
    ["nothing", undefined],
    ["a list", [RECORD]],
    ["another version", { ...RECORD, version: 2 }],
    ["a holder of no kind", { ...RECORD, holder: { pid: 1, startTicks: 1 } }],
    ["a holder without its start", { ...RECORD, holder: { kind: "process", pid: 1 } }],
    ["every process", { ...RECORD, holder: { kind: "process", pid: -1, startTicks: 1 } }],
    ["one's own group", { ...RECORD, holder: { kind: "process", pid: 0, startTicks: 1 } }],
    ["a PID in words", { ...RECORD, holder: { kind: "process", pid: "1", startTicks: 1 } }],
    ["namespaces that are no list", { ...RECORD, namespaces: { 0: RECORD.namespaces[0] } }],
    ["a namespace of no type", { ...RECORD, namespaces: [{ type: "../../etc", inode: 1 }] }],
    ["one type twice", { ...RECORD, namespaces: [RECORD.namespaces[0], RECORD.namespaces[0]] }],
    ["a fraction", { ...RECORD, namespaces: [{ type: "net", inode: 1.5 }] }],
  ])("takes %s for none", (_, value) => {
    expect(parsePinRecord(value)).toBeUndefined();
  });

  test("under random JSON gives a record in order or none", () => {
    const random = seededRandom(SEED);
    const words = ["mount", "process", "net", "user", "1", "", "__proto__"];
    const make = (depth: number): unknown => {
      const kind = random(depth > 3 ? 5 : 8);
      if (kind < 2) return [0, 1, -1, 1.5, 4026531840, 2 ** 60, null, true][random(8)];
      if (kind < 4) return pick(random, words);
      if (kind === 4) return randomText(random, words, 3);
      if (kind === 5) return Array.from({ length: random(3) }, () => make(depth + 1));
      const names = ["version", "madeAt", "holder", "namespaces", "kind", "pid", "startTicks", "type", "inode"];
      return Object.fromEntries(Array.from({ length: random(6) }, () => [pick(random, names), make(depth + 1)]));
    };
    let taken = 0;
    for (let n = 0; n < CASES; n++) {
      // Mostly a record with one thing changed: pure noise is never one.
      const value = { ...RECORD, [pick(random, ["version", "madeAt", "holder", "namespaces", "other"])]: make(0) };
      const record = parsePinRecord(random(10) === 0 ? make(0) : value);
      if (record === undefined) continue;
      taken++;
      if (record.holder.kind === "process") expect(record.holder.pid).toBeGreaterThan(0);
      for (const { type } of record.namespaces) expect(NAMESPACE_TYPES).toContain(type);
    }
    expect(taken).toBeGreaterThan(20);
    expect(taken).toBeLessThan(CASES / 2);
  });
});
