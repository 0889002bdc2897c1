// The edge: a decision is the very same as before only where nothing that it rests on has changed.
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type BoxOptions, readBoxOptions, saidBy } from "#src/library/box-options.ts";
import { type Decision, decide } from "#src/library/decide.ts";
import { recall } from "#src/library/recall.ts";
import { testWith } from "#test/support/needs.ts";
import { openFiles, openedSince } from "#test/support/open-files.ts";
import { tempDir } from "#test/support/nsbox.ts";

const recallFor = (options: BoxOptions, word = "true"): Promise<Decision> => recall(saidBy({ ...options }), word);
const decideFor = (options: BoxOptions, word = "true"): Promise<Decision> =>
  decide(readBoxOptions({ ...options }), [word]);

/** What is kept from now on: it has come twice. */
async function kept(options: BoxOptions): Promise<Decision> {
  await recallFor(options);
  const decision = await recallFor(options);
  expect(await recallFor(options)).toBe(decision);
  return decision;
}

const folder = process.cwd();
afterEach(() => process.chdir(folder));

describe("recall()", () => {
  test("gives what decide() gives, and the same from the second time on", async () => {
    const options = { hostname: "recalled", env: { A: "b" } };
    const first = await recallFor(options);
    const second = await recallFor(options);
    expect(second).not.toBe(first);
    for (let time = 0; time < 3; time++) expect(await recallFor(structuredClone(options))).toBe(second);
    expect(second).toEqual(await decideFor(options));
  });

  test("leaves nothing open", async () => {
    await kept({});
    const before = openFiles();
    for (let time = 0; time < 100; time++) await recallFor({});
    expect(openedSince(before)).toEqual([]);
  });

  test("knows other options, and another command, apart", async () => {
    const one = await kept({ hostname: "one" });
    const two = await kept({ hostname: "two" });
    expect(one.spec.hostname).toBe("one");
    expect(two.spec.hostname).toBe("two");
    expect((await recallFor({ hostname: "one" }, "false")).spec.process.args).toEqual(["false"]);
    expect(await recallFor({ hostname: "one" })).toBe(one);
  });

  test.each<[what: string, change: () => void, undo: () => void]>([
    ["a variable that passes", () => (process.env["LC_RECALL"] = "x"), () => delete process.env["LC_RECALL"]],
    ["a variable that doesn't", () => (process.env["RECALL"] = "x"), () => delete process.env["RECALL"]],
    ["the current folder", () => process.chdir("/usr"), () => process.chdir(folder)],
  ])("sees %s change, and change back", async (_what, change, undo) => {
    const options = { hostname: "surroundings" };
    const before = await kept(options);
    change();
    try {
      const after = await recallFor(options);
      expect(after).not.toBe(before);
      expect(after).toEqual(await decideFor(options));
    } finally {
      undo();
    }
    expect(await recallFor(options)).toBe(before);
  });

  test("decides for the folder and the variables that there are when it is called", async () => {
    const options = { hostname: "at-once" };
    for (let time = 0; time < 4; time++) {
      const decision = recallFor(options);
      process.chdir("/usr");
      process.env["LC_RECALL"] = "x";
      try {
        expect((await decision).facts.cwd).toBe(folder);
        expect((await decision).facts.env["LC_RECALL"]).toBeUndefined();
      } finally {
        process.chdir(folder);
        delete process.env["LC_RECALL"];
      }
    }
  });

  test("sees what comes, changes and goes where a folder is shown", async () => {
    using dir = tempDir();
    const options = { rw: dir.path };
    const [hooks, data] = [dir.join(".git/hooks"), dir.join("data")];
    const changes: readonly (() => void)[] = [
      () => mkdirSync(hooks, { recursive: true }),
      () => chmodSync(hooks, 0o500),
      () => rmSync(hooks, { recursive: true }),
      () => writeFileSync(hooks, ""),
      () => chmodSync(dir.path, 0o711),
    ];
    for (const change of changes) {
      const before = await kept(options);
      change();
      const after = await recallFor(options);
      expect(after).not.toBe(before);
      expect(after).toEqual(await decideFor(options));
    }
    const before = await kept(options);
    writeFileSync(data, "what a box does with it is its own affair");
    expect(await recallFor(options)).toBe(before);
  });

  testWith(["root"], "sees its place in line for the OOM killer change", async () => {
    const file = "/proc/self/oom_score_adj";
    const own = readFileSync(file, "utf8");
    const before = await kept({});
    writeFileSync(file, "7");
    try {
      expect((await recallFor({})).facts.oomScoreAdj).toBe(7);
    } finally {
      writeFileSync(file, own);
    }
    await kept({});
    expect((await recallFor({})).facts).toEqual(before.facts);
  });

  test("holds where something has changed back unseen", async () => {
    using dir = tempDir();
    const options = { rw: dir.path };
    const before = await kept(options);
    mkdirSync(dir.join(".git"));
    rmSync(dir.join(".git"), { recursive: true });
    expect(await recallFor(options)).toBe(before);
    expect(before).toEqual(await decideFor(options));
  });

  test("keeps nothing where more is read of the machine than the facts say", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("env"), "A=b\n");
    writeFileSync(dir.join("filter.json"), JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW" }));
    mkdirSync(dir.join("root"));
    const more: readonly BoxOptions[] = [
      { envFiles: dir.join("env") },
      { seccomp: dir.join("filter.json") },
      { net: "host" },
      { overlay: true },
      { noNamespaces: true },
      { mnt: process.pid },
      ...(process.getuid?.() === 0 ? [{ root: dir.join("root") }] : []),
    ];
    for (const options of more) {
      const seen = new Set<Decision>();
      for (let time = 0; time < 4; time++) seen.add(await recallFor(options));
      expect([options, seen.size]).toEqual([options, 4]);
    }
  });

  test.each<BoxOptions>([
    { user: 5 },
    { keepId: true },
    { uidMap: `0:${process.geteuid?.() ?? 0}:1` },
    { allowNewPrivs: true, nested: true, capAdd: "NET_ADMIN" },
    { rw: "/tmp", protect: false },
    { allowHosts: "example.com", denyHosts: "a.example.com", netLog: "/tmp/log" },
    { ro: ["/usr:/mnt"], tmpfs: "/opt", hide: "/usr/share", env: ["HOME"], rlimits: { nofile: "5:unlimited" } },
  ])("keeps what is decided by what is said: %j", async (options) => {
    expect(await kept(options)).toEqual(await decideFor(options));
  });

  test("knows apart what differs in one text, or in the order", async () => {
    const all: readonly BoxOptions[] = [
      { rlimits: { nofile: "5:6" } },
      { rlimits: { nofile: "5:unlimited" } },
      { rlimits: { nofile: 5 } },
      { ro: ["/usr", "/etc"] },
      { ro: ["/etc", "/usr"] },
      { ro: "/usr", hide: "/usr" },
      { hide: "/usr", ro: "/usr" },
      { landlock: false },
      { user: 5 },
      { user: "5:6" },
      { hostname: "5" },
    ];
    for (const options of all) await kept(options);
    for (const options of all) expect(await recallFor(options)).toEqual(await decideFor(options));
  });

  test("keeps the last few, and those whole", async () => {
    const first = await kept({ hostname: "h0" });
    for (let n = 1; n < 100; n++) await kept({ hostname: `h${n}` });
    const again = await recallFor({ hostname: "h0" });
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test("is right for many at once", async () => {
    using dir = tempDir();
    const all = await Promise.all(Array.from({ length: 20 }, () => recallFor({ ro: dir.path })));
    expect(new Set(all.map((one) => JSON.stringify({ ...one, facts: { ...one.facts, signalMask: 0 } }))).size).toBe(1);
  });
});
