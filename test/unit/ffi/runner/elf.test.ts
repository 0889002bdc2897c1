// Tapes as executables of their own, run for real, on this machine and on an emulated arm64.
import { describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildElf, elfTapeBase } from "#ffi/runner/elf.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { type Call, call, memory, result } from "#ffi/tape/call.ts";
import { describeWith } from "#test/support/needs.ts";
import { tempDir } from "#test/support/nsbox.ts";

type Arch = "x64" | "arm64";

function elf(arch: Arch, calls: readonly Call[]): Uint8Array {
  const options = { arch, base: elfTapeBase(arch), fds: { report: 2 }, fdBase: 100, failStatus: 99 };
  return buildElf(arch, assemble(calls, options));
}

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly report: Uint8Array;
}

function run(arch: Arch, calls: readonly Call[]): Ran {
  using dir = tempDir();
  const path = join(dir.path, "tape");
  writeFileSync(path, elf(arch, calls));
  chmodSync(path, 0o755);
  const command = arch === "x64" ? [path] : ["qemu-aarch64-static", path];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { stdout: "pipe", stderr: "pipe" });
  return { exitCode, stdout: stdout.toString(), report: new Uint8Array(stderr) };
}

const HELLO = new TextEncoder().encode("hello\n");

const TAPES: readonly (readonly [
  title: string,
  calls: readonly Call[],
  expected: { exitCode: number; stdout: string },
])[] = [
  [
    "writes and exits",
    [call("write", [1, HELLO, HELLO.length]), call("exit_group", [7])],
    { exitCode: 7, stdout: "hello\n" },
  ],
  [
    "feeds one call's result to the next",
    [call("memfd_create", ["x", 0], { label: "made" }), call("close", [result("made")]), call("exit_group", [0])],
    { exitCode: 0, stdout: "" },
  ],
  [
    "names a file and uses it twice",
    [
      call("memfd_create", ["x", 0], { as: "file" }),
      call("write", [{ kind: "fd", name: "file" }, HELLO, 3]),
      call("fsync", [{ kind: "fd", name: "file" }]),
      call("exit_group", [3]),
    ],
    { exitCode: 3, stdout: "" },
  ],
  [
    "goes where a case says, for a value and for an errno",
    [
      call("getppid", [], { cases: [{ equals: -1, then: "wrong" }] }),
      call("close", [999], { cases: [{ equals: "EBADF", then: "right" }] }),
      call("exit_group", [1], { label: "wrong" }),
      call("exit_group", [42], { label: "right" }),
    ],
    { exitCode: 42, stdout: "" },
  ],
  [
    "loads a word and adds to it",
    [
      call("write", [1, HELLO, 6], { save: memory("count", 8) }),
      call("load", [memory("count", 8), 128], { label: "sum" }),
      call("exit_group", [result("sum")]),
    ],
    { exitCode: 134, stdout: "hello\n" },
  ],
  [
    "loops: forks, waits until the child has ended, and passes its status on",
    [
      call("clone", [17, 0, 0, 0, 0], { label: "fork", cases: [{ equals: 0, then: "child" }] }),
      call("waitid", [0, 0, memory("info", 128), 4 | 1, 0], { label: "wait", fail: "wait" }),
      call("load", [memory("info", 128, 16), 0], {
        cases: [
          { equals: 0, then: "wait" },
          { equals: result("fork"), then: "ended" },
        ],
        then: "wait",
      }),
      call("load", [memory("info", 128, 24), 0], { label: "ended" }),
      call("exit_group", [result("ended")]),
      call("exit_group", [33], { label: "child" }),
    ],
    { exitCode: 33, stdout: "" },
  ],
];

describe.each([
  ["x64", [] as const],
  ["arm64", ["qemu-aarch64"] as const],
] as const)("an executable tape for %s", (arch, needs) => {
  const native = arch === process.arch ? [] : arch === "x64" ? ["x64" as const] : needs;
  describeWith([...native], "run for real", () => {
    for (const [title, calls, expected] of TAPES) {
      test(title, () => {
        const { exitCode, stdout } = run(arch, calls);
        expect({ exitCode, stdout }).toEqual(expected);
      });
    }

    test("reports the failing record and its errno, then exits with the fail status", () => {
      const { exitCode, report } = run(arch, [call("getpid", []), call("close", [999])]);
      const view = new DataView(report.buffer, report.byteOffset);
      expect(report.length).toBe(16);
      expect(Number(view.getBigUint64(0, true)) - elfTapeBase(arch)).toBe(112);
      expect(view.getBigInt64(8, true)).toBe(-9n);
      expect(exitCode).toBe(99);
    });
  });
});
