// The edge: what is asked of this machine now is answered in the same way a moment later, by the tape as it is played for
// real; facts that don't hold, and answers that change, are not.
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { mapFunction, mapMemory, unmapMemory, viewMemory } from "#ffi/libc/memory.ts";
import { runnerCode } from "#ffi/runner/code.ts";
import { assemble } from "#ffi/tape/assemble.ts";
import { call, memory } from "#ffi/tape/call.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { checkCalls, type Observation, STALE } from "#src/ready/observation.ts";
import { type Also, observe } from "#src/ready/observe.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { testWith } from "#test/support/needs.ts";
import { tempDir } from "#test/support/nsbox.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";

const ARCH = process.arch === "arm64" ? "arm64" : "x64";
const NOTHING: Also = { writable: [], made: [], noSockets: [] };

const native = mapFunction(runnerCode(ARCH));
const MAPPED = 1 << 20;

/** Played by the machine itself: whether each answer is as it was. */
function holds(observations: readonly Observation[]): boolean {
  const base = mapMemory(MAPPED);
  try {
    const told = memory("told", 8);
    const ends = [
      call("getpid", [], { save: told, then: "return" }),
      call("close", [-1], { label: STALE, save: told, cases: [{ equals: "EBADF", then: "return" }] }),
    ];
    const tape = assemble([...checkCalls(observations), ...ends], {
      ...{ arch: ARCH, base, fds: { report: -1 }, fdBase: 0, failStatus: 0 },
    });
    const bytes = viewMemory(base, MAPPED);
    bytes.set(tape.bytes);
    native(tape.entry);
    const at = (tape.memory.get("told") ?? 0) - base;
    const result = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(at, true);
    expect([BigInt(process.pid), BigInt(-errnoNumber("EBADF"))]).toContain(result);
    return result === BigInt(process.pid);
  } finally {
    unmapMemory(base, MAPPED);
  }
}

const facts = readFacts(NO_OPTIONS);

/** Facts with these as well. */
const having = (more: Partial<HostFacts>): HostFacts => ({ ...facts, ...more });
const withPaths = (paths: HostFacts["paths"]): HostFacts => having({ paths: { ...facts.paths, ...paths } });

/** For these facts, and as they are now. */
const confirmed = (given: HostFacts, also: Partial<Also> = {}): boolean => {
  const found = observe(given, { ...NOTHING, ...also });
  return found !== undefined && holds(found);
};

