// The file as the front finds it: laid out as ready-layout.ts says, and played where it will lie.
import { describe, expect, test } from "bun:test";
import { READY_AT, READY_BASE } from "#ffi/front/ready-layout.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { ProcessEnd, simulate } from "#ffi/tape/simulate.ts";
import { AT } from "#ffi/uapi/fcntl.ts";
import { MFD } from "#ffi/uapi/mman.ts";
import { syscallName } from "#ffi/uapi/syscalls.ts";
import type { Observation } from "#src/ready/observation.ts";
import { buildReadyFile } from "#src/ready/ready-file.ts";
import { readyKey } from "#src/ready/ready-key.ts";

const KEY = readyKey(new TextEncoder().encode("nsbox\0run\0--rw\0.\0--\0make\0all\0"), {
  cwd: "/work",
  env: { HOME: "/root", PATH: "/bin", OTHER: "x" },
}) ?? { stretches: [], commandAt: 0 };
const BUILD = 0xfedc_ba98_7654_3210n;
const BOX = new Uint8Array(5000).map((_, n) => n * 11);
const OBSERVATIONS: readonly Observation[] = [{ kind: "result", name: "geteuid", args: [], result: 1000 }];
const [ARGV, ENVP] = [0x7ffd_1234_5678n, 0x7ffd_1234_9abcn];

const fileFor = (arch: "x64" | "arm64", observations: readonly Observation[] = OBSERVATIONS): Uint8Array =>
  buildReadyFile({ arch, build: BUILD, key: KEY, observations, box: BOX });

const word = (file: Uint8Array, at: number): number => Number(new DataView(file.buffer).getBigUint64(at, true));

interface Played {
  /** Each call with its arguments, but for those that point somewhere. */
  readonly calls: readonly string[];
  /** What was written into the file in memory. */
  readonly written: Uint8Array;
  /** What was executed: file, path, argv, envp, flags. */
  readonly executed: readonly unknown[];
  readonly ended: boolean;
}

/** As the front does it: it writes two words, and plays from the first record on. */
function play(arch: "x64" | "arm64", answers: Readonly<Record<string, number>> = {}): Played {
  const file = fileFor(arch);
  const view = new DataView(file.buffer);
  view.setBigUint64(word(file, READY_AT.argv) - READY_BASE, ARGV, true);
  view.setBigUint64(word(file, READY_AT.envp) - READY_BASE, ENVP, true);
  const text = (address: bigint): string => {
    const at = Number(address) - READY_BASE;
    return new TextDecoder().decode(file.subarray(at, file.indexOf(0, at)));
  };
  const calls: string[] = [];
  let written = new Uint8Array(0);
  let executed: readonly unknown[] = [];
  const outcome = simulate(
    { bytes: file, base: READY_BASE, entry: word(file, READY_AT.entry) },
    (nr, [a0 = 0n, a1 = 0n, a2 = 0n, a3 = 0n, a4 = 0n]) => {
      const name = syscallName(arch, nr) ?? `syscall ${nr}`;
      const given = { memfd_create: `${text(a0)} ${a1}`, write: `${a0}`, close: `${a0}` }[name];
      calls.push(given === undefined ? name : `${name} ${given}`);
      if (name === "write") written = file.slice(Number(a1) - READY_BASE, Number(a1 + a2) - READY_BASE);
      if (name === "execveat") executed = [Number(a0), text(a1), a2, a3, Number(a4)];
      const usual = { geteuid: 1000, memfd_create: 7, write: Number(a2) }[name] ?? 0;
      if (name === "execveat" && answers[name] === undefined) throw new ProcessEnd(0);
      return BigInt(answers[`${name} ${a1}`] ?? answers[name] ?? usual);
    },
  );
  return { calls, written, executed, ended: outcome.end.kind === "exit" };
}

