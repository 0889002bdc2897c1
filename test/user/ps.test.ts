// The commands about boxes that live on: ps, logs, stop, kill, wait, pause, resume, top, rename, rm, prune.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { isAlive } from "#test/support/box.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { NSBOX, runCommand, startNsbox, tempDir, waitFor } from "#test/support/nsbox.ts";

const FOREVER = "while :; do sleep 0.05; done";

describeWith(["userns"], "nsbox ps", () => {
  test("lists running boxes, with -a ended ones, and filters them", async () => {
    await using boxes = openBoxState();
    await boxes.start("web", FOREVER, ["--label", "tier=front"]);
    await boxes.start("job", "exit 3", ["--label", "tier=back"]);
    await boxes.nsbox(["wait", "job"]);
    const names = async (...flags: readonly string[]): Promise<string> =>
      (await boxes.nsbox(["ps", "-q", ...flags])).stdout;
    expect(await names()).toBe("web\n");
    expect(await names("-a")).toBe("job\nweb\n");
    expect(await names("-a", "--filter", "label=tier=back")).toBe("job\n");
    expect(await names("-a", "--filter", "label=tier")).toBe("job\nweb\n");
    expect(await names("--filter", "state=exited")).toBe("job\n");
    expect(await names("-a", "--filter", "name=eb")).toBe("web\n");
    expect((await boxes.nsbox(["ps", "-a"])).stdout).toMatch(
      /^NAME +PID +STATE +COMMAND\njob +- +exited with 3 .* ago +sh -c exit 3\nweb +\d+ +running for /,
    );
  });

  test("makes a command's control characters harmless", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "true \x1b[31m");
    expect((await boxes.nsbox(["ps", "-a"])).stdout).toContain("\\x1b[31m");
  });
});

describeWith(["userns"], "nsbox inspect and diff", () => {
  test("take a box by its name, and mean its command", async () => {
    await using boxes = openBoxState();
    await boxes.start("web", FOREVER);
    const { stdout } = await boxes.nsbox(["inspect", "web", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      identity: { command: { value: ["sh", "-c", FOREVER] } },
      confinement: { seccomp: { mode: "filter" }, noNewPrivs: true },
    });
    expect(await boxes.nsbox(["diff", "web", "web"])).toMatchObject({ stderr: "", exitCode: 0 });
    expect((await boxes.nsbox(["inspect", "wbe"])).stderr).toContain("did you mean web?");
  });
});

describeWith(["userns"], "the end of a box", () => {
  test("stop asks with SIGTERM, and the command may tidy up", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", `trap 'echo bye; exit 5' TERM; echo up; ${FOREVER}`);
    await waitFor(() => boxes.log("a") === "up\n", "the trap");
    expect((await boxes.nsbox(["stop", "a"])).stdout).toBe("a\n");
    expect(isAlive(init)).toBe(false);
    expect(boxes.log("a")).toBe("up\nbye\n");
    expect(await boxes.look("a")).toMatchObject({ state: "exited", exitCode: 5 });
  });

  test("stop kills a command that ignores SIGTERM once its time is over", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", `trap '' TERM; echo up; ${FOREVER}`);
    await waitFor(() => boxes.log("a") === "up\n", "the trap");
    await boxes.nsbox(["stop", "--time", "200ms", "a"]);
    expect(await boxes.look("a")).toMatchObject({ state: "exited", exitCode: 137, signal: "SIGKILL" });
  });

  test("stop ends a paused box", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", `trap 'exit 6' TERM; echo up; ${FOREVER}`);
    await waitFor(() => boxes.log("a") === "up\n", "the trap");
    await boxes.nsbox(["pause", "a"]);
    await boxes.nsbox(["stop", "a"]);
    expect(await boxes.look("a")).toMatchObject({ exitCode: 6 });
  });

  test.each(["USR1", "SIGWINCH", "RTMIN+3", "14"])("kill --signal %s reaches the command", async (name) => {
    await using boxes = openBoxState();
    const perl = `$SIG{$_} = sub { print "got $_[0]\\n"; exit 3 } for qw(USR1 WINCH NUM37 ALRM); $| = 1; print "up\\n"; sleep 1 while 1`;
    await boxes.nsbox(["run", "-d", "--name", "a", "--", "perl", "-e", perl], { cwd: "/" });
    await waitFor(() => boxes.log("a") === "up\n", "perl");
    await boxes.nsbox(["kill", "--signal", name, "a"]);
    expect((await boxes.nsbox(["wait", "a"])).stdout).toBe("3\n");
    expect(boxes.log("a")).toMatch(/^up\ngot (USR1|WINCH|NUM37|ALRM)\n$/);
  });

  test("a box that forks without end is killed", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start(
      "a",
      `echo up; bomb() { sleep 1000 & while :; do sleep 0.01 & done; }; bomb & bomb & wait`,
    );
    await waitFor(() => boxes.log("a") === "up\n", "the bomb");
    await boxes.nsbox(["kill", "a"]);
    expect(isAlive(init)).toBe(false);
    expect(await boxes.look("a")).toMatchObject({ state: "exited", exitCode: 137 });
  });

  test("a command on an ended box says how it ended, and one on no box gives the nearest name", async () => {
    await using boxes = openBoxState();
    await boxes.start("quiet-otter", "exit 3");
    await boxes.nsbox(["wait", "quiet-otter"]);
    for (const command of ["stop", "kill", "pause", "resume", "top"]) {
      const { stderr, exitCode } = await boxes.nsbox([command, "quiet-otter"]);
      expect(stderr).toMatch(new RegExp(`^nsbox: Cannot ${command} "quiet-otter": it exited with 3 .* ago\n`));
      expect(exitCode).toBe(125);
    }
    const { stderr } = await boxes.nsbox(["logs", "quiet-oter"]);
    expect(stderr).toContain('Cannot find the box "quiet-oter": there is none of this name');
    const long = await boxes.nsbox(["stop", "x".repeat(300)]);
    expect(long.stderr).toContain("there is none of this name");
    expect(long.exitCode).toBe(125);
    expect(stderr).toContain("did you mean quiet-otter?");
  });

  test("rm refuses a running box, rm -f does not, and two at once do no harm", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", FOREVER);
    expect((await boxes.nsbox(["rm", "a"])).stderr).toContain('Cannot remove "a": it is running');
    const both = await Promise.all([boxes.nsbox(["rm", "-f", "a"]), boxes.nsbox(["rm", "-f", "a"])]);
    expect(both.map(({ stderr }) => stderr)).toEqual(["", ""]);
    expect(isAlive(init)).toBe(false);
    expect(await boxes.look("a")).toBeUndefined();
  });

  test("prune removes what has ended, and nothing else", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", FOREVER);
    await boxes.start("b", "true");
    await boxes.start("c", "true");
    await boxes.nsbox(["wait", "b", "c"]);
    expect((await boxes.nsbox(["prune"])).stdout).toBe("b\nc\n");
    expect((await boxes.nsbox(["ps", "-aq"])).stdout).toBe("a\n");
  });
});

