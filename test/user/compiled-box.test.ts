// A compiled box by itself: who starts it, from where, what it passes on, how it ends, and what it says of a failure.
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { BoxNote } from "#ffi/runner/box-elf.ts";
import type { PlacedRecords } from "#ffi/runner/tapes.ts";
import { WORD } from "#ffi/tape/format.ts";
import { childrenOf, isAlive } from "#test/support/box.ts";
import { compiledBox } from "#test/support/compiled.ts";
import { CompiledTapes } from "#test/support/compiled-tapes.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { NSBOX, runCommand, tempDir, waitFor } from "#test/support/nsbox.ts";

function startBox(path: string, env: Readonly<Record<string, string>> = {}) {
  return Bun.spawn([path], { stdin: "ignore", stdout: "pipe", stderr: "pipe", env: { ...process.env, ...env } });
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return new TextDecoder().decode(value).trim();
}

describeWith(["userns"], "what a compiled box passes on", () => {
  test("its own arguments follow the command's, many and odd ones too", async () => {
    using box = await compiledBox(["--", "sh", "-c", 'printf "%s|" "$@"', "sh", "first"]);
    const own = ["", "a b", "ä\n", "-x", ...Array.from({ length: 3000 }, (_, n) => `word ${n}`)];
    expect((await box.run(own)).stdout).toBe(["first", ...own].map((word) => `${word}|`).join(""));
  });

  test("the environment of who starts it, filtered as run filters it", async () => {
    using box = await compiledBox(["-e", "SET=here", "-e", "PASSED", "--", "env"], {
      env: { ...ENV, TERM: "compiler" },
    });
    const env = { TERM: "starter", PASSED: "yes", SECRET: "no", SET: "outside", LC_X: "1", PATHOLOGY: "no" };
    const { stdout } = await box.run([], { env });
    const names = ["LC_X=1", "PASSED=yes", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
    expect(stdout.trim().split("\n").sort()).toEqual([...names, "SET=here", "TERM=starter"]);
  });

  test("the whole environment with --env-all, in its order", async () => {
    using box = await compiledBox(["--env-all", "-e", "B=mine", "--", "env"]);
    const { stdout } = await box.run([], { env: { A: "1", B: "2", C: "3", PATH: "/bin" } });
    expect(
      stdout
        .trim()
        .split("\n")
        .filter((line) => line !== "B=mine"),
    ).toEqual(["A=1", "C=3", "PATH=/bin"]);
    expect(stdout).toContain("B=mine\n");
  });

  test("no descriptor that it was not told to", async () => {
    using box = await compiledBox(["--", "sh", "-c", "ls /proc/self/fd"]);
    const { stdout } = await runCommand(["sh", "-c", `exec "$0" 7</etc/passwd 9</etc/passwd`, box.path]);
    expect(stdout.trim().split("\n")).toEqual(["0", "1", "2", "3"]);
  });

  test("standard streams, of which closed ones are /dev/null", async () => {
    using box = await compiledBox(["--", "sh", "-c", "readlink /proc/self/fd/0; echo end"]);
    expect((await runCommand(["sh", "-c", `exec "$0" <&-`, box.path])).stdout).toBe("/dev/null\nend\n");
  });

  test("the caller's signal mask", async () => {
    using box = await compiledBox(["--", "grep", "SigBlk", "/proc/self/status"]);
    expect((await box.run()).stdout).toBe("SigBlk:\t0000000000000000\n");
  });

  test("works where few files may be open", async () => {
    using box = await compiledBox(["--", "echo", "open"]);
    expect((await runCommand(["sh", "-c", `ulimit -n 160; exec "$0"`, box.path])).stdout).toBe("open\n");
  });
});

describeWith(["userns"], "how a compiled box ends", () => {
  test.each(["TERM", "INT", "HUP", "USR1"])("forwards SIG%s", async (name) => {
    using box = await compiledBox([
      "--",
      ...["sh", "-c", `trap 'echo got; exit 9' ${name}; echo ready; while :; do sleep 0.02; done`],
    ]);
    const child = startBox(box.path);
    expect(await firstLine(child.stdout)).toBe("ready");
    child.kill(`SIG${name}` as NodeJS.Signals); // the table names only real ones
    expect(await firstLine(child.stdout)).toBe("got");
    expect(await child.exited).toBe(9);
  });

  test.each([[[]], [["--no-init"]]])("takes the box with it when it is killed: %j", async (flags) => {
    using box = await compiledBox([...flags, "--", "sh", "-c", "echo ready; exec sleep 60"]);
    const child = startBox(box.path);
    expect(await firstLine(child.stdout)).toBe("ready");
    const [init = 0] = childrenOf(child.pid);
    child.kill("SIGKILL");
    await child.exited;
    await waitFor(() => !isAlive(init), "the end of the box");
  });

  testWith(["strace"], "takes the box with it also while the box's network is being made", async () => {
    using box = await compiledBox(["--", "sleep", "1002"]);
    // Box and helper come to their first call late, the helper to its work later still: it has all that is open until then.
    const late = ["-e", "inject=prctl:delay_enter=400000:when=1", "-e", "inject=setns:delay_enter=1500000:when=1"];
    const strace = Bun.spawn(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=prctl,setns", ...late, box.path], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    try {
      // strace begins with children of its own.
      const [launcher, ...both] = await waitFor(() => {
        const [pid = 0] = childrenOf(strace.pid);
        const children = childrenOf(pid);
        return children.length === 2 ? [pid, ...children] : undefined;
      }, "the launcher, the box and the helper");
      process.kill(launcher ?? 0, "SIGKILL");
      await waitFor(() => both.every((pid) => !isAlive(pid)), "the end of both", 15_000);
    } finally {
      strace.kill("SIGKILL");
      await strace.exited;
    }
  });

  test("ends with its parent where --die-with-parent says so", async () => {
    using box = await compiledBox(["--die-with-parent", "--", "sh", "-c", "echo ready; exec sleep 60"]);
    const parent = Bun.spawn(["sh", "-c", `"$0" & echo $!; wait`, box.path], { stdout: "pipe" });
    const lines = await waitForText(parent.stdout, "ready");
    const launcher = Number(/^\d+$/m.exec(lines)?.[0]);
    expect(isAlive(launcher)).toBe(true);
    parent.kill("SIGKILL");
    await waitFor(() => !isAlive(launcher), "the end of the launcher");
  });

  test("is a few pages while it waits", async () => {
    using box = await compiledBox(["--", "sh", "-c", "echo ready; exec sleep 60"]);
    const child = startBox(box.path);
    expect(await firstLine(child.stdout)).toBe("ready");
    const [init = 0] = childrenOf(child.pid);
    // What each box has to itself; the file's own pages are shared by all boxes of it. KERNEL: status has estimates.
    const anonymous = (pid: number): number =>
      Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
    await waitFor(() => anonymous(child.pid) + anonymous(init) <= 32, "32 kB at most to be left");
    child.kill("SIGKILL");
    await child.exited;
  });
});

async function waitForText(stream: ReadableStream<Uint8Array>, word: string): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes(word)) return text;
  }
  throw new Error(`Cannot find "${word}" in ${JSON.stringify(text)}`);
}

