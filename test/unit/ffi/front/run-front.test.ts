// The front, run for real: an engine with a front says the same as without, but where a ready box is there. What root
// has in /run is looked for in namespaces of their own.
import { afterAll, expect, test } from "bun:test";
import { chmodSync, chownSync, linkSync, readFileSync, renameSync, statSync, symlinkSync } from "node:fs";
import { DECIDING_VARIABLES, READY_AT } from "#ffi/front/ready-layout.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import type { Observation } from "#src/ready/observation.ts";
import { KINDS, put, sampleStart, Stage, type Start, tool, uid } from "#test/support/front-stage.ts";
import { describeWith } from "#test/support/needs.ts";
import { pick, randomText, seededRandom, SEED } from "#test/support/random-text.ts";

for (const kind of KINDS) {
  describeWith(kind.needs, `the front of an engine for ${kind.title}`, () => {
    const stage = new Stage(kind);
    afterAll(() => stage.dir[Symbol.dispose]());
    testEntry(stage);
    // How the engine is loaded makes no difference to these.
    if (!kind.loaded) testFiles(stage);
  });
}

/** What becomes of the engine, or of the box. */
function testEntry(stage: Stage): void {
  const runtime = { XDG_RUNTIME_DIR: stage.runtime };
  const START = sampleStart(stage);

  test.each<[what: string, Start]>([
    ["without words", {}],
    ["with an empty word", { words: [""] }],
    ["with words that are shorter than it looks at", { words: ["r", "", ""] }],
    ["that only begin like it", { words: ["ru", "--", "x"] }],
    ["and go on", { words: ["runx", "--", "x"], env: runtime }],
    ["with run alone", { words: ["run"], env: runtime }],
    ["with flags, and no command", { words: ["run", "--"], env: runtime }],
    ["with flags that don't end", { words: ["run", "--rw", "."], env: runtime }],
    ["with one dash", { words: ["run", "-"], env: runtime }],
    ["with empty words behind run", { words: ["run", "", ""], env: runtime }],
    ["with a command and no flags", { words: ["run", "make", "-j"], env: runtime }],
    [
      "with all there is",
      { words: ["run", "--rw", ".", "--", "make", "all"], env: { ...runtime, PATH: "/bin", HOME: "/" } },
    ],
    ["without any variable", { words: ["run", "--", "x"] }],
    ["with an empty variable", { words: ["run", "--", "x"], env: { XDG_RUNTIME_DIR: "", PATH: "" } }],
    [
      "with variables of other names",
      { words: ["run", "--", "x"], env: { XDG_RUNTIME_DI: "/tmp", XDG_RUNTIME_DIRS: "/tmp", PAT: "", H: "" } },
    ],
    ["with a runtime folder that is no path", { words: ["run", "--", "x"], env: { XDG_RUNTIME_DIR: "tmp" } }],
    ["that is missing", { words: ["run", "--", "x"], env: { XDG_RUNTIME_DIR: "/no/such" } }],
    ["that is the root", { words: ["run", "--", "x"], env: { XDG_RUNTIME_DIR: "/" } }],
    ...[3838, 3839, 3840, 3841, 5000, 100_000].map((length): [string, Start] => [
      `with a runtime folder of ${length} bytes`,
      { words: ["run", "--", "x"], env: { XDG_RUNTIME_DIR: `/${"x/".repeat(length).slice(0, length - 1)}` } },
    ]),
    ["with many words", { words: ["run", ...Array.from({ length: 20_000 }, () => "--x"), "--", "y"], env: runtime }],
    ["with a long one", { words: ["run", "--rw", "x".repeat(100_000), "--", "y"], env: runtime }],
    [
      "with little stack",
      { words: ["run", "--", "x"], env: runtime, before: [tool("prlimit"), `--stack=${256 * 1024}`] },
    ],
    [
      "in a folder that is gone",
      {
        words: ["run", "--", "x"],
        env: runtime,
        before: [
          tool("sh"),
          "-c",
          'd=$(/bin/mktemp -d) && cd "$d" && /bin/rmdir "$d" && unset d PWD OLDPWD && exec "$@"',
          "sh",
        ],
      },
    ],
  ])("is not seen %s", (_what, start) => {
    stage.expectEngine(start);
  });

  test.each<[what: string, env: Readonly<Record<string, string>>, isOwn: boolean]>([
    ["one of the engine's options", { BUN_JSC_useJIT: "0", PATH: "/bin" }, true],
    ["one as the last", { PATH: "/bin", HOME: "/", BUN_JSC_x: "" }, true],
    ["less than the letters that they begin with", { BUN_JSC: "BUN_JSC_useJIT", B: "_" }, false],
    ["such letters elsewhere", { XBUN_JSC_y: "1", PATH: "BUN_JSC_useJIT=1" }, false],
  ])("adds its option unless the caller has one of the engine's: %s", (_what, env, isOwn) => {
    for (const words of [[], ["inspect", "1"], ["run", "--", "x"]])
      stage.expectEngine({ words, env }, ...(isOwn ? [""] : []));
  });

  test("becomes the box that is ready, with the words and variables that there are", () => {
    const path = stage.leave(START);
    stage.expectBox(START);
    stage.expectBox({ ...START, words: [...START.words, "all", "", "-j 5"] });
    stage.expectBox({ ...START, env: { ...START.env, OTHER: "2", MORE: "x".repeat(10_000) } });
    Bun.spawnSync(["rm", path]);
    stage.expectEngine(START);
  });

  test("becomes the box where all that is asked for is so", () => {
    const observations: readonly Observation[] = [
      { kind: "result", name: "geteuid", args: [], result: uid },
      { kind: "works", name: "getppid", args: [] },
      { kind: "path", path: "/", mode: statSync("/").mode },
      { kind: "path", path: "/no/such", mode: -errnoNumber("ENOENT") },
      { kind: "file", path: "/proc/sys/kernel/ostype", content: new TextEncoder().encode("Linux\n") },
      { kind: "release", text: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim() },
      { kind: "stream", rule: { fd: 0, access: "read" } },
      { kind: "no terminal" },
      { kind: "no limit" },
    ];
    stage.leave(START, observations);
    stage.expectBox({ ...START, before: [tool("sh"), "-c", 'unset PWD OLDPWD; exec "$@" </dev/null', "sh"] });
  });

  test.each<[what: string, Observation, before: readonly string[]]>([
    ["another id", { kind: "result", name: "geteuid", args: [], result: 1 }, []],
    [
      "a file that is longer",
      { kind: "file", path: "/proc/self/oom_score_adj", content: new TextEncoder().encode("") },
      [],
    ],
    [
      "a file with something else in it",
      { kind: "file", path: "/proc/version", content: new TextEncoder().encode("L") },
      [],
    ],
    ["a file that can't be read", { kind: "file", path: "/", content: new Uint8Array(0) }, []],
    [
      "a stream that is a folder",
      { kind: "stream", rule: { fd: 0, access: "read" } },
      [tool("sh"), "-c", 'exec "$@" </', "sh"],
    ],
    [
      "a stream that is closed",
      { kind: "stream", rule: { fd: 0, access: "read" } },
      [tool("sh"), "-c", 'exec "$@" <&-', "sh"],
    ],
  ])("leaves nothing open or mapped where there is %s", (_what, observation, before) => {
    stage.leave(START, [observation]);
    stage.expectPassedOver({ ...START, before });
    stage.leave(START, [{ kind: "result", name: "geteuid", args: [], result: uid }]);
    stage.expectBox(START);
  });
}

