// Commands in a box that runs, and beside any process: in all that isolates it, and never freer.
import { expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { childrenOf, isAlive } from "#test/support/box.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, startNsbox, waitFor } from "#test/support/nsbox.ts";

const STATUS = "grep -E '^(Cap|NoNewPrivs|Seccomp|Uid|Gid|Groups)' /proc/self/status";
const NAMESPACES = "for n in user mnt pid ipc uts net cgroup time; do readlink /proc/self/ns/$n; done";

describeWith(["userns"], "nsbox exec BOX", () => {
  test.each([
    ["by default", []],
    ["with another user", ["--user", "7:8", "--uid-map", "0:0:100", "--gid-map", "0:0:100"]],
    ["without capabilities", ["--cap-drop", "all"]],
    ["with capabilities", ["--cap-add", "sys_ptrace"]],
    ["with a clock of its own", ["--boottime", "86400"]],
    ["with the host's network", ["--net", "host"]],
    ["nested", ["--nested"]],
  ] as const)("runs as the box's own command does: %s", async (_, given) => {
    const mapsRange = given.some((flag) => flag === "--uid-map");
    const flags = mapsRange && process.getuid?.() !== 0 ? [] : given;
    await using boxes = openBoxState();
    const look = `${STATUS}; ${NAMESPACES}; pwd; env | sort; umask; hostname; cat /proc/self/oom_score_adj`;
    const withoutShell = (text: string): string => text.replaceAll(/^(SHLVL|_)=.*\n/gm, "");
    await boxes.start("a", `${look}; echo end; sleep 1000`, flags);
    await waitFor(() => boxes.log("a").endsWith("end\n"), "the box's own answer");
    const { stdout, stderr } = await boxes.nsbox(["exec", "a", "sh", "-c", `${look}; echo end`]);
    expect({ stdout: withoutShell(stdout), stderr }).toEqual({ stdout: withoutShell(boxes.log("a")), stderr: "" });
  });

  test("gives the command's exit code, its streams and its signals", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000");
    expect((await boxes.nsbox(["exec", "a", "sh", "-c", "exit 7"])).exitCode).toBe(7);
    expect((await boxes.nsbox(["exec", "a", "no-such-command"])).exitCode).toBe(127);
    expect((await boxes.nsbox(["exec", "a", "cat"], { stdin: "through" })).stdout).toBe("through");
    const script = "trap 'echo got it; exit 9' TERM; echo up; while :; do sleep 0.02; done";
    const child = startNsbox(["exec", "a", "sh", "-c", script], { env: boxes.env });
    const reader = child.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("up\n");
    child.kill("SIGTERM");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("got it\n");
    expect(await child.exited).toBe(9);
  });

  test("takes -e, -w, --cap-drop, --cap-add", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000", ["-e", "A=box", "-e", "B=box"]);
    const { stdout } = await boxes.nsbox(["exec", "-e", "A=own", "-w", "/tmp", "a", "sh", "-c", "echo $A $B; pwd"]);
    expect(stdout).toBe("own box\n/tmp\n");
    const caps = async (...flags: readonly string[]): Promise<string> =>
      (await boxes.nsbox(["exec", ...flags, "a", "grep", "CapEff", "/proc/self/status"])).stdout.trim();
    expect(await caps("--cap-drop", "all")).toEndWith("0000000000000000");
    expect(await caps("--cap-drop", "all", "--cap-add", "chown")).toEndWith("0000000000000001");
  });

  test("its files are those of the box, and what is read-only or hidden there stays so", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "echo mark > /tmp/mark; echo up; sleep 1000");
    await waitFor(() => boxes.log("a") === "up\n", "the mark");
    const script = "cat /tmp/mark; touch /usr/x; ls -A /root; ls /proc/self/fd | wc -l";
    const { stdout, stderr } = await boxes.nsbox(["exec", "a", "sh", "-c", script]);
    expect(stdout).toBe("mark\n4\n");
    expect(stderr).toContain("Read-only file system");
  });

  testWith(["landlock"], "Landlock holds for it, too", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000", ["--landlock"]);
    // The box's memory file system is writable by its mount; only Landlock says no.
    const script = "echo x > /proc/self/comm && echo may; echo x > /usr/x || true";
    const { stdout } = await boxes.nsbox(["exec", "a", "sh", "-c", script]);
    expect(stdout).toBe("may\n");
  });

  test("dies with its launcher, even by SIGKILL, and leaves the box alone", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "sleep 1000");
    const child = startNsbox(["exec", "a", "sleep", "1001"], { env: boxes.env });
    const command = await waitFor(() => childrenOf(child.pid)[0], "the command");
    child.kill("SIGKILL");
    await waitFor(() => !isAlive(command), "the command to end");
    expect(isAlive(init)).toBe(true);
  });

  testWith(
    ["strace"],
    "dies with a launcher that is killed before the command can ask to, however late its helper ends",
    async () => {
      await using boxes = openBoxState();
      await boxes.start("a", "sleep 1000");
      // The first prctl(2) of each, which is how the command asks to, comes late, and the end of the helper that joins namespaces much later.
      const late = ["prctl:delay_enter=300000:when=1", "exit_group:delay_enter=5000000"].flatMap((one) => [
        "-e",
        `inject=${one}`,
      ]);
      const words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=prctl,exit_group", ...late];
      const strace = Bun.spawn([...words, NSBOX, "exec", "a", "sleep", "1001"], { env: boxes.env, stdin: "ignore" });
      try {
        // strace begins with children of its own.
        const [launcher, command] = await waitFor(() => {
          const [pid = 0] = childrenOf(strace.pid);
          const [, second] = childrenOf(pid);
          return second === undefined ? undefined : ([pid, second] as const);
        }, "the launcher, its helper and the command");
        process.kill(launcher, "SIGKILL");
        await waitFor(() => !isAlive(command), "the command to end", 20_000);
      } finally {
        strace.kill("SIGKILL");
        await strace.exited;
      }
    },
  );

  test("-d leaves it in the box, and it ends with the box", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000");
    const { stdout, exitCode } = await boxes.nsbox(["exec", "-d", "--json", "a", "sleep", "1001"]);
    expect(exitCode).toBe(0);
    const { pid } = JSON.parse(stdout);
    expect(isAlive(pid)).toBe(true);
    expect((await boxes.nsbox(["top", "a"])).stdout).toContain("sleep 1001");
    await boxes.nsbox(["kill", "a"]);
    await waitFor(() => !isAlive(pid), "it to end");
  });

  test("a PID of the box is the box: no way around its limits", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "sleep 1000", ["--cap-drop", "all"]);
    const { stdout } = await boxes.nsbox(["exec", String(init), "grep", "CapBnd", "/proc/self/status"]);
    expect(stdout.trim()).toEndWith("0000000000000000");
    const { stderr } = await boxes.nsbox(["exec", "--ns", "net", String(init), "true"]);
    expect(stderr).toContain('Cannot use --ns with the box "a": a box is entered whole');
  });

  test("says what is wrong with a box that has ended, or is none, and where the command is missing", async () => {
    await using boxes = openBoxState();
    await boxes.start("web", "exit 4");
    await boxes.nsbox(["wait", "web"]);
    const refusal = async (...args: readonly string[]): Promise<string> =>
      (await boxes.nsbox(["exec", ...args])).stderr;
    expect(await refusal("web", "true")).toContain('Cannot exec in "web": it exited with 4');
    expect(await refusal("wob", "true")).toContain("did you mean web?");
    expect(await refusal("4194305", "true")).toContain("no box has this name, and no process this PID");
    expect(await refusal("web")).toContain("Cannot exec: no command is given");
    expect(await refusal()).toContain("Cannot exec: no box or PID is given");
  });

  test("nobody in the box can trace or read what enters it", async () => {
    await using boxes = openBoxState();
    // A box that may trace anything in its own namespaces looks at every process it sees, as fast as it can.
    const look = 'case $(readlink $p/exe) in */nsbox) echo "SEEN $p";; esac';
    const spy = `while :; do for p in /proc/[0-9]*; do ${look}; done; done`;
    await boxes.start("a", `echo up; ${spy}`, ["--cap-add", "sys_ptrace"]);
    await waitFor(() => boxes.log("a").startsWith("up\n"), "the spy");
    for (let n = 0; n < 20; n++) await boxes.nsbox(["exec", "a", "true"]);
    expect(boxes.log("a")).toBe("up\n");
  });
});