describe("observe()", () => {
  test("finds what holds, and goes on to", () => {
    const found = observe(facts, NOTHING) ?? [];
    expect(found.length).toBeGreaterThan(10);
    // A terminal keeps a box from being made ready; whoever tests may sit at one.
    const rest = facts.terminal ? found.filter(({ kind }) => kind !== "no terminal") : found;
    expect(holds(rest)).toBe(true);
    expect(new Set(rest.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(5);
    for (const one of rest) expect(holds([one])).toBe(true);
  });

  test.each<[what: string, Partial<HostFacts>]>([
    ["another uid", { uid: facts.uid + 1, ownUids: [], ownGids: [] }],
    ["another gid", { gid: facts.gid + 1 }],
    ["another kernel", { kernel: [facts.kernel[0], facts.kernel[1] + 1] }],
    ["a kernel whose number goes on", { kernel: [facts.kernel[0], Math.floor(facts.kernel[1] / 10)] }],
    ["another Landlock", { landlockAbi: facts.landlockAbi + 1 }],
    ["keyctl the other way", { keyctl: !facts.keyctl }],
    ["another place in line", { oomScoreAdj: facts.oomScoreAdj + 1 }],
    [
      "a stream that was opened in another way",
      {
        passedFiles: facts.passedFiles.map(({ fd, access }) => ({ fd, access: access === "read" ? "write" : "read" })),
      },
    ],
    ["a stream that is closed", { passedFiles: [{ fd: 987, access: "read" }] }],
    ["a folder that is a file", { paths: { ...facts.paths, "/": "file" } }],
    ["a file that is missing", { paths: { ...facts.paths, "/proc/version": "missing" } }],
    ["something where nothing is", { paths: { ...facts.paths, "/no/such": "dir" } }],
  ])("has nothing to say for, or no answer holds, with %s", (_what, more) => {
    expect(confirmed(having(more))).toBe(false);
  });

  testWith(["root"], "nor with other ids of root's own", () => {
    const [first = { start: 0, count: 1 }] = facts.ownUids;
    expect(observe(facts, NOTHING)).toBeDefined();
    for (const ranges of [[], [{ ...first, count: first.count - 1 }], [{ ...first, start: 5 }], [first, first]]) {
      expect(observe(having({ ownUids: ranges }), NOTHING)).toBeUndefined();
      expect(observe(having({ ownGids: ranges }), NOTHING)).toBeUndefined();
    }
  });

  test("sees what comes, goes, and becomes something else", () => {
    using dir = tempDir();
    const [file, folder, none] = [dir.join("file"), dir.join("folder"), dir.join("none")] as const;
    writeFileSync(file, "");
    mkdirSync(folder);
    const found = observe(withPaths({ [file]: "file", [folder]: "dir", [none]: "missing" }), NOTHING) ?? [];
    const paths = found.filter((one) => one.kind === "path" && one.path.startsWith(dir.path));
    expect(paths.length).toBe(3);
    expect(holds(paths)).toBe(true);
    writeFileSync(none, "");
    expect(holds(paths)).toBe(false);
    rmSync(none);
    expect(holds(paths)).toBe(true);
    rmSync(file);
    expect(holds(paths)).toBe(false);
    mkdirSync(file);
    expect(holds(paths)).toBe(false);
    rmdirSync(file);
    writeFileSync(file, "other");
    expect(holds(paths)).toBe(true);
    chmodSync(folder, 0o700);
    expect(holds(paths)).toBe(false);
  });

  test("takes for missing what the box itself has made", () => {
    using dir = tempDir();
    const path = dir.join("hooks");
    mkdirSync(path);
    const given = withPaths({ [path]: "missing" });
    expect(observe(given, NOTHING)).toBeUndefined();
    const found = observe(given, { ...NOTHING, made: [path] }) ?? [];
    const own = found.filter((one) => one.kind === "path" && one.path === path);
    expect(own.length).toBe(1);
    expect(holds(own)).toBe(false);
    rmdirSync(path);
    expect(holds(own)).toBe(true);
  });

  test("sees whether folders can be written to, as the facts have it", () => {
    using dir = tempDir();
    const access = (found: readonly Observation[] = []): readonly Observation[] =>
      found.filter((one) => one.kind === "result" && one.name === "faccessat2");
    const writable = [dir.path, dir.join("none")];
    expect(observe(facts, { ...NOTHING, writable })).toBeUndefined();
    expect(observe(having({ unwritable: writable }), { ...NOTHING, writable })).toBeUndefined();
    const found = access(observe(having({ unwritable: [dir.join("none")] }), { ...NOTHING, writable }));
    expect(found.length).toBe(2);
    expect(holds(found)).toBe(true);
    mkdirSync(dir.join("none"));
    expect(holds(found)).toBe(false);
  });

  test("has nothing to say where a socket stands, and sees one that comes", () => {
    using dir = tempDir();
    const path = dir.join("agent");
    const found = observe(facts, { ...NOTHING, noSockets: [path] }) ?? [];
    const own = found.filter((one) => one.kind === "path" && one.path === path);
    expect(holds(own)).toBe(true);
    const server = Bun.listen({ unix: path, socket: { data: () => {} } });
    expect(observe(facts, { ...NOTHING, noSockets: [path] })).toBeUndefined();
    expect(holds(own)).toBe(false);
    server.stop();
  });
});
