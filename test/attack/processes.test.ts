// Reaching processes and the terminal: lines 14–20 of docs/security.md.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { inBox, isAlive } from "#test/support/box.ts";
import { type Attack, testAttacks } from "#test/support/attack.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, startNsbox, tempDir, waitFor } from "#test/support/nsbox.ts";

const ATTACKS: readonly Attack[] = [
  {
    line: 20,
    name: "raising its own limits",
    script: "hard=$(ulimit -H -n); ulimit -H -n $((hard + 1)) && echo PWNED",
    flags: ["--rlimit", "nofile=64:64"],
    control: { none: "raising a limit takes CAP_SYS_RESOURCE over the host, which no flag gives" },
  },
  {
    line: 20,
    name: "an oom score below the caller's",
    script: "echo -500 > /proc/self/oom_score_adj && echo PWNED",
    control: { none: "it would be allowed to root, and this machine's own memory is not to be put at risk" },
  },
  {
    line: 20,
    name: "real-time scheduling",
    script: "chrt -f 10 true && echo PWNED",
    control: "outside",
    needs: ["root"],
  },
  {
    line: 17,
    name: "the caller's terminals",
    script:
      "for t in /dev/pts/[0-9]* /dev/console /dev/tty[0-9]*; do [ -e $t ] && echo PWNED; done; : 3>/dev/tty && echo PWNED",
    control: { flags: ["--dev", "host"] },
  },
  {
    line: 17,
    name: "files that the init has open",
    // Root may list them in the moment before the init has closed them, but nobody may open one.
    script: "for f in /proc/1/fd/*; do (: <$f) && echo PWNED; done",
    control: { flags: ["--no-init"] },
  },
];

testAttacks("processes", ATTACKS);

describeWith(["userns"], "processes, 14: a process outside", () => {
  test("is neither seen, signalled nor read", async () => {
    const victim = Bun.spawn(["sleep", "1000"], { env: { SECRET: "hidden" } });
    try {
      const { pid } = victim;
      const script = `kill -0 ${pid} && echo signalled; ls -d /proc/${pid} && echo seen; cat /proc/${pid}/environ && echo read`;
      expect((await inBox([], script)).stdout).toBe("");
      const outside = await runCommand(["sh", "-c", script]);
      for (const word of ["signalled", "seen", "read"]) expect(outside.stdout).toContain(word);
    } finally {
      victim.kill("SIGKILL");
      await victim.exited;
    }
  });
});

/** Pushes a line into the terminal that stdin is, and asks a virtual console to paste. */
const PUSH = `
import fcntl, termios
for request, argument in ((termios.TIOCSTI, b'\\n'), (0x541C, b'\\x03')):
    try:
        fcntl.ioctl(0, request, argument)
        print('accepted')
    except OSError as error:
        print('refused', error)
`;

/** Runs a command on a terminal, and then says how much input waits there for whoever reads next: a shell. */
const AFTERWARDS = `
import fcntl, struct, subprocess, sys, termios
subprocess.run(sys.argv[1:])
print('left', struct.unpack('i', fcntl.ioctl(0, termios.FIONREAD, b'0000'))[0], 'end')
`;

async function pushedOnTerminal(command: readonly string[]): Promise<string> {
  let screen = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn(["python3", "-c", AFTERWARDS, ...command, "python3", "-c", PUSH], {
    terminal: {
      cols: 80,
      rows: 24,
      data: (_, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
      },
    },
  });
  await waitFor(() => screen.includes("end"), `an answer in ${JSON.stringify(screen)}`);
  child.kill("SIGKILL");
  await child.exited;
  child.terminal?.close();
  return screen;
}

describeWith(["userns", "python3"], "processes, 16: pushing input into the caller's terminal (CVE-2017-5226)", () => {
  test.each([[["--no-tty"]], [["-t"]], [["--no-tty", "--no-init"]]])("leaves nothing there with %j", async (flags) => {
    const screen = await pushedOnTerminal([NSBOX, "run", ...flags, "--"]);
    expect(screen).toContain("left 0 end");
    expect(screen).toMatch(/refused|accepted/);
  });

  testWith(["legacy-tiocsti"], "leaves a line there without a box", async () => {
    expect(await pushedOnTerminal(["env"])).toContain("left 1 end");
  });
});

/** Processes, anywhere on the machine, whose arguments hold this text. */
function processesWith(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text) && isAlive(Number(pid));
      } catch (error) {
        if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
          return false;
        throw error;
      }
    })
    .map(Number);
}

describeWith(["userns", "ps"], "processes, 18: outliving the box", () => {
  test.each([
    ["a double fork with a session of its own", "(setsid sleep MARK >/dev/null 2>&1 & ) ", "sleep *S"],
    [
      "ignoring signals",
      "(trap '' HUP INT TERM QUIT; setsid sh -c 'trap \"\" HUP INT TERM; sleep MARK' >/dev/null 2>&1 &)",
      "sleep *S",
    ],
    ["stopping itself", "(setsid sh -c 'kill -STOP $$; sleep MARK; : MARK' >/dev/null 2>&1 &)", "sh *T"],
  ])("%s does not help", async (_, attack, state) => {
    const mark = `4${process.pid}${Math.floor(performance.now() * 1000) % 100_000}.75`;
    const running = `ps -eo comm=,stat=,args= | grep -q '^${state}.*${mark}'`;
    const script = `${attack.replaceAll("MARK", mark)}; until ${running}; do sleep 0.01; done; echo running`;
    expect((await inBox([], script)).stdout).toBe("running\n");
    expect(processesWith(mark)).toEqual([]);
  });
});

describeWith(["userns"], "processes, 19: a box that forks without end", () => {
  test("is gone soon after it is ended", async () => {
    using dir = tempDir();
    const mark = `5${process.pid}.25`;
    // Sixty at a time: enough to show that none escapes, few enough for the machine that tests it.
    const bomb = `n=0; while [ $n -lt 60 ]; do n=$((n+1)); (sleep ${mark} & sleep ${mark}) & done; echo started; wait`;
    const child = startNsbox(["run", "--ro", dir.path, "--", "sh", "-c", bomb]);
    expect(new TextDecoder().decode((await child.stdout.getReader().read()).value)).toBe("started\n");
    const killed = performance.now();
    child.kill("SIGKILL");
    await waitFor(() => processesWith(mark).length === 0, "the end of every process");
    expect(performance.now() - killed).toBeLessThan(10_000);
  });

  // KERNEL: limits of processes don't hold for the real root; cgroups do.
  testWith(["unprivileged"], "stays within --rlimit nproc", async () => {
    const used = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && ownedByMe(name)).length;
    const script = "n=0; while [ $n -lt 50 ]; do n=$((n+1)); sleep 5 & done 2>&1; wait";
    const { stdout, stderr } = await nsbox([
      "run",
      "--rlimit",
      `nproc=${used + 20}`,
      "--timeout",
      "4s",
      "--",
      "sh",
      "-c",
      script,
    ]);
    expect(stdout + stderr).toMatch(/fork|Resource temporarily unavailable/i);
  });
});

function ownedByMe(pid: string): boolean {
  try {
    return new RegExp(`^Uid:\\s+${process.getuid?.()}\\s`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    if (existsSync(`/proc/${pid}`)) throw error;
    return false;
  }
}
