// Fooling nsbox itself: lines 31, 32, 36 and 41 of docs/security.md.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { describeWith, testWith } from "#test/support/needs.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { onTerminalWith } from "#test/support/on-terminal.ts";
import { NSBOX, nsbox, runCommand, tempDir } from "#test/support/nsbox.ts";

describeWith(["userns"], "nsbox, 31: a hostile folder", () => {
  test("gets none of its code run, and sets no variable", async () => {
    using dir = tempDir();
    const plant = `require("node:fs").writeFileSync(${JSON.stringify(dir.join("ran"))}, "x");`;
    writeFileSync(dir.join("evil.js"), plant);
    writeFileSync(
      dir.join("bunfig.toml"),
      'preload = ["./evil.js"]\n[run]\nbun = true\n[test]\npreload = ["./evil.js"]\n',
    );
    writeFileSync(dir.join(".env"), "NSBOX_DEBUG=1\nPATH=/nowhere\nBUN_OPTIONS=--preload ./evil.js\n");
    writeFileSync(
      dir.join("package.json"),
      '{"name":"x","type":"module","imports":{"#src/*":"./evil.js"},"main":"./evil.js"}',
    );
    writeFileSync(dir.join("tsconfig.json"), '{"compilerOptions":{"paths":{"*":["./evil.js"]}}}');
    mkdirSync(dir.join("node_modules/citty"), { recursive: true });
    writeFileSync(dir.join("node_modules/citty/index.js"), plant);
    for (const args of [
      ["run", "--", "true"],
      ["--help"],
      ["inspect", "1"],
      ["run", "--config", "none.toml", "--", "true"],
    ]) {
      const { stderr } = await nsbox(args, { cwd: dir.path });
      expect(stderr).not.toContain("    at ");
    }
    expect((await nsbox(["run", "--", "true"], { cwd: dir.path })).exitCode).toBe(0);
    expect(existsSync(dir.join("ran"))).toBe(false);
  });

  test("would get it run by a program built without nsbox's options: the attack is a real one", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("evil.js"), `require("node:fs").writeFileSync(${JSON.stringify(dir.join("ran"))}, "x");`);
    writeFileSync(dir.join("bunfig.toml"), 'preload = ["./evil.js"]\n');
    writeFileSync(dir.join("main.js"), "");
    await runCommand([process.execPath, "main.js"], { cwd: dir.path });
    expect(existsSync(dir.join("ran"))).toBe(true);
  });
});

describeWith(["userns"], "nsbox, 32: escape sequences", () => {
  test("in what others chose are shown, not sent to the terminal", async () => {
    const { stderr } = await nsbox(["run", "--workdir", "/\x1b]0;gone\x07", "--", "true"]);
    expect(stderr).not.toContain("\x1b");
    const { stderr: flag } = await nsbox(["run", "--\x1b[31mred", "--", "true"]);
    expect(flag).not.toContain("\x1b");
  });
});

describeWith(["userns"], "nsbox, 32: escape sequences in what a box has printed", () => {
  test("are shown on a terminal, and are as they were in a pipe", async () => {
    await using boxes = openBoxState();
    await boxes.start("loud", "printf 'a\\033]0;gone\\007b\\033[31mred\\n'");
    await boxes.nsbox(["wait", "loud"]);
    expect((await boxes.nsbox(["logs", "loud"])).stdout).toBe("a\x1b]0;gone\x07b\x1b[31mred\n");
    for (const flags of [[], ["--timestamps"], ["-f"]]) {
      using session = onTerminalWith(boxes.env, ["logs", ...flags, "loud"]);
      const screen = await session.until("red");
      expect(screen).toContain("a\\x1b]0;gone\\x07b\x1b[31mred");
      await session.exited;
    }
  });
});

describeWith(["userns", "unprivileged"], "nsbox, 36: ids of others", () => {
  test.each([
    ["root's", ["--uid-map", "0:0:1"]],
    ["another user's", ["--uid-map", "0:1:1"]],
    ["a range beyond the own", ["--uid-map", "0:0:4294967295"]],
  ])("%s can't be mapped", async (_, flags) => {
    const { stderr, exitCode } = await nsbox(["run", ...flags, "--", "id"]);
    expect(exitCode).toBe(125);
    expect(stderr).toContain("Cannot map a range of ids");
  });

  test("setgroups is denied before the group is mapped (CVE-2018-7169)", async () => {
    const { stdout } = await runCommand([NSBOX, "run", "--", "cat", "/proc/self/setgroups"]);
    expect(stdout).toBe("deny\n");
  });
});

describeWith(["userns"], "nsbox, 41: what nsbox keeps and believes later, in a folder that --rw shows", () => {
  const HARM = [
    'touch "$0/ready/made"; mkdir "$0"; mkdir -p "$0/ready"; echo x | tee "$0/ready/made"',
    'mv "$0" "$0.away"; rm -rf "$0"; rmdir "$0"; mkdir "$0.new" && mv "$0.new" "$0"',
    'ln -s /tmp "$0/link"; ln -sfn /tmp "$0"; chmod 777 "$0"; mv "${0%/*}" "${0%/*}.away"; umount "$0"; mount -o remount,rw "$0"',
  ].join("; ");

  /** A folder for nsbox's state, and the one around it that the box may write to. */
  function openPlace(): { around: string; state: string; env: Record<string, string> } & Disposable {
    const dir = tempDir();
    mkdirSync(dir.join("run"), { mode: 0o700 });
    // Root's own is /run/nsbox whatever variables say; but for this one.
    const state = dir.join("run/nsbox");
    const env = { PATH: process.env["PATH"] ?? "", XDG_RUNTIME_DIR: dir.join("run"), NSBOX_STATE_DIR: state };
    return { around: dir.path, state, env, [Symbol.dispose]: () => dir[Symbol.dispose]() };
  }

  test.each([["there", true] as const, ["not there yet", false] as const])(
    "can't be written, renamed or replaced where it is %s",
    async (_what, there) => {
      using place = openPlace();
      if (there) mkdirSync(`${place.state}/ready`, { recursive: true, mode: 0o700 });
      const args = [
        "run",
        "--rw",
        place.around,
        "--",
        "sh",
        "-c",
        `${HARM}; touch "${place.around}/mine"`,
        place.state,
      ];
      const { exitCode } = await nsbox(args, { env: place.env });
      expect(exitCode).toBe(0);
      expect(existsSync(`${place.around}/mine`)).toBe(true);
      expect(existsSync(place.state)).toBe(there);
      if (there) expect(readdirSync(`${place.state}/ready`)).toEqual([]);
      expect(readdirSync(`${place.around}/run`).filter((name) => name !== "nsbox.new")).toEqual(there ? ["nsbox"] : []);
    },
  );

  test("control: with --no-protect it can", async () => {
    using place = openPlace();
    const args = ["run", "--no-protect", "--rw", place.around, "--", "mkdir", "-p", `${place.state}/ready`];
    expect((await nsbox(args, { env: place.env })).exitCode).toBe(0);
    expect(existsSync(`${place.state}/ready`)).toBe(true);
  });

  testWith(["root"], "and root's own neither, where /run is shown", async () => {
    const script = "mkdir -p /run/nsbox/ready; touch /run/nsbox/ready/made";
    const { stderr } = await nsbox(["run", "--rw", "/run", "--", "sh", "-c", script]);
    expect(stderr).toContain("Read-only file system");
    expect(existsSync("/run/nsbox/ready/made")).toBe(false);
  });
});