/** Which files are taken up, and which are passed over. */
function testFiles(stage: Stage): void {
  const runtime = { XDG_RUNTIME_DIR: stage.runtime };
  const START = sampleStart(stage);

  test("is for these words, this folder, these variables only", () => {
    const others: readonly Start[] = [
      { ...START, words: ["run", "--rw", "a c", "--", "make"] },
      { ...START, words: ["run", "--rw", "a", "b", "--", "make"] },
      { ...START, words: ["run", "--rw", "a b", "--", "mak"] },
      { ...START, cwd: "/usr" },
      ...DECIDING_VARIABLES.filter((name) => name !== "XDG_RUNTIME_DIR").map((name) => ({
        ...START,
        env: { ...START.env, [name]: "/else" },
      })),
      { ...START, env: runtime },
    ];
    const path = stage.leave(START);
    for (const other of others) {
      // Where it would be, were it for those: as if the sums were equal.
      const place = stage.leave(other);
      stage.expectBox(other);
      put(place, new Uint8Array(readFileSync(path)));
      stage.expectPassedOver(other);
    }
    stage.expectBox(START);
  });

  test.each<[what: string, change: (path: string, bytes: Uint8Array) => void]>([
    ["of another build", (path, bytes) => put(path, changed(bytes, READY_AT.build))],
    ["that is empty", (path) => put(path, new Uint8Array(0))],
    ["of one byte", (path, bytes) => put(path, bytes.subarray(0, 1))],
    ["that is shorter than its head", (path, bytes) => put(path, bytes.subarray(0, READY_AT.lengths))],
    ["that ends with a page", (path, bytes) => put(path, bytes.subarray(0, 4096))],
    ["that lacks a byte", (path, bytes) => put(path, bytes.subarray(0, -1))],
    ["that has one too many", (path, bytes) => put(path, concatBytes([bytes, new Uint8Array(1)]))],
    ["whose words are others", (path, bytes) => put(path, changed(bytes, READY_AT.lengths + 13 * 8))],
    ["whose first length is another", (path, bytes) => put(path, changed(bytes, READY_AT.lengths))],
    ["that others may read", (path) => chmodSync(path, 0o640)],
    ["that its owner may execute", (path) => chmodSync(path, 0o700)],
    ["that its owner may only read", (path) => chmodSync(path, 0o400)],
    ["that is a link", linked],
    ["that is a folder", (path) => replaced(path, "mkdir", "-m", "0600", path)],
    ["that is a pipe", (path) => replaced(path, "mkfifo", "-m", "0600", path)],
  ])("passes over a file %s", (_what, change) => {
    const path = stage.leave(START);
    stage.expectBox(START);
    change(path, new Uint8Array(readFileSync(path)));
    stage.expectPassedOver(START);
    Bun.spawnSync(["rm", "-rf", path, `${path}.x`]);
  });

  test("control: a second name of the same file does no harm", () => {
    const path = stage.leave(START);
    linkSync(path, `${path}.x`);
    stage.expectBox(START);
    Bun.spawnSync(["rm", `${path}.x`]);
  });

  test("passes over a file that ends with a page in the middle of its words", () => {
    const long = { ...START, words: ["run", "--rw", "x".repeat(6000), "--", "make"] };
    const path = stage.leave(long);
    stage.expectBox(long);
    put(path, new Uint8Array(readFileSync(path)).subarray(0, 4096));
    stage.expectPassedOver(long);
  });

  test("finds what was made for words, folders and variables of any kind", () => {
    const random = seededRandom(SEED);
    const bits = ["a", "-", "--", "=", "/", " ", "\n", "é", "\\", "run", "nsbox"];
    const text = (): string => randomText(random, bits, 6).replaceAll("\0", "");
    for (let n = 0; n < 20; n++) {
      const env: Record<string, string> = { ...runtime };
      for (let more = random(8); more > 0; more--) {
        const name = random(2) === 0 ? pick(random, DECIDING_VARIABLES) : `V${random(5)}`;
        if (name !== "XDG_RUNTIME_DIR") env[name] = text();
      }
      const flags = Array.from({ length: random(6) }, () => `-${text()}x`);
      const words = [
        "run",
        ...(flags.length > 0 ? [...flags, "--"] : []),
        `c${text()}`,
        ...Array.from({ length: random(3) }, text),
      ];
      const start = { words, env, cwd: pick(random, ["/", "/usr", "/proc", stage.dir.path]) };
      stage.expectEngine(start);
      const path = stage.leave(start);
      stage.expectBox(start);
      Bun.spawnSync(["rm", path]);
    }
  });

  describeWith(["userns"], "for root", () => {
    test("looks below /run, whatever the variable says", () => {
      const start: Start = { words: ["run", "--", "x"], env: { XDG_RUNTIME_DIR: "/no/such" } };
      const path = stage.leave(start);
      chmodSync(path, 0o600);
      const mapped = [tool("unshare"), "--user", "--map-root-user", "--mount"];
      const make =
        '/bin/mount -t tmpfs none /run && /bin/mkdir -p /run/nsbox/ready && cat "$0" >/run/nsbox/ready/"$1" && chmod 600 /run/nsbox/ready/"$1" && shift';
      const place = { name: path.slice(path.lastIndexOf("/") + 1), path };
      const within = (script: string): readonly string[] => [
        ...mapped,
        ...[
          tool("sh"),
          "-c",
          `export PATH=/usr/bin:/bin; ${make} && unset PATH OLDPWD PWD; ${script} exec "$@"`,
          place.path,
          place.name,
        ],
      ];
      stage.expectBox({ ...start, before: within("") });
      stage.expectPassedOver({ ...start, before: within("/bin/chmod 644 /run/nsbox/ready/*;") });
    });
  });
}

/** With one bit of it another. */
function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function replaced(path: string, ...command: string[]): void {
  Bun.spawnSync(["rm", path]);
  expect(Bun.spawnSync(command).exitCode).toBe(0);
  chownSync(path, uid, uid);
}

function linked(path: string): void {
  renameSync(path, `${path}.x`);
  symlinkSync(`${path}.x`, path);
}
