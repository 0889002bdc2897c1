// Fooling nsbox by what others name, and where its state lies: lines 33 and 35 of docs/security.md.
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { childrenOf } from "#test/support/box.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { nsbox, runCommand, tempDir } from "#test/support/nsbox.ts";

/** All that reads or writes the state folder; each with a control of a folder of one's own. */
const COMMANDS: readonly (readonly string[])[] = [
  ["run", "-d", "--name", "a", "--", "true"],
  ["ps"],
  ["exec", "a", "true"],
  ["logs", "a"],
  ["rm", "a"],
  ["ns", "pin", "a", "--uts"],
  ["ns", "ls"],
];

describeWith(["userns"], "nsbox, 33: a state folder that is not the caller's own", () => {
  async function refusals(state: string): Promise<readonly string[]> {
    const said: string[] = [];
    for (const args of COMMANDS) {
      const { stderr, exitCode } = await nsbox(args, { env: { ...process.env, NSBOX_STATE_DIR: state } as never });
      if (exitCode === 125 && stderr.startsWith(`nsbox: Cannot use ${JSON.stringify(state)} for nsbox's state: `))
        said.push(args.slice(0, 2).join(" "));
    }
    return said;
  }
  const all = COMMANDS.map((args) => args.slice(0, 2).join(" "));

  test("is refused by every command where it is a link, which another could turn", async () => {
    using dir = tempDir();
    mkdirSync(dir.join("real"), { mode: 0o700 });
    symlinkSync(dir.join("real"), dir.join("link"));
    expect(await refusals(dir.join("link"))).toEqual(all);
    expect(existsSync(dir.join("real/boxes"))).toBe(false);
  });

  test("is refused where others may write to it", async () => {
    using dir = tempDir();
    mkdirSync(dir.join("state"));
    chmodSync(dir.join("state"), 0o777);
    expect(await refusals(dir.join("state"))).toEqual(all);
  });

  test("is refused where it belongs to another user", async () => {
    using dir = tempDir();
    const isRoot = process.getuid?.() === 0;
    if (isRoot) {
      mkdirSync(dir.join("state"), { mode: 0o700 });
      await runCommand(["chown", "12345", dir.join("state")]);
    }
    expect(await refusals(isRoot ? dir.join("state") : "/usr")).toEqual(all);
  });

  test("is used where it is the caller's alone", async () => {
    using dir = tempDir();
    mkdirSync(dir.join("state"), { mode: 0o700 });
    expect(await refusals(dir.join("state"))).toEqual([]);
    const env = { ...process.env, NSBOX_STATE_DIR: dir.join("state") } as never; // NodeJS.ProcessEnv has undefined
    await nsbox(["ns", "rm", "a"], { env });
  });
});

describeWith(["userns"], "nsbox, 33: a name that leads elsewhere", () => {
  test.each([
    [["run", "-d", "--name", "../../x", "--", "true"]],
    [["run", "-d", "--name", "/etc", "--", "true"]],
    [["run", "-d", "--name", "..", "--", "true"]],
    [["run", "-d", "--name", "a/b", "--", "true"]],
    [["exec", "../boxes/a", "true"]],
    [["logs", "../../../etc/passwd"]],
    [["rm", "../boxes"]],
    [["rename", "a", "../x"]],
    [["cp", "../a:/etc/passwd", "."]],
    [["ns", "pin", "../x", "--uts"]],
    [["ns", "rm", "../../boxes"]],
    [["net", "create", "../x"]],
    [["net", "rm", "../x"]],
    [["run", "--net", "bridge:../x", "--", "true"]],
  ])("is no name: %j", async (args) => {
    using dir = tempDir();
    const state = dir.join("state");
    mkdirSync(state, { mode: 0o700 });
    mkdirSync(dir.join("x"));
    const env = { ...process.env, NSBOX_STATE_DIR: state } as never; // NodeJS.ProcessEnv has undefined
    const { stderr, exitCode } = await nsbox(args, { env, cwd: dir.path });
    expect(stderr).toMatch(/^nsbox: Cannot /);
    expect([1, 125]).toContain(exitCode);
    expect([existsSync(dir.join("x")), existsSync(state)]).toEqual([true, true]);
  });
});

/** A process with a name that looks like more fields of /proc/PID/stat and lines of /proc/PID/status. */
const RENAMED = `
import ctypes, sys, time
ctypes.CDLL(None).prctl(15, b'x) R 1 1\\nUid:\\t0', 0, 0, 0)
print('ready', flush=True)
time.sleep(30)
`;

describeWith(["python3"], "nsbox, 35: a process that names itself after fields of /proc", () => {
  test("is shown with that name, and its own uid, parent and start", async () => {
    const child = Bun.spawn(["python3", "-c", RENAMED, "a\nb", "\u001b[2J"], { stdout: "pipe" });
    try {
      await child.stdout.getReader().read();
      const { stdout } = await nsbox(["inspect", String(child.pid), "--json"]);
      const text = JSON.stringify(JSON.parse(stdout).identity);
      expect(text).toContain(JSON.stringify("x) R 1 1\nUid:\t").slice(1, -1));
      const plain = await nsbox(["inspect", String(child.pid)]);
      expect(plain.stdout).not.toContain("\u001b");
      expect(plain.stdout).not.toMatch(/^Uid:/m);
      const { stdout: list } = await nsbox(["ls", "--json"]);
      expect(() => JSON.parse(list)).not.toThrow();
      expect((await nsbox(["ls"])).stdout).not.toContain("\u001b");
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });
});

describeWith(["userns"], "nsbox, 35: mounts on places that look like more fields of mountinfo", () => {
  test("are shown where they are", async () => {
    using dir = tempDir();
    const name = "a b\tc\nd\\040e 1 2 0:1 rw - tmpfs fake rw";
    mkdirSync(dir.join(name));
    const script = `mount -t tmpfs none "$1" && echo ready && sleep 30`;
    const child = Bun.spawn(["unshare", "-Urm", "sh", "-c", script, "sh", dir.join(name)], { stdout: "pipe" });
    try {
      await child.stdout.getReader().read();
      const { stdout } = await nsbox(["inspect", String(child.pid), "--json"]);
      const points = JSON.stringify(JSON.parse(stdout).mounts);
      expect(points).toContain(JSON.stringify(dir.join(name)));
      expect(points).not.toContain('"fake"');
      const plain = await nsbox(["inspect", String(child.pid)]);
      expect(plain.stdout).not.toMatch(/^\s*d\\040e/m);
    } finally {
      for (const pid of childrenOf(child.pid)) process.kill(pid, "SIGKILL");
      child.kill("SIGKILL");
      await child.exited;
    }
  });

  testWith(["python3"], "don't confuse a box that starts above them", async () => {
    using dir = tempDir();
    const name = "a b\tc\nd";
    mkdirSync(dir.join(name));
    const { stdout, exitCode } = await nsbox([
      "run",
      "--ro",
      `${dir.join(name)}`,
      "--",
      "stat",
      "-c",
      "%F",
      dir.join(name),
    ]);
    expect([stdout, exitCode]).toEqual(["directory\n", 0]);
  });
});
