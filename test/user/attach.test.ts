// Terminals of boxes that live on: attach and exec -t, as a person at a keyboard sees them.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { isAlive } from "#test/support/box.ts";
import { type BoxState, openBoxState } from "#test/support/box-state.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { waitFor } from "#test/support/nsbox.ts";
import { onTerminalWith, type Session } from "#test/support/on-terminal.ts";

const DETACH = "\x10\x11"; // Ctrl-P Ctrl-Q

function keeperOf(boxes: BoxState, name: string): number {
  return JSON.parse(readFileSync(`${boxes.folder}/boxes/${name}/box.json`, "utf8")).keeper.pid;
}

function attach(boxes: BoxState, name: string, ...flags: readonly string[]): Session {
  return onTerminalWith(boxes.env, ["attach", ...flags, name]);
}

describeWith(["userns"], "nsbox attach", () => {
  test("sits down at a shell, and Ctrl-P Ctrl-Q leaves it alive", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "exec sh -i", ["-t"]);
    {
      using session = attach(boxes, "a");
      session.type("echo $((40+2)); tty\r");
      await session.until("42");
      await session.until("/dev/pts/0");
      session.type(DETACH);
      expect(await session.exited).toBe(0);
      expect(session.screen()).toContain("nsbox: detached; a lives on");
    }
    expect(isAlive(init)).toBe(true);
    using again = attach(boxes, "a");
    // What was there before is seen, and the shell goes on.
    await again.until("42");
    again.type("exit 6\r");
    expect(await again.exited).toBe(6);
    await waitFor(async () => (await boxes.look("a"))?.state === "exited", "the box to end");
  });

  test("the keeper outside takes less than 1 MB, and ends with the box", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "echo up; sleep 1000", ["-t"]);
    await waitFor(() => boxes.log("a").includes("up"), "output");
    const keeper = keeperOf(boxes, "a");
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${keeper}/status`, "utf8"))?.[1]);
    expect(kilobytes).toBeLessThanOrEqual(32);
    process.kill(init, "SIGKILL");
    await waitFor(() => !isAlive(keeper), "the keeper to end");
  });

  test("Ctrl-C reaches the box's command; a resize reaches its terminal", async () => {
    await using boxes = openBoxState();
    const script = "trap 'echo caught' INT; trap 'stty size' WINCH; echo up; while :; do sleep 0.05; done";
    await boxes.start("a", script, ["-t"]);
    using session = attach(boxes, "a");
    await session.until("up");
    session.type("\x03");
    await session.until("caught");
    session.resize(100, 40);
    await session.until("40 100");
  });

  test("two may be attached at once; --detach-keys are others; a killed one does no harm", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "exec sh -i", ["-t"]);
    using one = attach(boxes, "a", "--detach-keys", "ctrl-x");
    using two = attach(boxes, "a");
    one.type("echo $((50+5))\r");
    await Promise.all([one.until("55"), two.until("55")]);
    two[Symbol.dispose]();
    one.type("echo $((60+6))\r");
    await one.until("66");
    one.type("\x18");
    expect(await one.exited).toBe(0);
    expect(await boxes.look("a")).toMatchObject({ state: "running" });
  });

  test("all output comes through, however much there is", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "read -r go; seq 1 20000; echo the end", ["-t"]);
    using session = attach(boxes, "a");
    session.type("go\r");
    await session.until("the end");
    expect(await session.exited).toBe(0);
    expect(boxes.log("a").match(/^\d+\r$/gm)).toHaveLength(20_000);
    expect(session.screen().match(/^\d+\r$/gm)).toHaveLength(20_000);
  });

  test("refuses a box without a terminal, and one that has ended", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000");
    await boxes.start("b", "exit 3", ["-t"]);
    await boxes.nsbox(["wait", "b"]);
    expect((await boxes.nsbox(["attach", "a"])).stderr).toContain('Cannot attach to "a": it has no terminal');
    expect((await boxes.nsbox(["attach", "b"])).stderr).toContain('Cannot attach to "b": it exited with 3');
  });

  test("--restart gives the command its terminal again", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "tty; exit 1", ["-t", "--restart", "on-failure:1"]);
    await boxes.nsbox(["wait", "a"]);
    await waitFor(() => boxes.log("a") === "/dev/pts/0\r\n/dev/pts/0\r\n", "both answers");
  });

  testWith(["busybox"], "an editor draws, takes keys and writes its file", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "read -r go; busybox vi /tmp/notes; cat /tmp/notes; echo the end", [
      "-t",
      "-e",
      "TERM=xterm",
    ]);
    using session = attach(boxes, "a");
    // vi asks a terminal of no size for it, and does not wait long: so somebody is there before it starts.
    session.type("\r");
    await session.until("/tmp/notes");
    session.type("ihello from vi");
    await session.until("I /tmp/notes");
    session.type("\x1b");
    await session.until("- /tmp/notes [Modified]");
    session.type(":wq\r");
    await session.until("the end");
    expect(boxes.log("a")).toMatch(/hello from vi\r\nthe end\r\n$/);
  });
});

describeWith(["userns"], "nsbox exec on a terminal", () => {
  test("has one of the box's, in the caller's size, with job control and Ctrl-C", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000");
    using session = onTerminalWith(boxes.env, ["exec", "-t", "a", "sh", "-i"]);
    session.type("tty; stty size\r");
    await session.until("/dev/pts/0");
    await session.until("24 80");
    session.type("sh -c 'echo $((30+3)); exec sleep 500'\r");
    await session.until("33");
    session.type("\x03");
    await session.until("^C");
    session.type("sh -c 'echo $((70+7)); exec sleep 501'\r");
    await session.until("77");
    session.type("\x1a");
    await session.until("Stopped");
    session.type("kill -9 %1; exit 4\r");
    await session.until("exit 4");
    // A shell warns of stopped jobs once.
    session.type("exit 4\r");
    expect(await session.exited).toBe(4);
  });
});