describeWith(["userns"], "nsbox exec PID", () => {
  testWith(["unprivileged"], "does not enter what is another user's", async () => {
    const { stderr, exitCode } = await nsbox(["exec", "1", "true"]);
    expect(stderr).toMatch(/^nsbox: Cannot enter process 1: EACCES .*\n {2}hint {2}run nsbox as root/);
    expect(exitCode).toBe(125);
  });

  test("enters the namespaces of a process that nsbox did not start", async () => {
    const child = Bun.spawn(
      ["unshare", "-Urpmunif", "--mount-proc", "sh", "-c", "hostname foreign; echo up; exec sleep 1000"],
      {
        stdout: "pipe",
      },
    );
    try {
      await child.stdout.getReader().read();
      const target = await waitFor(() => childrenOf(child.pid)[0], "the process");
      const script = "hostname; id -u; cat /proc/1/cmdline | tr '\\0' ' '; cat /proc/net/dev | grep -c :";
      const { stdout } = await nsbox(["exec", String(target), "sh", "-c", script]);
      expect(stdout).toBe("foreign\n0\nsleep 1000 1\n");
      const types = ["user", "mnt", "pid", "ipc", "uts", "net"];
      const links = await nsbox([
        "exec",
        String(target),
        "sh",
        "-c",
        types.map((type) => `readlink /proc/self/ns/${type}`).join(";"),
      ]);
      expect(links.stdout.trim().split("\n")).toEqual(types.map((type) => readlinkSync(`/proc/${target}/ns/${type}`)));
      const some = await nsbox([
        "exec",
        "--ns",
        "user,uts",
        String(target),
        "sh",
        "-c",
        "hostname; readlink /proc/self/ns/net",
      ]);
      expect(some.stdout).toBe(`foreign\n${readlinkSync("/proc/self/ns/net")}\n`);
    } finally {
      for (const pid of childrenOf(child.pid)) process.kill(pid, "SIGKILL");
      await child.exited;
    }
  });

  testWith(["bwrap"], "is no freer than the process: its capabilities, its no_new_privs, its ids", async () => {
    const child = Bun.spawn([
      "bwrap",
      "--unshare-all",
      "--die-with-parent",
      "--ro-bind",
      "/",
      "/",
      "--proc",
      "/proc",
      "sleep",
      "1000",
    ]);
    try {
      const target = await waitFor(() => childrenOf(childrenOf(child.pid)[0] ?? 0)[0], "the process");
      const { stdout } = await nsbox(["exec", String(target), "sh", "-c", STATUS]);
      const own = readFileSync(`/proc/${target}/status`, "utf8");
      for (const name of ["CapPrm", "CapEff", "CapBnd", "NoNewPrivs"]) {
        const line = new RegExp(`^${name}:.*$`, "m");
        expect(line.exec(stdout)?.[0]).toBe(line.exec(own)?.[0] ?? "");
      }
      expect((await nsbox(["exec", String(target), "id", "-u"])).stdout).toBe(`${process.getuid?.()}\n`);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });

  testWith(["root"], "--ns net runs the host's tools in another network, as whoever asks", async () => {
    const child = Bun.spawn(["unshare", "-n", "sleep", "1000"]);
    try {
      await waitFor(
        () => readlinkSync(`/proc/${child.pid}/ns/net`) !== readlinkSync("/proc/self/ns/net"),
        "the network",
      );
      const { stdout } = await nsbox([
        "exec",
        "--ns",
        "net",
        String(child.pid),
        "sh",
        "-c",
        "grep -c : /proc/net/dev; readlink /proc/self/ns/mnt",
      ]);
      expect(stdout).toBe(`1\n${readlinkSync("/proc/self/ns/mnt")}\n`);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });

  testWith(
    ["root", "busybox"],
    "--root and --wd take the root and working folder of a process that changed them",
    async () => {
      const dir = (await runCommand(["mktemp", "-d"])).stdout.trim();
      const script = `cp $(command -v busybox) ${dir} && mkdir ${dir}/here && mount --bind ${dir} ${dir} && exec chroot ${dir} /busybox sh -c 'cd /here; echo up; exec /busybox sleep 1000'`;
      const child = Bun.spawn(["unshare", "-m", "sh", "-c", script], { stdout: "pipe" });
      try {
        await child.stdout.getReader().read();
        const { stdout } = await nsbox([
          "exec",
          "--root",
          "--wd",
          String(child.pid),
          "/busybox",
          "sh",
          "-c",
          "pwd; /busybox ls /",
        ]);
        expect(stdout).toBe("/here\nbusybox\nhere\n");
      } finally {
        child.kill("SIGKILL");
        await child.exited;
        await runCommand(["rm", "-r", dir]);
      }
    },
  );
});
