import { expect, test } from "bun:test";
import { assemble } from "#ffi/tape/assemble.ts";
import { type Call, call, memory, result } from "#ffi/tape/call.ts";
import { disassemble } from "#ffi/tape/disassemble.ts";
import { RECORD_BYTES, WORD } from "#ffi/tape/format.ts";
import { evenRecords } from "#src/compile/even-records.ts";

const BASE = 0x600070;

function assembled(calls: readonly Call[]): ReturnType<typeof assemble> {
  return assemble(calls, { arch: "x64", base: BASE, fds: { report: 2 }, fdBase: 9, failStatus: 1 });
}

const CALLS: readonly Call[] = [
  call("getpid", [], { label: "pid" }),
  call("kill", [result("pid"), 0], { cases: [{ equals: "ESRCH", then: "next" }], fail: "next" }),
  call("getppid", [], { save: memory("parent", 8) }),
  call("load", [memory("parent", 8), 0], { label: "parent" }),
  // What a case waits for is known when it runs.
  call("getpid", [], {
    cases: [
      { equals: result("parent"), then: "pid" },
      { equals: 0, then: "pid" },
    ],
  }),
  call("getuid", [], {
    cases: [
      { equals: 0, then: "next" },
      { equals: 1, then: "pid" },
    ],
  }),
];

test("records say the same, and are the same where they say nothing", () => {
  const [plain, even] = [assembled(CALLS), evenRecords(assembled(CALLS))];
  const rows = (tape: typeof plain) => disassemble(tape, tape.callOf.length, "x64");
  const word = (tape: typeof plain, record: number, name: keyof typeof WORD): number =>
    Number(new DataView(tape.bytes.buffer).getBigUint64(record * RECORD_BYTES + WORD[name] * 8, true));
  expect(rows(even).map(({ name, args, cases }) => ({ name, args, cases }))).toEqual(
    rows(plain).map(({ name, args, cases }) => ({ name, args, cases })),
  );
  const own = (record: number): number => BASE + record * RECORD_BYTES;
  // Nobody wants this one's result, and it has one case.
  expect(word(even, 1, "store")).toBe(own(1) + WORD.then2 * 8);
  expect([word(even, 0, "then1"), word(even, 1, "then2")]).toEqual([own(1), own(2)]);
  // These are wanted, or have no word to spare.
  for (const record of [0, 2, 3, 4, 5]) expect(word(even, record, "store")).toBe(word(plain, record, "store"));
  expect([word(even, 4, "then1"), word(even, 5, "then2")]).toEqual([own(0), own(0)]);
});