describeWith(["userns"], "a running box", () => {
  testWith(["no-cgroup"], "pause stops every process by a signal, resume lets them go on", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "while :; do echo tick; sleep 0.01; done");
    await waitFor(() => boxes.log("a").length > 10, "output");
    await boxes.nsbox(["pause", "a"]);
    expect(await boxes.look("a")).toMatchObject({ state: "paused" });
    expect(readFileSync(`/proc/${init}/status`, "utf8")).toMatch(/^State:\s+T/m);
    const { length } = boxes.log("a");
    expect((await boxes.nsbox(["top", "a"])).stdout).not.toMatch(/ [RS] {2}/);
    expect(boxes.log("a").length).toBe(length);
    await boxes.nsbox(["resume", "a"]);
    await waitFor(() => boxes.log("a").length > length, "more output");
    expect(await boxes.look("a")).toMatchObject({ state: "running" });
  });

  test("top shows each process with its PID outside and inside", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "exec sleep 1000");
    const top = async () => JSON.parse((await boxes.nsbox(["top", "--json", "a"])).stdout);
    await waitFor(async () => (await top())[1]?.command === "sleep 1000", "the shell to become sleep");
    expect(await top()).toMatchObject([
      { pid: init, inside: 1 },
      { inside: 2, command: "sleep 1000" },
    ]);
  });

  test("top shows the init first where PIDs outside begin anew behind it", async () => {
    using dir = tempDir();
    const script = `
      mount -t proc proc /proc
      for left in $(seq 16); do
        echo $(($(cat /proc/sys/kernel/pid_max) - left)) >/proc/sys/kernel/ns_last_pid
        "$0" run -d --name a -- sleep 1000 >/dev/null
        "$0" top a | tail -n +2
        "$0" rm -f a >/dev/null
      done`;
    const env = { ...Bun.env, NSBOX_STATE_DIR: dir.join("state") } as Record<string, string>; // no undefined in it
    const { stdout } = await runCommand(["unshare", "-Urpmf", "sh", "-c", script, NSBOX], { env });
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/ +/).map(Number));
    expect(rows.map(([, inside]) => inside)).toEqual(Array.from({ length: 32 }, (_, n) => (n % 2) + 1));
    const outside = rows.map(([pid = 0]) => pid);
    expect(outside.some((pid, n) => n % 2 === 0 && pid > (outside[n + 1] ?? 0))).toBe(true);
  });

  test("rename gives it another name, and takes no other box's", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "echo up; sleep 1000");
    await boxes.start("b", "true");
    expect((await boxes.nsbox(["rename", "a", "b"])).stderr).toContain('Cannot call the box "b"');
    expect((await boxes.nsbox(["rename", "a", "c"])).stdout).toBe("c\n");
    expect(await boxes.look("a")).toBeUndefined();
    expect(await boxes.look("c")).toMatchObject({ state: "running", pid: init });
    expect((await boxes.nsbox(["logs", "c"])).stdout).toBe("up\n");
  });

  test("ps --watch prints it anew until it is told to end", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", FOREVER);
    const child = startNsbox(["ps", "--watch", "-q"], { env: boxes.env });
    let seen = "";
    for await (const bytes of child.stdout) {
      seen += new TextDecoder().decode(bytes);
      if (seen === "a\na\n") break;
    }
    child.kill("SIGINT");
    await child.exited;
    expect(child.signalCode).toBe("SIGINT");
  });
});
