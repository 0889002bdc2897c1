import { describe, expect, test } from "bun:test";
import { assemble, type AssembleOptions } from "#ffi/tape/assemble.ts";
import { call, fd, memory, result, strings, tolerate, words } from "#ffi/tape/call.ts";
import { disassemble, textAt } from "#ffi/tape/disassemble.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { syscallNumber } from "#ffi/uapi/syscalls.ts";

const OPTIONS: AssembleOptions = { arch: "x64", base: 0x7000, fds: { report: 9 }, fdBase: 700, failStatus: 125 };

describe("assemble()", () => {
  test("gives texts, bytes, arrays and memory addresses within the tape", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const tape = assemble(
      [call("execve", ["/bin/true", strings(["true", "x"]), memory("area", 16, 8), bytes, words(5, "w")])],
      OPTIONS,
    );
    const [one] = disassemble(tape, 1, "x64");
    const [path = 0n, argv = 0n, area = 0n, data = 0n, list = 0n] = one?.args ?? [];
    const view = new DataView(tape.bytes.buffer, tape.bytes.byteOffset);
    const word = (address: number): number => Number(view.getBigUint64(address - tape.base, true));
    expect(textAt(tape, Number(path))).toBe("/bin/true");
    expect(textAt(tape, word(Number(argv)))).toBe("true");
    expect(textAt(tape, word(Number(argv) + 8))).toBe("x");
    expect(word(Number(argv) + 16)).toBe(0);
    expect(Number(area)).toBe((tape.memory.get("area") ?? 0) + 8);
    expect(tape.bytes.subarray(Number(data) - tape.base, Number(data) - tape.base + 3)).toEqual(bytes);
    expect([word(Number(list)), textAt(tape, word(Number(list) + 8))]).toEqual([5, "w"]);
  });

  test("moves a named file to its number and gives that number to later calls", () => {
    const tape = assemble([call("open_tree", [-100, "/", 1], { as: "root" }), call("fchdir", [fd("root")])], OPTIONS);
    const [open, dup, fchdir] = disassemble(tape, 3, "x64");
    expect(dup?.name).toBe("dup3");
    expect(open?.store).toBe(tape.base + RECORD_BYTES + 8);
    expect(dup?.args.slice(1, 3)).toEqual([700n, 0x80000n]);
    expect(fchdir?.args[0]).toBe(700n);
    expect(tape.callOf.slice(0, 3)).toEqual([0, 0, 1]);
  });

  test("writes negative numbers and 64-bit words as two's complement", () => {
    const tape = assemble([call("openat", [-100, 0xffff_ffff_ffff_ffffn, 2 ** 40, -1n])], OPTIONS);
    expect(disassemble(tape, 1, "x64")[0]?.args.slice(0, 4)).toEqual([-100n, -1n, 2n ** 40n, -1n]);
  });

  test("sends errors to the report, whose two records are the last", () => {
    const tape = assemble([call("getpid", [])], OPTIONS);
    const [first, report, exit] = disassemble(tape, 3, "x64");
    expect(first?.fail).toBe(1);
    expect([report?.name, report?.args[0], report?.args[2]]).toEqual(["write", 9n, 16n]);
    expect(report?.args[1]).toBe(BigInt(tape.base + RECORD_BYTES + 40));
    expect([exit?.name, exit?.args[0]]).toEqual(["exit_group", 125n]);
    expect(tape.callOf).toEqual([0, -1, -1]);
  });

  test("turns an errno case into its negative number and a label into a record", () => {
    const tape = assemble([call("mkdirat", [], tolerate("EEXIST")), call("getpid", [], { then: "return" })], OPTIONS);
    const [first, second] = disassemble(tape, 2, "x64");
    expect(first?.cases).toEqual([{ equals: -17n, then: 1 }]);
    expect(second?.next).toBe(-1);
  });

  test.each([
    ["more than six arguments", [call("getpid", [1, 2, 3, 4, 5, 6, 7])], "more than six arguments"],
    ["an unknown label", [call("getpid", [], { then: "nowhere" })], 'no call has the label "nowhere"'],
    [
      "a label that stands twice",
      [call("getpid", [], { label: "a" }), call("getpid", [], { label: "a" })],
      "stands twice",
    ],
    ["an unknown file", [call("fchdir", [fd("x")])], 'no open file is named "x"'],
    ["a text with a NUL byte", [call("chdir", ["a\0b"])], "NUL byte"],
    [
      "a result that is wanted twice",
      [call("getpid", [], { label: "a" }), call("kill", [result("a"), result("a")])],
      "wanted twice",
    ],
    [
      "a tolerated failure that feeds a later call",
      [call("openat", [], { label: "a", ...tolerate("ENOENT") }), call("close", [result("a")])],
      "tolerates a failure",
    ],
    ["a system call that the machine has not", [call("open", [])], "arm64"],
    ["more records than a tape holds", Array.from({ length: 1024 }, () => call("getpid", [])), "1024 records"],
  ])("refuses %s", (_, calls, message) => {
    expect(() => assemble(calls, { ...OPTIONS, arch: "arm64" })).toThrow(message);
  });
});

describe("disassemble()", () => {
  test("reads back what assemble() was given, for random calls", () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % below;
    };
    const names = ["getpid", "close", "openat", "mount", "kill", "read"] as const;
    for (let round = 0; round < 300; round++) {
      const calls = Array.from({ length: 1 + random(20) }, () =>
        call(
          names[random(names.length)] ?? "getpid",
          Array.from({ length: random(7) }, () => random(2 ** 30) - 2 ** 29),
        ),
      );
      const rows = disassemble(assemble(calls, OPTIONS), calls.length, "x64");
      for (const [n, row] of rows.entries()) {
        const one = calls[n];
        expect(row.name).toBe(String(one?.name));
        expect(row.args).toEqual([0, 1, 2, 3, 4, 5].map((at) => BigInt(Number(one?.args[at] ?? 0))));
        expect(row.next).toBe(n + 1);
      }
    }
  });

  test("names every system call by its number", () => {
    const tape = assemble([call("clone3", [])], OPTIONS);
    expect(disassemble(tape, 1, "x64")[0]?.name).toBe("clone3");
    expect(new DataView(tape.bytes.buffer).getInt32(0, true)).toBe(syscallNumber("x64", "clone3"));
  });
});
