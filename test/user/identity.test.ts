import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { inBox, liveBox } from "#test/support/box.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, type RunResult, tempDir, waitFor } from "#test/support/nsbox.ts";

const UID = process.getuid?.() ?? 0;
const GID = process.getgid?.() ?? 0;

describeWith(["userns"], "who a box's command is", () => {
  test("uid 0 inside, the caller outside", async () => {
    await using box = await liveBox();
    expect(await box.ask("id -u; id -g")).toBe("0 0");
    expect(statSync(`/proc/${box.command}`).uid).toBe(UID);
  });

  test("files made in a box belong to the caller", async () => {
    using dir = tempDir();
    const { exitCode } = await inBox(["--rw", dir.path], `echo hi > ${dir.join("made")}`);
    expect(exitCode).toBe(0);
    expect(readFileSync(dir.join("made"), "utf8")).toBe("hi\n");
    expect(statSync(dir.join("made"))).toMatchObject({ uid: UID, gid: GID });
  });

  test("root of a user namespace, as in a rootless container, makes boxes with the ids that there are", async () => {
    const one = await runCommand(["unshare", "-Ur", NSBOX, "run", "--", "cat", "/proc/self/uid_map"]);
    expect(one.stderr).toBe("");
    expect(one.stdout.trim().split(/\s+/)).toEqual(["0", "0", "1"]);
  });

  testWith(["unprivileged", "newuidmap"], "and with every one of them, where there are many", async () => {
    const many = ["unshare", "-U", "--setuid=0", "--setgid=0", "--map-auto"];
    const { stdout, stderr } = await runCommand([...many, NSBOX, "run", "--", "cat", "/proc/self/uid_map"]);
    expect(stderr).toBe("");
    const [inside, outside, count] = stdout.trim().split(/\s+/).map(Number);
    expect([inside, outside]).toEqual([0, 0]);
    expect(count).toBeGreaterThan(1000);
  });

  testWith(["newuidmap"], "a map without the caller goes with clocks of the box's own", async () => {
    const flags = ["--uid-map", "0:100000:1000", "--gid-map", "0:100000:1000", "--boottime", "1000000"];
    const { stdout, stderr } = await inBox(flags, "id -u; cut -d. -f1 /proc/uptime");
    expect(stderr).toBe("");
    const [uid, uptime] = stdout.trim().split("\n").map(Number);
    expect(uid).toBe(0);
    expect(uptime).toBeGreaterThan(1_000_000);
  });

  test("--keep-id keeps the caller's numbers", async () => {
    const { stdout } = await inBox(["--keep-id"], "id -u; id -g");
    expect(stdout).toBe(`${UID}\n${GID}\n`);
  });

  test("--user gives the command another uid, without capabilities", async () => {
    const { stdout } = await inBox(["--user", "1234:1234"], "id -u; id -g; grep CapEff /proc/self/status | cut -f2");
    expect(stdout).toBe("1234\n1234\n0000000000000000\n");
  });

  test("the default capabilities are Docker's, in every set that matters", async () => {
    const { stdout } = await inBox([], "grep ^Cap /proc/self/status");
    const sets = Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(":\t")),
    );
    expect(sets).toEqual({
      CapInh: "0000000000000000",
      CapPrm: "00000000a80425fb",
      CapEff: "00000000a80425fb",
      CapBnd: "00000000a80425fb",
      CapAmb: "0000000000000000",
    });
  });

  const CAP_SETS: readonly (readonly [flags: readonly string[], permitted: string, ambient: string])[] = [
    [["--cap-drop", "all"], "0000000000000000", "0000000000000000"],
    [["--cap-drop", "all", "--cap-add", "net_bind_service"], "0000000000000400", "0000000000000000"],
    [["--cap-add", "CAP_SYS_PTRACE,syslog"], "00000004a80c25fb", "0000000000000000"],
    [["--cap-drop", "net_raw", "--cap-drop", "MKNOD"], "00000000a00405fb", "0000000000000000"],
    [["--user", "1234", "--cap-add", "net_bind_service"], "0000000000000400", "0000000000000400"],
    [["--user", "7", "--cap-drop", "all", "--cap-add", "kill"], "0000000000000020", "0000000000000020"],
    [["--user", "1234", "--cap-add", "sys_ptrace", "--no-init"], "0000000000080000", "0000000000080000"],
  ];

  test.each(CAP_SETS)(
    "%p: the command holds %s, over exec %s, and no more can be had",
    async (flags, held, ambient) => {
      // A program of its own, so that exec has computed the sets once more.
      const { stdout, stderr } = await inBox(flags, "exec grep ^Cap /proc/self/status");
      expect(stderr).toBe("");
      expect(stdout).toContain(`CapPrm:\t${held}\nCapEff:\t${held}\n`);
      expect(stdout).toContain(`CapInh:\t${ambient}\n`);
      expect(stdout).toContain(`CapAmb:\t${ambient}\n`);
      const bounding = /CapBnd:\t(\w+)/.exec(stdout)?.[1] ?? "";
      const plain =
        flags.includes("--user") && !flags.includes("all") ? 0xa80425fbn | BigInt(`0x${held}`) : BigInt(`0x${held}`);
      expect(BigInt(`0x${bounding}`)).toBe(plain);
    },
  );

  test("--cap-add all is all that the kernel knows, but what was dropped", async () => {
    const last = BigInt(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8").trim());
    const { stdout } = await inBox(["--cap-add", "all", "--cap-drop", "chown"], "grep CapEff /proc/self/status");
    expect(BigInt(`0x${stdout.split("\t")[1]?.trim()}`)).toBe((1n << (last + 1n)) - 2n);
  });

  test("an added capability does what it is for", async () => {
    const script = "hostname other && hostname";
    expect((await inBox([], script)).exitCode).not.toBe(0);
    expect((await inBox(["--cap-add", "sys_admin"], script)).stdout).toBe("other\n");
  });

  test("--allow-new-privs leaves no_new_privs off", async () => {
    const { stdout } = await inBox(["--allow-new-privs"], "grep NoNewPrivs /proc/self/status");
    expect(stdout).toBe("NoNewPrivs:\t0\n");
  });

  test("the init can do no more than signal the command", async () => {
    await using box = await liveBox();
    const caps = (pid: number): string | undefined =>
      /CapPrm:\t(\w+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    // It lets go of the rest once the command has begun, which may be a moment after the command has spoken.
    await waitFor(() => caps(box.init) === "0000000000000020", "the init to hold CAP_KILL alone");
    expect(caps(box.command)).toBe("00000000a80425fb");
  });

  test("no_new_privs is on", async () => {
    expect((await inBox([], "grep NoNewPrivs /proc/self/status | cut -f2")).stdout).toBe("1\n");
  });

  testWith(["newuidmap", "unprivileged"], "--subids maps the caller's subordinate ids", async () => {
    const { stdout, stderr } = await inBox(["--subids"], "wc -l < /proc/self/uid_map; id -u");
    expect({ stdout, stderr }).toEqual({ stdout: "2\n0\n", stderr: "" });
  });

  test("only harmless variables pass, and what is said", async () => {
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: "/root",
      SECRET: "hunter2",
      LC_ALL: "C",
      TZ: "UTC",
      CALLER: "yes",
    };
    const { stdout } = await nsbox(["run", "-e", "A=b", "-e", "CALLER", "--", "env"], { env });
    const names = stdout
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0] ?? "")
      .sort();
    expect(names).toEqual(["A", "CALLER", "HOME", "LC_ALL", "PATH", "TZ"]);
    expect((await nsbox(["run", "--env-all", "--", "env"], { env })).stdout).toContain("SECRET=hunter2");
  });

  test("--env-file reads variables, and -e wins over it", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("env"), "# comment\nA=1\nB=two words\n");
    const { stdout } = await inBox(["--env-file", dir.join("env"), "-e", "A=2"], 'echo "$A|$B"');
    expect(stdout).toBe("2|two words\n");
  });

  test("limits, umask and folder are set", async () => {
    const flags = ["--rlimit", "nofile=64:128", "--umask", "077", "-w", "/usr"];
    const { stdout } = await inBox(flags, "ulimit -Sn; ulimit -Hn; umask; pwd; ulimit -c");
    expect(stdout).toBe("64\n128\n0077\n/usr\n0\n");
  });

  test("at most 1,024 files can be open where nothing is said, and fewer where the caller may not have as many", async () => {
    const look = 'exec "$0" run -- sh -c "ulimit -Sn; ulimit -Hn"';
    const { stdout: hard } = await runCommand(["sh", "-c", "ulimit -Hn"]);
    expect((await nsboxThroughShell(look)).stdout).toBe(`1024\n${hard}`);
    expect((await nsboxThroughShell(`ulimit -n 900; ${look}`)).stdout).toBe("900\n900\n");
    const { stderr } = await nsboxThroughShell(`ulimit -n 512; ${look}`);
    expect(stderr).toMatch(/^nsbox: Cannot .* gave EBADF .*\n.*\n {2}hint {2}.*ulimit -n 1024/);
  });

  test("signals are as a program expects them: none ignored, none blocked", async () => {
    const { stdout } = await inBox([], "grep -E '^Sig(Blk|Ign)' /proc/self/status");
    expect(stdout).toBe("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  });

  test("no descriptor but 0, 1 and 2 is open, and those passed on purpose", async () => {
    const list = "ls /proc/self/fd | tr '\\n' ' '";
    // ls opens the folder it lists as 3.
    expect((await inBox([], list)).stdout).toBe("0 1 2 3 ");
    const shell = `exec 5</etc/hostname; exec 7</etc/hostname; exec "$0" run --pass-fd 7 -- sh -c "${list}"`;
    const { stdout } = await nsboxThroughShell(shell);
    expect(stdout).toBe("0 1 2 3 7 ");
  });

  test("a descriptor that the caller has not open is refused, also if nsbox uses it itself", async () => {
    for (const fd of ["3", "4", "77"]) {
      const shell = `exec 3<&- 4<&- 77<&-; exec "$0" run --pass-fd ${fd} -- true`;
      const { stderr, exitCode } = await nsboxThroughShell(shell);
      expect(stderr).toStartWith(`nsbox: Cannot use --pass-fd ${fd}: no file is open as ${fd}`);
      expect(exitCode).toBe(125);
    }
  });
});

async function nsboxThroughShell(script: string): Promise<RunResult> {
  return runCommand(["bash", "-c", script, NSBOX]);
}

describeWith(["userns"], "when memory runs out, a box", () => {
  const read = "cat /proc/self/oom_score_adj";
  const own = Number(readFileSync("/proc/self/oom_score_adj", "utf8"));

  test("goes before its caller, and its init does not", async () => {
    expect((await inBox([], `${read} /proc/1/oom_score_adj`)).stdout).toBe(`${Math.min(own + 100, 1000)}\n${own}\n`);
    await using box = await liveBox();
    expect(readFileSync(`/proc/${box.launcher}/oom_score_adj`, "utf8")).toBe(`${own}\n`);
  });

  test("goes as readily as --oom-score-adj says", async () => {
    expect((await inBox(["--oom-score-adj", "750"], read)).stdout).toBe("750\n");
  });

  test("needs no /proc, unless a value is insisted on", async () => {
    expect((await inBox(["--proc", "none"], "exit 7")).exitCode).toBe(7);
    const { stderr, exitCode } = await inBox(
      [
        "--root",
        "empty",
        "--ro",
        "/usr",
        "--ro",
        "/lib64",
        "--ro",
        "/bin",
        "--ro",
        "/lib",
        "--proc",
        "none",
        "--oom-score-adj",
        "750",
      ],
      "true",
    );
    expect([stderr, exitCode]).toEqual([
      'nsbox: Cannot set oom_score_adj to 750: openat "/proc/self/oom_score_adj" gave ENOENT (No such file or directory)\n  step  command 2 of 13\n  hint  it is set through /proc: leave out --proc none\n',
      125,
    ]);
  });
});
