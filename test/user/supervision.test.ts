// How a box ends: exit codes, signals, time, and the death of its launcher.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { childrenOf, inBox, isAlive, liveBox } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, startNsbox, waitFor } from "#test/support/nsbox.ts";

const MARK_BASE = 100_000;

/** Who has this limit of bytes in message queues, which nobody sets: what comes from one process inherits it. */
function processesLimited(limit: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isAlive(pid) && new RegExp(`^Max msgqueue size +${limit} `, "m").test(limitsOf(pid)));
}

function limitsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/limits`, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}

describeWith(["userns"], "the exit code of nsbox", () => {
  test.each([
    ["the command's own", "exit 0", 0],
    ["the command's own", "exit 7", 7],
    ["128+9 where the command was killed", "kill -KILL $$", 137],
    ["128+15 where it was terminated", "kill -TERM $$", 143],
  ])("is %s: %s", async (_, script, code) => {
    expect((await inBox([], script)).exitCode).toBe(code);
    expect((await inBox(["--no-init"], script.replace("$$", "$(sh -c 'echo $PPID')"))).exitCode).toBeOneOf([code, 0]);
  });

  test("is 127 where the command is not found", async () => {
    const { stderr, exitCode } = await nsbox(["run", "--", "no-such-command"]);
    expect(stderr).toStartWith('nsbox: Cannot run "no-such-command": ENOENT');
    expect(exitCode).toBe(127);
  });

  test("is 126 where the command can't be executed", async () => {
    const { stderr, exitCode } = await nsbox(["run", "--", "/etc/passwd"]);
    expect(stderr).toStartWith('nsbox: Cannot run "/etc/passwd": EACCES');
    expect(stderr).toContain("chmod +x");
    expect(exitCode).toBe(126);
  });

  test("is 125 where nsbox itself fails", async () => {
    expect((await nsbox(["run", "--no-such-flag"])).exitCode).toBe(125);
  });
});

describeWith(["userns"], "supervision of a box", () => {
  test("signals another user's command, which holds no capability at all", async () => {
    const script = "trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.02; done";
    const child = startNsbox(["run", "--user", "7", "--cap-drop", "all", "--", "sh", "-c", script]);
    const reader = child.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n");
    child.kill("SIGTERM");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("got it\n");
    expect(await child.exited).toBe(9);
  });

  test.each(["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"])("forwards SIG%s to the command, once", async (name) => {
    const script = `trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.02; done`;
    const child = startNsbox(["run", "--", "sh", "-c", script]);
    const reader = child.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n");
    process.kill(child.pid, `SIG${name}` as NodeJS.Signals); // the table names only real ones
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(`got ${name}\n`);
    expect(await child.exited).toBe(9);
  });

  test("stops with SIGTSTP and goes on with SIGCONT, together with the command", async () => {
    await using box = await liveBox();
    const state = (pid: number): string => /State:\t(\w)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
    box.kill("SIGTSTP");
    await waitFor(() => state(box.command) === "T" && state(box.launcher) === "T", "both to stop");
    box.kill("SIGCONT");
    await waitFor(() => state(box.command) !== "T", "the command to go on");
    expect(await box.ask("echo alive")).toBe("alive");
  });

  test("ends a box whose time is over, and says so", async () => {
    const { stderr, exitCode } = await nsbox(["run", "--timeout", "300ms", "--", "sleep", "1000"]);
    expect(stderr).toContain("longer than --timeout allows (0.3 s)");
    expect(exitCode).toBe(137);
  });

  test("the box dies with its launcher, even by SIGKILL", async () => {
    for (const flags of [[], ["--no-init"], ["--user", "1234"]]) {
      await using box = await liveBox(flags);
      await box.ask("setsid sleep 1000 >/dev/null 2>&1 & echo started");
      const inside = [box.init, box.command, ...childrenOf(box.command), ...childrenOf(box.init)];
      box.kill("SIGKILL");
      await waitFor(() => !inside.some(isAlive), `processes ${inside.join(" ")} to end`);
    }
  });

  test("SIGKILL of the launcher at any moment leaves no process", async () => {
    const limit = MARK_BASE + process.pid;
    let seen = 0;
    // At least that late: a busy machine needs longer until there is a box to be left.
    for (let delay = 0; delay < 60 || seen <= 5; delay++) {
      const child = Bun.spawn(["prlimit", `--msgqueue=${limit}`, NSBOX, "run", "--", "sleep", "1000"], {
        stdio: ["ignore", "ignore", "ignore"],
      });
      await Bun.sleep(delay);
      if (processesLimited(limit).length > 1) seen++;
      child.kill("SIGKILL");
      await child.exited;
    }
    await waitFor(() => processesLimited(limit).length === 0, "every process of the boxes to end");
  });

  test("stdin comes from a pipe, to its end", async () => {
    const { stdout } = await nsbox(["run", "--", "wc", "-c"], { stdin: "x".repeat(300_000) });
    expect(stdout.trim()).toBe("300000");
  });

  test("a gigabyte of output comes through without loss", async () => {
    const script = `"$0" run -- sh -c 'head -c 1073741824 /dev/zero' | wc -c`;
    expect((await runCommand(["sh", "-c", script, NSBOX])).stdout.trim()).toBe("1073741824");
  });

  test("a closed stdout ends the command by SIGPIPE, not nsbox with an error", async () => {
    const script = `{ "$0" run -- sh -c 'while echo y; do :; done'; echo "code $?" >&2; } | head -n 1`;
    const { stdout, stderr } = await runCommand(["bash", "-c", script, NSBOX]);
    expect(stdout).toBe("y\n");
    expect(stderr).toMatch(/^code (141|1)\n$|Broken pipe/m);
    expect(stderr).not.toContain("nsbox:");
  });

  test("the init takes 16 kB at most", async () => {
    await using box = await liveBox();
    const rss = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${box.init}/status`, "utf8"))?.[1]);
    expect(rss()).toBeGreaterThan(0);
    // The command may speak before the init has given its arguments' pages back.
    await waitFor(() => rss() <= 16, `an init of 16 kB at most; it has ${rss()}`);
  });

  test("one hundred boxes at once all end well", async () => {
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => inBox([], `exit ${n}`)));
    expect(results.map((result) => result.exitCode)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });
});