describe.each(["x64", "arm64"] as const)("buildReadyFile() for %s", (arch) => {
  test("begins with what the front looks at", () => {
    const file = fileFor(arch);
    expect(new DataView(file.buffer).getBigUint64(READY_AT.build, true)).toBe(BUILD);
    expect(word(file, READY_AT.bytes)).toBe(file.length);
    const { stretches } = KEY;
    const lengths = stretches.map((_, n) => word(file, READY_AT.lengths + n * 8));
    expect(lengths).toEqual(stretches.map(({ length }) => length));
    const texts = READY_AT.lengths + stretches.length * 8;
    const end = lengths.reduce((sum, length) => sum + length, texts);
    expect(new TextDecoder().decode(file.subarray(texts, end))).toBe(
      "--rw\0.\0--\0make\0/work\0HOME=/root\0PATH=/bin\0",
    );
    // Records are read a word at a time; what points into the file points behind all that.
    for (const at of [READY_AT.entry, READY_AT.argv, READY_AT.envp]) {
      expect(word(file, at) % 8).toBe(0);
      expect(word(file, at)).toBeGreaterThanOrEqual(READY_BASE + end);
      expect(word(file, at)).toBeLessThan(READY_BASE + file.length - BOX.length);
    }
    expect(file.subarray(file.length - BOX.length)).toEqual(BOX);
  });

  test("asks, and then becomes the box with the words and variables that the front has put in", () => {
    const { calls, written, executed, ended } = play(arch);
    expect(calls).toEqual(["geteuid", `memfd_create nsbox ${MFD.CLOEXEC | MFD.EXEC}`, "write 7", "execveat"]);
    expect(written).toEqual(BOX);
    expect(executed).toEqual([7, "", ARGV, ENVP, AT.EMPTY_PATH]);
    expect(ended).toBe(true);
  });

  test("asks a kernel before 6.3 for no flag that it doesn't know", () => {
    const { calls, written, executed } = play(arch, { [`memfd_create ${MFD.CLOEXEC | MFD.EXEC}`]: -22 });
    const files = [MFD.CLOEXEC | MFD.EXEC, MFD.CLOEXEC].map((flags) => `memfd_create nsbox ${flags}`);
    expect(calls).toEqual(["geteuid", ...files, "write 7", "execveat"]);
    expect(written).toEqual(BOX);
    expect(executed[0]).toBe(7);
  });

  test.each<[what: string, answers: Readonly<Record<string, number>>, rest: readonly string[]]>([
    ["an answer is another", { geteuid: 0 }, []],
    ["there is no file in memory", { memfd_create: -24 }, ["memfd_create"]],
    ["there is none, as a kernel says that knows fewer flags", { memfd_create: -22 }, ["memfd_create", "memfd_create"]],
    ["it can't be written to", { write: -28 }, ["memfd_create", "write", "close 7"]],
    ["only a part is written", { write: 4096 }, ["memfd_create", "write", "close 7"]],
    ["it can't be executed", { execveat: -13 }, ["memfd_create", "write", "execveat", "close 7"]],
    ["nor closed", { execveat: -13, close: -5 }, ["memfd_create", "write", "execveat", "close 7"]],
  ])("goes back to the front, with nothing open, where %s", (_what, answers, rest) => {
    const { calls, ended } = play(arch, answers);
    expect(calls.slice(1).map((one) => (one.startsWith("close") ? one : one.replace(/ .*/, "")))).toEqual([...rest]);
    expect(ended).toBe(false);
  });

  test("has no record that leads out of the file, or to what reports", () => {
    const file = fileFor(arch);
    const entry = word(file, READY_AT.entry) - READY_BASE;
    const seen = new Set<number>();
    const waiting = [entry];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      expect((at - entry) % RECORD_BYTES).toBe(0);
      const nr = new DataView(file.buffer).getBigInt64(at, true);
      expect(syscallName(arch, Number(nr))).not.toBe("exit_group");
      for (const to of [9, 11, 12, 13].map((n) => word(file, at + n * 8))) if (to !== 0) waiting.push(to - READY_BASE);
    }
    // Each was seen, and the report's two were not.
    expect(seen.size).toBeGreaterThan(8);
  });
});
