// Boxes that outlive their launcher: how they start, what is kept of them, and how they end.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { childrenOf, isAlive, namespaceOf } from "#test/support/box.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith } from "#test/support/needs.ts";
import { waitFor } from "#test/support/nsbox.ts";

const FOREVER = "while :; do sleep 1; done";

describeWith(["userns"], "nsbox run -d", () => {
  test("comes back with the box's name while the box lives on, with its init alone", async () => {
    await using boxes = openBoxState();
    const { stdout, exitCode } = await boxes.nsbox(["run", "-d", "--", "sleep", "1000"]);
    expect(stdout).toMatch(/^[a-z]+-[a-z]+\n$/);
    expect(exitCode).toBe(0);
    const box = await boxes.look(stdout.trim());
    expect(box).toMatchObject({ state: "running", exitCode: null, starts: 1 });
    const init = box?.pid ?? 0;
    expect(namespaceOf(init, "pid")).not.toBe(namespaceOf("self", "pid"));
    expect(childrenOf(init)).toHaveLength(1);
    const parent = /PPid:\s+(\d+)/.exec(readFileSync(`/proc/${init}/status`, "utf8"))?.[1] ?? "";
    expect(readFileSync(`/proc/${parent}/status`, "utf8")).not.toContain("Name:\tnsbox");
  });

  test("leaves an init of 16 kB at most, that of a box that is started again too", async () => {
    await using boxes = openBoxState();
    for (const flags of [[], ["--restart", "always"]]) {
      const init = await boxes.start(`a${flags.length}`, "echo up; sleep 1000", flags);
      const rss = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${init}/status`, "utf8"))?.[1]);
      await waitFor(() => rss() <= 16, `an init of 16 kB at most; it has ${rss()}`);
    }
  });

  test("writes both streams to the log in their order, and reads nothing", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "echo one; echo two >&2; cat; echo three");
    expect((await boxes.nsbox(["wait", "a"])).stdout).toBe("0\n");
    expect((await boxes.nsbox(["logs", "a"])).stdout).toBe("one\ntwo\nthree\n");
  });

  test("--log FILE writes to that file, --log none nowhere", async () => {
    await using boxes = openBoxState();
    const path = `${boxes.folder}/elsewhere`;
    await boxes.start("first", "true");
    await boxes.start("a", "echo hello", ["--log", path]);
    await boxes.start("b", "echo hello", ["--log", "none"]);
    await boxes.nsbox(["wait", "a", "b"]);
    expect(readFileSync(path, "utf8")).toBe("hello\n");
    expect((await boxes.nsbox(["logs", "b"])).stderr).toContain(
      'Cannot show the log of "b": it was started with --log none',
    );
  });

  test.each([
    ["exit 0", { exitCode: 0, signal: null }],
    ["exit 7", { exitCode: 7, signal: null }],
    ["kill -TERM $$", { exitCode: 143, signal: "SIGTERM" }],
  ])("writes down how the command ended: %s", async (script, ended) => {
    await using boxes = openBoxState();
    await boxes.start("a", script);
    await boxes.nsbox(["wait", "a"]);
    expect(await boxes.look("a")).toMatchObject({ state: "exited", ...ended });
  });

  test("keeps nothing where the command can't be started, and says why", async () => {
    await using boxes = openBoxState();
    const { stdout, stderr, exitCode } = await boxes.nsbox(["run", "-d", "--name", "a", "--", "no-such-command"]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 127 });
    expect(stderr).toStartWith('nsbox: Cannot run "no-such-command": ENOENT');
    expect(readdirSync(`${boxes.folder}/boxes`)).toEqual([]);
  });

  test("--rm keeps nothing once the box has ended, and wait still knows how", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "read -t 1 x < /dev/zero; sleep 0.3; exit 9", ["--rm"]);
    expect((await boxes.nsbox(["wait", "a"])).stdout).toBe("9\n");
    expect(await boxes.look("a")).toBeUndefined();
    expect(readdirSync(`${boxes.folder}/boxes`)).toEqual([]);
  });

  test("a name is one box's; of one that ended with --rm it is free again", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", FOREVER);
    const again = await boxes.nsbox(["run", "-d", "--name", "a", "--", "true"]);
    expect(again.stderr).toContain('Cannot call the box "a": there is one of this name');
    expect(again.exitCode).toBe(125);
    await boxes.start("b", "true", ["--rm"]);
    await boxes.nsbox(["wait", "b"]);
    await boxes.start("b", "true");
  });

  test("--restart on-failure:N starts the command N times more, in an empty box", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "set -- /proc/[0-9]*; echo $#; sleep 1000 & exit 4", ["--restart", "on-failure:2"]);
    expect((await boxes.nsbox(["wait", "a"])).stdout).toBe("4\n");
    expect(await boxes.look("a")).toMatchObject({ starts: 3 });
    expect(new Set(boxes.log("a").trim().split("\n")).size).toBe(1);
  });

  test("--restart on-failure does not start again what went well; always does, until stop", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "exit 0", ["--restart", "on-failure"]);
    expect((await boxes.nsbox(["wait", "a"])).stdout).toBe("0\n");
    expect(await boxes.look("a")).toMatchObject({ starts: 1 });
    await boxes.start("b", "exit 0", ["--restart", "always"]);
    await waitFor(async () => ((await boxes.look("b"))?.starts ?? 0) >= 2, "a second start");
    await boxes.nsbox(["stop", "b"]);
    expect(await boxes.look("b")).toMatchObject({ state: "exited" });
  });

  test("--restart starts another user's command again, too", async () => {
    await using boxes = openBoxState();
    const flags = ["--restart", "on-failure:1", "--user", "7:7", "--cap-drop", "all"];
    await boxes.start("a", "id -u; exit 1", flags);
    await boxes.nsbox(["wait", "a"]);
    expect(boxes.log("a")).toBe("7\n7\n");
  });

  test("--timeout ends it, and it is not started again", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000", ["--timeout", "200ms", "--restart", "always"]);
    expect((await boxes.nsbox(["wait", "a"])).stdout).toBe("137\n");
  });

  test("the box can't reach its init's files, nor the state folder", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "ls -l /proc/1/fd 2>&1 | grep -c 'Permission denied'; ls /proc/self/fd | wc -l");
    await boxes.nsbox(["wait", "a"]);
    const [denied, own] = boxes.log("a").split("\n").map(Number);
    expect(denied).toBeGreaterThanOrEqual(4);
    expect(own).toBe(4); // 0, 1, 2 and the folder that ls reads
  });

  test.each([
    [["-t", "--log", "none"], "Cannot use -t and --log none with -d"],
    [["--no-init"], "Cannot use --no-init with -d"],
    [["--pid", "host"], "Cannot use --pid with -d"],
  ])("refuses %s", async (flags, message) => {
    await using boxes = openBoxState();
    const { stderr, exitCode } = await boxes.nsbox(["run", "-d", ...flags, "--", "true"]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(125);
  });

  test("what kept files from being made goes once the box has ended", async () => {
    await using boxes = openBoxState();
    await boxes.start("first", "true");
    const work = `${boxes.folder}/work`;
    await boxes.nsbox(["wait", "first"]);
    mkdirSync(`${work}/.git`, { recursive: true });
    await boxes.start("a", FOREVER, ["--rw", `${work}:/tmp/work`]);
    expect(readdirSync(work)).toContain(".envrc");
    await boxes.nsbox(["stop", "--time", "0", "a"]);
    await boxes.look("a");
    expect(readdirSync(work)).toEqual([".git"]);
  });
});

describeWith(["userns"], "a box that lives on", () => {
  test("lives when its state folder is gone, and nobody says that there is a box", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", FOREVER);
    const { stderr } = await boxes.nsbox(["stop", "b"]);
    expect(stderr).toContain("did you mean a?");
    await Bun.spawn(["mv", `${boxes.folder}/boxes/a`, `${boxes.folder}/kept`]).exited;
    expect(await boxes.look("a")).toBeUndefined();
    expect((await boxes.nsbox(["logs", "a"])).stderr).toContain('Cannot find the box "a"');
    expect(isAlive(init)).toBe(true);
    await Bun.spawn(["mv", `${boxes.folder}/kept`, `${boxes.folder}/boxes/a`]).exited;
    expect(await boxes.look("a")).toMatchObject({ state: "running", pid: init });
  });

  test("killed from outside counts as killed", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", FOREVER);
    process.kill(init, "SIGKILL");
    await waitFor(() => !isAlive(init), "the init to end");
    expect(await boxes.look("a")).toMatchObject({ state: "exited", exitCode: 137 });
  });

  test("is not confused with another process that has its PID", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "true");
    await boxes.nsbox(["wait", "a"]);
    const path = `${boxes.folder}/boxes/a/box.json`;
    const record = JSON.parse(readFileSync(path, "utf8"));
    record.process.pid = process.pid;
    await Bun.write(path, JSON.stringify(record));
    expect(await boxes.look("a")).toMatchObject({ state: "exited", pid: null });
    expect((await boxes.nsbox(["kill", "a"])).exitCode).toBe(125);
    expect((await boxes.nsbox(["rm", "-f", "a"])).exitCode).toBe(0);
  });

  test("half a record counts as none, and rm removes it", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "true");
    await boxes.nsbox(["wait", "a"]);
    const path = `${boxes.folder}/boxes/a/box.json`;
    await Bun.write(path, readFileSync(path, "utf8").slice(0, 300));
    expect(await boxes.look("a")).toBeUndefined();
    expect((await boxes.nsbox(["rm", "a"])).exitCode).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});
