// The start of a compiled box, run for real: what becomes of arguments and environment.
import { expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { BOX_DATA_AT, boxLayout, buildBoxElf, readBoxData, readBoxNote, readBoxTexts } from "#ffi/runner/box-elf.ts";
import { BOX_IOVECS_AT, BOX_TEXTS_AT, type BoxTexts, IOVEC_BYTES, stringsOf } from "#ffi/runner/texts.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { type EnvRule, startBlock } from "#ffi/runner/start.ts";
import { assemble, type Tape } from "#ffi/tape/assemble.ts";
import { call, result, words } from "#ffi/tape/call.ts";
import { errnoMessage, errnoNames } from "#ffi/uapi/errno.ts";
import { SA, SIG } from "#ffi/uapi/signal.ts";
import { describeWith } from "#test/support/needs.ts";
import { tempDir } from "#test/support/nsbox.ts";

type Arch = "x64" | "arm64";

const NONE = { at: 0, count: 0 };
const TAPES = { init: NONE, command: NONE, waiting: NONE, saying: NONE };

/** Executes words[0], found at its path, with what the start makes of argv and envp. */
function elf(arch: Arch, words: readonly string[], rules: readonly EnvRule[]): Uint8Array {
  const base = BOX_DATA_AT;
  const calls = [call("execve", [words[0] ?? "", 0, 0])];
  const tape = assemble(calls, { arch, base, fds: { report: 2 }, fdBase: 100, failStatus: 99 });
  const block = base + tape.bytes.length;
  const start = startBlock({ words, rules, argvWords: [base + 16], envpWords: [base + 24], entry: base }, block);
  const data = concatBytes([tape.bytes, start]);
  const tapes = { ...TAPES, launch: { at: base, count: tape.callOf.length }, launchBlock: block };
  return buildBoxElf({ arch, tapes, data });
}

/** A box without words of its own: executes a program with what stands from the third word on, or with all there is. */
function wholeElf(arch: Arch, program: string, what: "a part" | "the whole"): Uint8Array {
  const base = BOX_DATA_AT;
  const tape = assemble([call("execve", [program, 0, 0])], {
    ...{ arch, base, fds: { report: 2 }, fdBase: 100, failStatus: 99 },
  });
  const block = base + tape.bytes.length;
  const [argv, envp] = [[base + 16], [base + 24]];
  const start = startBlock(
    what === "a part"
      ? { words: [], rules: [], argvWords: argv, argvFrom: 2, envpWords: envp, entry: base }
      : { words: [], rules: [], argvWords: [], envpWords: [], wholeArgvWords: argv, wholeEnvpWords: envp, entry: base },
    block,
  );
  const tapes = { ...TAPES, launch: { at: base, count: tape.callOf.length }, launchBlock: block };
  return buildBoxElf({ arch, tapes, data: concatBytes([tape.bytes, start]), names: 0 });
}

/** An emulator gives its variables in another order. */
function sorted(lines: string): readonly string[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

interface Start {
  readonly words: readonly string[];
  readonly rules?: readonly EnvRule[];
  readonly own?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Has its texts expanded, and writes them, and of the strings the second and the last. */
function textsElf(arch: Arch, texts: BoxTexts): Uint8Array {
  const base = BOX_DATA_AT;
  const { handler, restorer } = boxLayout(arch).expand;
  const iovec = (n: number): number => BOX_IOVECS_AT + n * IOVEC_BYTES;
  const calls = [
    call("rt_sigaction", [SIG.URG, words(handler, SA.RESTORER, restorer, 0), 0, 8]),
    call("getpid", [], { label: "pid" }),
    call("kill", [result("pid"), SIG.URG]),
    call("write", [1, BOX_TEXTS_AT, texts.bytes.length]),
    call("writev", [1, iovec(1), 1]),
    call("writev", [1, iovec(stringsOf(texts).length - 1), 1]),
    call("exit_group", [0]),
  ];
  const tape = assemble(calls, { arch, base, fds: { report: 2 }, fdBase: 100, failStatus: 99 });
  const block = base + tape.bytes.length;
  const start = startBlock({ words: [], rules: [], argvWords: [], envpWords: [], entry: base }, block);
  const tapes = { ...TAPES, launch: { at: base, count: tape.callOf.length }, launchBlock: block };
  return buildBoxElf({ arch, tapes, texts, data: concatBytes([tape.bytes, start]) });
}

/** Writes all of its data. */
function dataElf(arch: Arch, more: Uint8Array): { readonly file: Uint8Array; readonly data: Uint8Array } {
  const base = BOX_DATA_AT;
  const assembled = (bytes: number): Tape =>
    assemble([call("write", [1, base, bytes], { fail: "next" }), call("exit_group", [0])], {
      ...{ arch, base, fds: { report: 2 }, fdBase: 100, failStatus: 99 },
    });
  const block = base + assembled(0).bytes.length;
  const start = startBlock({ words: [], rules: [], argvWords: [], envpWords: [], entry: base }, block);
  const data = concatBytes([assembled(assembled(0).bytes.length + start.length + more.length).bytes, start, more]);
  const tapes = { ...TAPES, launch: { at: base, count: assembled(0).callOf.length }, launchBlock: block };
  return { file: buildBoxElf({ arch, tapes, data }), data };
}

/** Something of everything: what repeats, what doesn't, rows that count up, words, an empty string. */
function sampleTexts(): BoxTexts {
  const strings = ["first", "second ä\n", "", ...errnoNames().map(errnoMessage), "last\n"];
  const said = new TextEncoder().encode([...strings, ""].join("\0"));
  const head = Uint8Array.from({ length: 2000 }, (_, n) => (n < 1000 ? (n * n * 31) >>> 3 : n % 112));
  const rows = new Uint32Array(Array.from({ length: 400 }, (_, n) => 0x600070 + n * 112));
  return {
    bytes: concatBytes([head, new Uint8Array(rows.buffer), said]),
    rowsAt: BOX_TEXTS_AT + head.length,
    stringsAt: BOX_TEXTS_AT + head.length + rows.byteLength,
  };
}

function run(arch: Arch, { words, rules = [], own = [], env = {} }: Start): string {
  return runFile(arch, elf(arch, words, rules), own, env);
}

function runFile(arch: Arch, file: Uint8Array, own: readonly string[] = [], env: Start["env"] = {}): string {
  return new TextDecoder().decode(runBytes(arch, file, own, env));
}

/** What it writes. */
function runBytes(arch: Arch, file: Uint8Array, own: readonly string[] = [], env: Start["env"] = {}): Uint8Array {
  using dir = tempDir();
  const path = dir.join("box");
  writeFileSync(path, file);
  chmodSync(path, 0o755);
  const command = arch === process.arch ? [path, ...own] : ["/usr/bin/qemu-aarch64-static", path, ...own];
  const { stdout, stderr } = Bun.spawnSync(command, { env, stdout: "pipe", stderr: "pipe" });
  return concatBytes([new Uint8Array(stdout), new Uint8Array(stderr)]);
}

const pass = (text: string, value?: string): EnvRule => ({ text, passes: true, value });
const drop = (text: string, value?: string): EnvRule => ({ text, passes: false, value });

describeWith([], "the start of a box", () => {
  for (const [arch, needs] of [
    ["x64", ["x64"]],
    ["arm64", ["qemu-aarch64"]],
  ] as const) {
    describeWith([...needs], `for ${arch}`, () => {
      test("puts the caller's arguments behind the box's words", () => {
        expect(run(arch, { words: ["/bin/echo", "a", "b c"], own: ["d", "", "e"] })).toBe("a b c d  e\n");
        expect(run(arch, { words: ["/bin/echo"] })).toBe("\n");
      });

      test("drops no word where it has none, and gives away those from one on, or all of them", () => {
        const own = ["one", "two", "three"];
        expect(runFile(arch, wholeElf(arch, "/bin/echo", "a part"), own)).toBe("three\n");
        expect(runFile(arch, wholeElf(arch, "/bin/echo", "the whole"), own)).toBe("one two three\n");
        const env = { A: "1", B: "2" };
        expect(runFile(arch, wholeElf(arch, "/usr/bin/env", "a part"), ["x", "env"], env)).toBe("");
        expect(sorted(runFile(arch, wholeElf(arch, "/usr/bin/env", "the whole"), [], env))).toEqual(["A=1", "B=2"]);
      });

      test("passes variables on by the first rule that fits", () => {
        const env = { A: "1", B: "2", BB: "3", LC_X: "4", C: "5" };
        const rules = [drop("B="), pass("A="), pass("LC_")];
        expect(sorted(run(arch, { words: ["/usr/bin/env"], rules, env }))).toEqual(["A=1", "LC_X=4"]);
        const all = { words: ["/usr/bin/env"], rules: [drop("BB="), pass("")], env };
        expect(sorted(run(arch, all))).toEqual(["A=1", "B=2", "C=5", "LC_X=4"]);
        expect(run(arch, { words: ["/usr/bin/env"], env })).toBe("");
      });

      test("begins with its data as it was, and its tapes' addresses as they were", () => {
        const { file, data } = dataElf(arch, sampleTexts().bytes);
        const note = readBoxNote(file, arch);
        expect(note === undefined ? note : readBoxData(file, note)).toEqual(data);
        expect(runBytes(arch, file)).toEqual(data);
      });

      test("expands texts when it is signalled to, and goes on", () => {
        const texts = sampleTexts();
        const file = textsElf(arch, texts);
        expect(file.length).toBeLessThan(texts.bytes.length);
        const own = readBoxNote(file, arch);
        expect(own === undefined ? own : readBoxTexts(file, arch, own)).toEqual(texts);
        const written = runBytes(arch, file);
        expect(written.subarray(0, texts.bytes.length)).toEqual(texts.bytes);
        expect(new TextDecoder().decode(written.subarray(texts.bytes.length))).toBe("second ä\nlast\n");
      });

      test("sets a rule's own value unless the caller's has passed", () => {
        const rules = [pass("A=", "A=own"), pass("B=", "B=own"), drop("C=", "C=own")];
        expect(run(arch, { words: ["/usr/bin/env"], rules, env: { A: "1", C: "2" } })).toBe("C=own\nB=own\nA=1\n");
      });
    });
  }

  test("is told by a note", () => {
    const file = elf("x64", ["/bin/true"], []);
    expect(readBoxNote(file, "x64")?.launch.at).toBe(BOX_DATA_AT);
    expect(readBoxNote(file.subarray(0, 600), "x64")).toBeUndefined();
    expect(readBoxNote(new Uint8Array(file.length), "x64")).toBeUndefined();
  });
});