const ENV: Readonly<Record<string, string>> = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" };

/** Root has all ids in a box, another only the one that it keeps. */
const KEEP_ID: readonly string[] = process.getuid?.() === 0 ? [] : ["--keep-id"];

describeWith(["userns"], "where a compiled box starts", () => {
  test("in another box, from a read-only file system without setuid bits", async () => {
    using box = await compiledBox(["--proc", "bind", "--net", "host", "--", "sh", "-c", "hostname; id -u"], {
      cwd: "/",
    });
    // The outer box's root is mounted read-only and nosuid, and parts of its /proc are hidden.
    const outer = ["run", "--nested", ...KEEP_ID, "--ro", dirname(box.path), "--"];
    const { stdout, stderr } = await runCommand([NSBOX, ...outer, box.path], { cwd: "/" });
    expect({ stdout, stderr }).toEqual({ stdout: "nsbox\n0\n", stderr: "" });
  });

  test("where nothing is but itself, without /proc too, it says what it cannot do", async () => {
    using box = await compiledBox(["--", "true"]);
    const outer = ["run", "--nested", ...KEEP_ID, "--root", dirname(box.path), "--proc", "none", "--dev", "none"];
    const { stderr, exitCode } = await runCommand([NSBOX, ...outer, "--", "/box"]);
    expect(stderr).toMatch(/^nsbox: Cannot (map uid|tell the box's number).*\/proc\/self.* gave ENOENT \(No such file/);
    expect(exitCode).toBe(125);
  });

  testWith(["root"], "by another uid than it was made for it says so", async () => {
    using box = await compiledBox(["--", "true"]);
    const { stderr, exitCode } = await runCommand(["setpriv", "--reuid", "12345", "--clear-groups", box.path]);
    expect(stderr).toStartWith("nsbox: Cannot start the box: it was compiled for uid 0\n  hint  ");
    expect(exitCode).toBe(125);
  });

  testWith(["unprivileged"], "made for another gid it says so", async () => {
    using box = await compiledBox(["--", "true"]);
    const tapes = new CompiledTapes(readFileSync(box.path));
    const { launch } = tapes.note;
    const row = tapes.rows(launch).findIndex(({ name }) => name === "getegid");
    writeFileSync(box.path, tapes.withWord(launch, row, WORD.when1, 123456n));
    expect((await box.run()).stderr).toContain("it was compiled for gid");
  });
});

const NO_SUCH_CALL = 0xffffn;

/** Calls after whose failure the box goes on, or that only report; faccessat finds folders among its streams. */
const GOES_ON = [
  "load",
  "exit_group",
  "close",
  "write",
  "writev",
  "kill",
  "waitid",
  "rt_sigtimedwait",
  "execve",
  "faccessat",
  "personality",
  "sched_yield",
];

/** What --show --json tells of a call. */
interface ShownCall {
  readonly step: string;
  readonly process: string;
}

/** The tapes as --show has them: what the init does before it starts the command lies behind the command's calls. */
function inTurn(
  { launch, init, command }: BoxNote,
  calls: readonly ShownCall[],
): readonly (readonly [tape: PlacedRecords, from: number, to: number])[] {
  const before = calls.slice(launch.count).findIndex(({ step }) => step.startsWith("start the command"));
  const own = command.count - Math.max(before, 0);
  return [
    [launch, 0, launch.count],
    [command, own, command.count],
    [init, 0, init.count],
    [command, 0, own],
  ];
}

describeWith(["userns"], "a compiled box whose kernel refuses one call", () => {
  test.each([
    ["a default box", []],
    ["without an init", ["--no-init"]],
    ["an overlay", ["--overlay"]],
  ])(
    "names the step and the errno, and nothing stays: %s",
    async (_, flags) => {
      using dir = tempDir();
      using box = await compiledBox([...flags, "--", "true"], { cwd: dir.path });
      const tapes = new CompiledTapes(readFileSync(box.path));
      const shown = JSON.parse((await runCommand([NSBOX, "compile", "--show", box.path, "--json"])).stdout);
      const before = childrenOf(process.pid);
      let [broken, shownAt] = [0, 0];
      const received: string[] = [];
      for (const [tape, from, to] of inTurn(tapes.note, shown.calls)) {
        for (const [nth, { name }] of tapes.rows(tape).slice(from, to).entries()) {
          const index = from + nth;
          const { step, process: who } = shown.calls[shownAt++] as ShownCall; // as --show has it
          const isLate = ["wait for the box", "say what has failed"].includes(step) || /^reap orphans/.test(step);
          if (step === "" || isLate || GOES_ON.includes(name) || step.startsWith("start the ")) continue;
          // The second time it waits for what mostly comes before.
          const isAgain = name === "recvmsg" && received.includes(step);
          if (name === "recvmsg") received.push(step);
          if (isAgain) continue;
          writeFileSync(box.path, tapes.withWord(tape, index, WORD.nr, NO_SUCH_CALL));
          const { stderr, exitCode } = await box.run();
          expect({ name, index, who, stderr, exitCode }).toEqual({
            ...{ name, index, who, exitCode: 125 },
            stderr: expect.stringMatching(/^nsbox: Cannot .*ENOSYS \(Function not implemented\)\n/),
          });
          expect(stderr).toStartWith(`nsbox: Cannot ${step}: `);
          broken++;
        }
      }
      expect(broken).toBeGreaterThan(90);
      expect(childrenOf(process.pid)).toEqual(before);
    },
    120_000,
  );

  test("whatever the launcher can't open, it says so", async () => {
    using box = await compiledBox(["--", "true"]);
    const { stderr, exitCode } = await runCommand(["sh", "-c", `ulimit -n 4; exec "$0"`, box.path]);
    expect(stderr).toStartWith("nsbox: Cannot start the box: ");
    expect(stderr).toContain("pipe");
    expect(exitCode).toBe(125);
  });
});
