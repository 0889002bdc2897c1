// Boxes that are ready: what `run` does for the third time, without the engine, is what it does for the first.
import { expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { READY_AT } from "#ffi/front/ready-layout.ts";
import { BOX_CASES, type BoxCase, furnish, outside, placed } from "#test/support/box-cases.ts";
import { childrenOf, isAlive } from "#test/support/box.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { compileC, NSBOX, type RunOptions, type RunResult, tempDir, waitFor } from "#test/support/nsbox.ts";
import { openReadyBoxes, type ReadyBoxes } from "#test/support/ready-boxes.ts";

const isRoot = process.getuid?.() === 0;

/** What keeps a box from being made ready, see may-be-ready.ts; or ends before it could be. */
const NEVER_READY: readonly string[] = [
  ...["--overlay", "--overlay-dir", "--user-map", "--uid-map", "--keep-id", "--nested", "--no-init", "--no-namespaces"],
  ...["--allow-new-privs", "--env-file", "--config", "--pass-fd", "--no-protect", "--interactive", "--user"],
  ...(isRoot ? ["--root DIR/rootfs"] : []),
];

function canBeReady({ flags, command }: BoxCase, exitCode: number): boolean {
  if ([125, 126, 127].includes(exitCode) && command !== undefined) return false;
  if (flags.includes("/no/such") || flags.includes("host")) return false;
  const text = flags.join(" ");
  return !NEVER_READY.some((flag) => ` ${text} `.includes(` ${flag} `));
}

/** Until it is ready: twice. */
async function makeReady(boxes: ReadyBoxes, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  await boxes.run(args, options);
  return boxes.run(args, options);
}

describeWith(["userns"], "a box that is ready", () => {
  for (const one of BOX_CASES) {
    const { flags, script, command, needs = [], stdin } = one;
    testWith(needs, `does as for the first time: ${flags.join(" ")} -- ${command?.join(" ") ?? script}`, async () => {
      using boxes = openReadyBoxes();
      using dir = tempDir();
      const words = [...flags, "--", ...(command ?? ["sh", "-c", script ?? ""])].map((word) => placed(word, dir.path));
      const options: RunOptions = { cwd: dir.path, ...(stdin === undefined ? {} : { stdin }) };
      const fifth = flags.includes("--pass-fd") ? ["sh", "-c", `exec "$@" 5<"$0"`, dir.join("data")] : [];
      const seen: unknown[] = [];
      const files: unknown[] = [];
      let exitCode = 0;
      for (let time = 1; time <= 4; time++) {
        // What one has written is as before for the next; folders stay, as ready boxes know them.
        furnish(dir.path);
        const result = await boxes.run(words, options, fifth);
        ({ exitCode } = result);
        const { stdout, stderr } = result;
        const left = readdirSync(dir.path).sort();
        seen.push({ stdout: outside(stdout, dir.path), stderr: outside(stderr, dir.path), exitCode, left });
        files.push(boxes.look());
      }
      for (const later of seen.slice(1)) expect(later).toEqual(seen[0]);
      // Made by the second, left as it is by the others: they took it up.
      expect(Object.keys(files[1] as object).length).toBe(canBeReady(one, exitCode) ? 1 : 0);
      expect(files.slice(2)).toEqual([files[1], files[1]]);
    });
  }
});

/** Runs it again: what it said, and whether the ready box was taken up rather than made anew by the engine. */
async function again(
  boxes: ReadyBoxes,
  args: readonly string[],
  options: RunOptions = {},
  before: readonly string[] = [],
): Promise<RunResult & { readonly taken: boolean }> {
  const [known] = Object.values(boxes.look());
  const result = await boxes.run(args, options, before);
  return { ...result, taken: known !== undefined && Object.values(boxes.look()).includes(known) };
}

/** The only one there is. */
function theFile(boxes: ReadyBoxes): string {
  const [name = "none", ...others] = Object.keys(boxes.look());
  expect(others).toEqual([]);
  return `${boxes.folder}/${name}`;
}

describeWith(["userns"], "what a ready box is for", () => {
  test("control: it is what runs, without the engine", async () => {
    using boxes = openReadyBoxes();
    using other = compileC(`#include <unistd.h>
      int main(void) { return write(1, "another\\n", 8) == 8 ? 42 : 1; }`);
    await makeReady(boxes, ["--", "sh", "-c", "echo box"]);
    const file = theFile(boxes);
    const bytes = readFileSync(file);
    const image = bytes.indexOf("\x7fELF");
    const program = readFileSync(other.path);
    // In place: the same file, whose tape writes as many bytes as before into what it executes.
    expect(program.length).toBeGreaterThan(0);
    const small = bytes.subarray(0, image);
    word(image + program.length).copy(small, READY_AT.bytes);
    writeFileSync(file, Buffer.concat([small, program]));
    patchLength(file, image, bytes.length - image, program.length);
    expect(await again(boxes, ["--", "sh", "-c", "echo box"])).toMatchObject({ stdout: "another\n", exitCode: 42 });
  });

  test("words behind the command's first, and variables that pass, are those of who starts it", async () => {
    using boxes = openReadyBoxes();
    const args = ["-e", "SECRET", "--", "sh", "-c", 'echo "$SECRET $TERM $0 $*"'];
    await makeReady(boxes, args);
    const seen = await again(boxes, [...args, "a", "b c", ""], { env: { SECRET: "new", TERM: "other" } });
    expect(seen).toMatchObject({ stdout: "new other a b c \n", stderr: "", exitCode: 0, taken: true });
    const file = readFileSync(theFile(boxes), "latin1");
    expect(file).not.toContain("hunter2");
    expect(file).toContain("SECRET");
  });

  test("is taken up where the first word is the command", async () => {
    using boxes = openReadyBoxes();
    await makeReady(boxes, ["echo", "--", "a"]);
    expect(await again(boxes, ["echo", "--", "b"])).toMatchObject({ stdout: "-- b\n", exitCode: 0, taken: true });
  });

  test("is the engine's where a variable is there twice: it takes the last", async () => {
    using boxes = openReadyBoxes();
    using twice = compileC(`#include <stdlib.h>
      #include <unistd.h>
      extern char **environ;
      int main(int argc, char **argv) {
        int n = 0;
        while (environ[n]) n++;
        char **env = calloc(n + 2, sizeof *env);
        for (int i = 0; i < n; i++) env[i] = environ[i];
        env[n] = "PATH=/none:/usr/bin:/bin";
        execve(argv[1], argv + 1, env);
        return 1;
      }`);
    const args = ["--", "sh", "-c", "echo $PATH"];
    const { stdout } = await makeReady(boxes, args);
    expect(await again(boxes, args)).toMatchObject({ stdout, taken: true });
    expect(await again(boxes, args, {}, [twice.path])).toMatchObject({ stdout: "/none:/usr/bin:/bin\n", exitCode: 0 });
    expect(await again(boxes, args)).toMatchObject({ stdout, taken: true });
  });

  test.each<[what: string, words: readonly string[], RunOptions]>([
    ["other flags", ["--hostname", "b"], {}],
    ["another folder", ["--hostname", "a"], { cwd: "/usr" }],
    ["another PATH", ["--hostname", "a"], { env: { PATH: "/bin:/usr/bin" } }],
    ["another home", ["--hostname", "a"], { env: { HOME: "/var" } }],
    ["a wish to see how long what takes", ["--hostname", "a"], { env: { NSBOX_TRACE: "1" } }],
    ["a wish to have none", ["--hostname", "a"], { env: { NSBOX_READY: "0" } }],
  ])("is not taken up with %s", async (_what, flags, options) => {
    using boxes = openReadyBoxes();
    const script = ["--", "sh", "-c", "hostname; pwd; echo $PATH $HOME"];
    await makeReady(boxes, ["--hostname", "a", ...script], { cwd: "/" });
    rmSync(theFile(boxes));
    await makeReady(boxes, ["--hostname", "a", ...script], { cwd: "/" });
    const mark = theFile(boxes);
    spoil(mark);
    const seen = await again(boxes, [...flags, ...script], { cwd: "/", ...options });
    const wanted = await boxes.run([...flags, ...script], {
      cwd: "/",
      ...options,
      env: { ...options.env, NSBOX_READY: "0" },
    });
    expect(seen.stdout).toBe(wanted.stdout);
    expect(seen.exitCode).toBe(0);
  });
});

/** The tape's number of bytes to write, and to expect written; what is executed, from `end` on, may hold the same number. */
function patchLength(file: string, end: number, from: number, to: number): void {
  const bytes = readFileSync(file);
  const tape = bytes.subarray(0, end);
  let found = 0;
  for (let at = tape.indexOf(word(from)); at >= 0; at = tape.indexOf(word(from), at + 8), found++)
    word(to).copy(tape, at);
  expect(found).toBe(2);
  writeFileSync(file, bytes);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** Whoever executes what is in there now ends at once, with 1. */
function spoil(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0x90, bytes.indexOf("\x7fELF") + 0x120, bytes.indexOf("\x7fELF") + 0x140);
  writeFileSync(file, bytes);
}

describeWith(["userns"], "a ready box whose machine has changed", () => {
  test("makes room for the engine where a repository has come: its hooks are protected", async () => {
    using boxes = openReadyBoxes();
    using dir = tempDir();
    const args = ["--rw", ".", "--", "sh", "-c", "touch .git/hooks/x 2>&1; ls -A"];
    const first = await makeReady(boxes, args, { cwd: dir.path });
    expect(first.stdout).toContain("cannot touch '.git/hooks/x': No such file");
    expect(readdirSync(dir.path)).toEqual([]);
    expect(await again(boxes, args, { cwd: dir.path })).toMatchObject({ stdout: first.stdout, taken: true });
    mkdirSync(dir.join(".git/hooks"), { recursive: true });
    writeFileSync(dir.join(".git/hooks/pre-commit"), "mine\n");
    const later = await again(boxes, args, { cwd: dir.path });
    expect(later.taken).toBe(false);
    expect(later.stdout).toContain("cannot touch '.git/hooks/x': Read-only file system");
    expect(readdirSync(dir.join(".git/hooks"))).toEqual(["pre-commit"]);
  });

  test("and where the OOM killer was told something else", async () => {
    using boxes = openReadyBoxes();
    const args = ["--", "cat", "/proc/self/oom_score_adj"];
    const { stdout: first } = await makeReady(boxes, args);
    expect(await again(boxes, args)).toMatchObject({ stdout: first, taken: true });
    // A box goes 100 before its caller, whatever that has.
    const { stdout, taken } = await again(boxes, args, {}, ["choom", "-n", "777", "--"]);
    expect({ stdout, taken }).toEqual({ stdout: "877\n", taken: false });
  });

  test("and where files may not be of any size: a write behind the limit would end it", async () => {
    using boxes = openReadyBoxes();
    const args = ["--", "sh", "-c", "ulimit -f"];
    await makeReady(boxes, args);
    expect(await again(boxes, args)).toMatchObject({ stdout: "unlimited\n", taken: true });
    for (const blocks of [0, 8, 128, 100_000]) {
      const way = ["sh", "-c", `ulimit -f ${blocks} && exec "$@"`, "sh"];
      const limited = await again(boxes, args, {}, way);
      expect(limited).toEqual({
        ...(await boxes.run(args, { env: { NSBOX_READY: "0" } }, way)),
        taken: true, // not made anew: with a limit none is made
      });
    }
  });

  test("and where a stream is a folder, is closed, or was opened in another way", async () => {
    using boxes = openReadyBoxes();
    const args = ["--", "sh", "-c", "readlink /proc/self/fd/0"];
    const way = (how: string): readonly string[] => ["sh", "-c", `exec "$@" ${how}`, "sh"];
    await makeReady(boxes, args);
    expect(await again(boxes, args)).toMatchObject({ stdout: "/dev/null\n", taken: true });
    const folder = await again(boxes, args, {}, way("</"));
    expect(folder.exitCode).toBe(125);
    expect(folder.stderr).toContain("folder");
    const closed = await again(boxes, args, {}, way("<&-"));
    expect({ ...closed, taken: false }).toEqual({
      ...(await boxes.run(args, { env: { NSBOX_READY: "0" } }, way("<&-"))),
      taken: false,
    });
    expect(await again(boxes, args, {}, way("</dev/null"))).toMatchObject({ stdout: "/dev/null\n", taken: false });
  });

  test("and where the command is gone that is said as ever, and no other is made for a while", async () => {
    using boxes = openReadyBoxes();
    using dir = tempDir();
    writeFileSync(dir.join("tool"), "#!/bin/sh\necho tool\n", { mode: 0o755 });
    const args = ["--ro", ".", "--", "./tool"];
    expect((await makeReady(boxes, args, { cwd: dir.path })).stdout).toBe("tool\n");
    theFile(boxes);
    rmSync(dir.join("tool"));
    const once = await again(boxes, args, { cwd: dir.path });
    expect(once.exitCode).toBe(127);
    expect(readFileSync(theFile(boxes)).length).toBe(0);
    const engine = await boxes.run(args, { cwd: dir.path, env: { NSBOX_READY: "0" } });
    expect({ ...engine, taken: false }).toEqual({ ...once, taken: false });
    writeFileSync(dir.join("tool"), "#!/bin/sh\necho new\n", { mode: 0o755 });
    await makeReady(boxes, args, { cwd: dir.path });
    expect(readFileSync(theFile(boxes)).length).toBe(0);
    const long = Date.now() / 1000 - 3600;
    utimesSync(theFile(boxes), long, long);
    await makeReady(boxes, args, { cwd: dir.path });
    expect(await again(boxes, args, { cwd: dir.path })).toMatchObject({ stdout: "new\n", taken: true });
    expect(readFileSync(theFile(boxes)).length).toBeGreaterThan(0);
  });

  test.each<[what: string, change: (file: string) => void]>([
    ["that others may read", (file) => chmodSync(file, 0o644)],
    ["of another build", (file) => writeFileSync(file, Buffer.concat([word(1), readFileSync(file).subarray(8)]))],
    ["for other words with the same sum", (file) => writeFileSync(file, withOtherWord(readFileSync(file)))],
    [
      "that is a link",
      (file) => {
        writeFileSync(`${file}.x`, readFileSync(file), { mode: 0o600 });
        rmSync(file);
        symlinkSync(`${file}.x`, file);
      },
    ],
    ["that is empty", (file) => writeFileSync(file, "")],
    ["that was not written to its end", (file) => writeFileSync(file, readFileSync(file).subarray(0, -1))],
    ["of which but a page was written", (file) => writeFileSync(file, readFileSync(file).subarray(0, 4096))],
  ])("or a file %s is not taken up", async (_what, change) => {
    using boxes = openReadyBoxes();
    const args = ["--hostname", "told", "--", "sh", "-c", "hostname"];
    await makeReady(boxes, args);
    const file = theFile(boxes);
    spoil(file);
    change(file);
    expect(await boxes.run(args)).toMatchObject({ stdout: "told\n", exitCode: 0 });
    rmSync(`${file}.x`, { force: true });
  });

  testWith(["root"], "or one of somebody else's", async () => {
    using boxes = openReadyBoxes();
    const args = ["--hostname", "told", "--", "sh", "-c", "hostname"];
    await makeReady(boxes, args);
    spoil(theFile(boxes));
    Bun.spawnSync(["chown", "54321", theFile(boxes)]);
    expect(await boxes.run(args)).toMatchObject({ stdout: "told\n", exitCode: 0 });
  });
});

/** One letter of what it was made for. */
function withOtherWord(bytes: Buffer): Buffer {
  const at = bytes.indexOf("told\0");
  expect(at).toBeGreaterThan(0);
  bytes.write("told".replace("t", "c"), at, "latin1");
  return bytes;
}

describeWith(["userns"], "a ready box while it runs", () => {
  const loop = "trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.02; done";

  async function started(boxes: ReadyBoxes) {
    const args = ["--", "sh", "-c"];
    await makeReady(boxes, [...args, "true"]);
    const child = Bun.spawn([NSBOX, "run", ...args, loop], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: boxes.env,
    });
    const reader = child.stdout.getReader();
    const line = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value).trim();
    expect(await line()).toBe("ready");
    return { child, line };
  }

  test("forwards signals, and ends with the command's code", async () => {
    using boxes = openReadyBoxes();
    const { child, line } = await started(boxes);
    child.kill("SIGTERM");
    expect(await line()).toBe("got");
    expect(await child.exited).toBe(9);
  });

  test("ends with its launcher, which is called as ever", async () => {
    using boxes = openReadyBoxes();
    const { child } = await started(boxes);
    expect(readFileSync(`/proc/${child.pid}/cmdline`, "utf8")).toBe(
      `${[NSBOX, "run", "--", "sh", "-c", loop].join("\0")}\0`,
    );
    const [init = 0] = childrenOf(child.pid);
    expect(isAlive(init)).toBe(true);
    child.kill("SIGKILL");
    await child.exited;
    await waitFor(() => !isAlive(init), "the end of the box");
  });

  test("leaves no more files than are kept, however many there are", async () => {
    using boxes = openReadyBoxes();
    for (let n = 0; n < 40; n++) await makeReady(boxes, ["--hostname", `h${n}`, "--", "true"]);
    const names = readdirSync(boxes.folder).filter((name) => name !== "seen");
    expect(names.length).toBeWithin(32, 34); // another test's may have come
    expect(await again(boxes, ["--hostname", "h39", "--", "true"])).toMatchObject({ exitCode: 0, taken: true });
  });
});
