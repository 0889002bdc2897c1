// What confines a box besides namespaces: Landlock, its own keyring, hidden paths. Each defence is shown to bite by the
// same attempt with the defence switched off.
import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { inBox, liveBox } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, startNsbox, type TempDir, tempDir, waitFor } from "#test/support/nsbox.ts";

describeWith(["userns", "landlock"], "Landlock in a box", () => {
  test("lets a passed file be opened again only as the caller opened it", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("input"), "precious\n");
    const overwrite = (flags: string): Promise<unknown> =>
      runCommand([
        "sh",
        "-c",
        `'${NSBOX}' run ${flags} -- sh -c 'echo gone > /proc/self/fd/0' < '${dir.join("input")}'`,
      ]);
    await overwrite("");
    expect(readFileSync(dir.join("input"), "utf8")).toBe("precious\n");
    await overwrite("--no-landlock");
    expect(readFileSync(dir.join("input"), "utf8")).toBe("gone\n");
  });

  test("keeps /dev/stdout and /dev/stderr working with files, pipes and terminals", async () => {
    using dir = tempDir();
    const script = "echo out >> /dev/stdout; echo err >> /dev/stderr; cat /dev/stdin";
    const shell = `echo in | '${NSBOX}' run -- sh -c '${script}' >> '${dir.join("out")}' 2>> '${dir.join("err")}'`;
    expect((await runCommand(["sh", "-c", shell])).exitCode).toBe(0);
    expect(readFileSync(dir.join("out"), "utf8")).toBe("out\nin\n");
    expect(readFileSync(dir.join("err"), "utf8")).toBe("err\n");
    const piped = await runCommand(["sh", "-c", `echo in | '${NSBOX}' run -- sh -c '${script}' 2>&1 | cat`]);
    expect(piped.stdout).toBe("out\nerr\nin\n");
  });

  test("lets files be made, changed, moved between folders and removed where the mounts let them", async () => {
    using dir = tempDir();
    const script =
      "cd $0 && mkdir a b && echo 1 > a/f && mv a/f b/ && : > b/f && ln -s x l && mkfifo p && rm -r a p && ls";
    const { stdout, stderr } = await nsbox(["run", "--rw", dir.path, "--", "sh", "-c", script, dir.path]);
    expect(stderr).toBe("");
    expect(stdout).toBe("b\nl\n");
    const fresh = await inBox(
      [],
      "for d in /tmp /run /var/tmp /dev/shm; do echo x > $d/f && mv $d/f /tmp/g || echo $d; done",
    );
    expect([fresh.stdout, fresh.stderr]).toEqual(["", ""]);
  });

  test("refuses to mount, even with the capability to; --nested gives that away", async () => {
    const mount = "unshare -Urm mount -t tmpfs none /tmp && echo mounted";
    expect((await inBox(["--nested"], mount)).stdout).toBe("mounted\n");
    expect((await inBox(["--landlock"], mount)).stdout).toBe("");
  });

  test("keeps signals inside, where the box shares the host's process ids", async () => {
    await using outside = await liveBox(["--pid", "host", "--no-landlock"]);
    const signal = `kill -0 ${outside.command} && echo reached`;
    expect((await inBox(["--pid", "host"], signal)).stdout).toBe("");
    expect((await runCommand(["sh", "-c", signal])).stdout).toBe("reached\n");
  });

  test("is inherited by all that runs inside, and by the init", async () => {
    await using box = await liveBox();
    // A process in a domain can't be looked into by one that is not above it; from outside nothing changes.
    expect(existsSync(`/proc/${box.init}/status`)).toBe(true);
    expect(await box.ask("kill -0 1 && echo reached")).toContain("reached");
  });
});

describeWith(["userns", "keyctl"], "keys in a box", () => {
  test("are its own: a key of the caller's session is not possessed", async () => {
    const script = "keyctl show @s 2>&1 | grep -c nsbox-secret";
    const wrap = (command: string): Promise<{ readonly stdout: string }> =>
      runCommand([
        "keyctl",
        "session",
        "-",
        "sh",
        "-c",
        `keyctl add user nsbox-secret value @s >/dev/null; ${command}`,
      ]);
    expect((await wrap(script)).stdout.trim()).toBe("1");
    expect((await wrap(`'${NSBOX}' run -- sh -c '${script}'`)).stdout.trim()).toBe("0");
  });
});

describeWith(["userns"], "--hide", () => {
  test("shows a folder empty and a file without content, also below what is shown writable", async () => {
    using dir = tempDir();
    mkdirSync(dir.join("keys"));
    writeFileSync(dir.join("keys/id"), "secret");
    writeFileSync(dir.join(".env"), "TOKEN=1");
    const script = `cd ${dir.path}; ls keys; cat .env; echo x > .env; touch keys/y; echo end`;
    const flags = ["--rw", dir.path, "--hide", dir.join("keys"), "--hide", dir.join(".env")];
    expect((await inBox(flags, script)).stdout).toBe("end\n");
    expect(readFileSync(dir.join(".env"), "utf8")).toBe("TOKEN=1");
    expect(existsSync(dir.join("keys/y"))).toBe(false);
    expect((await inBox(["--rw", dir.path], `cat ${dir.join(".env")}`)).stdout).toBe("TOKEN=1");
  });

  test("of what is hidden already is no error, and of nothing is one", async () => {
    using dir = tempDir();
    expect((await inBox(["--hide", dir.path], "echo fine")).stdout).toBe("fine\n");
    const { stderr, exitCode } = await inBox(["--hide", dir.join("nothing")], "true");
    expect(stderr).toContain(`Cannot use --hide "${dir.join("nothing")}": ENOENT`);
    expect(exitCode).toBe(125);
  });
});

describeWith(["userns"], "a process that enters a user namespace", () => {
  test("can't be traced while it does", async () => {
    await using box = await liveBox(["--cap-add", "sys_ptrace"]);
    const child = startNsbox(["run", "--userns", String(box.command), "--no-init", "--", "sleep", "1000"]);
    try {
      const plan = await nsbox(["run", "--userns", String(box.command), "--dry-run", "--", "true"]);
      expect(plan.stdout).toContain("PR_SET_DUMPABLE");
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });
});

/** A project with a repository, as a box may find it. */
function project(): TempDir {
  const dir = tempDir();
  for (const path of [".git", ".git/hooks", ".git/info", ".vscode"]) mkdirSync(dir.join(path));
  writeFileSync(dir.join(".git/config"), "[core]\n");
  writeFileSync(dir.join(".vscode/tasks.json"), "{}\n");
  symlinkSync(".vscode", dir.join(".idea"));
  return dir;
}

const PLANTS: readonly (readonly [what: string, script: string, path: string])[] = [
  ["a hook", "echo x > .git/hooks/post-checkout", ".git/hooks/post-checkout"],
  [
    "a hook, by way of another .git",
    "mv .git x; mkdir -p .git/hooks; echo x > .git/hooks/pre-push",
    ".git/hooks/pre-push",
  ],
  ["a line in .git/config", "echo 'fsmonitor = evil' >> .git/config", ".git/config"],
  ["another .git/config", "echo x > c; mv c .git/config || rm .git/config; cp c .git/config", ".git/config"],
  ["an editor task", "echo x > .vscode/tasks.json", ".vscode/tasks.json"],
  ["a folder for a link", "rm .idea; mkdir .idea; echo x > .idea/workspace.xml", ".idea/workspace.xml"],
  ["a CI definition that was not there", "mkdir -p .github/workflows; echo x > .github/workflows/x.yml", ".github"],
  ["an .envrc that was not there", "echo x > .envrc", ".envrc"],
];

describeWith(["userns", "git"], "a writable project", () => {
  test("commits nothing that only keeps a place", async () => {
    using dir = tempDir();
    const git = "git -c user.name=a -c user.email=a@example.org";
    await runCommand(["sh", "-c", `cd '${dir.path}' && git init -q && echo 1 > a`]);
    const script = `git add -A && ${git} commit -qm x && git ls-files && git status --short`;
    const flags = ["--rw", dir.path, "--workdir", dir.path, "-e", `HOME=${dir.path}`];
    const { stdout, stderr } = await nsbox(["run", ...flags, "--", "sh", "-c", script]);
    expect([stdout, stderr]).toEqual(["a\n", ""]);
  });

  test.each(PLANTS)("can not be given %s", async (_, script, path) => {
    for (const [flags, planted] of [
      [[], false],
      [["--no-protect"], true],
    ] as const) {
      using dir = project();
      const before = existsSync(dir.join(path)) ? statSync(dir.join(path)).mtimeMs : undefined;
      await nsbox(["run", "--rw", dir.path, "--workdir", dir.path, ...flags, "--", "sh", "-c", script]);
      const after = existsSync(dir.join(path)) ? statSync(dir.join(path)).mtimeMs : undefined;
      expect([flags, after !== before]).toEqual([flags, planted]);
    }
  });

  test("can be worked in: files are made, changed and removed, a commit is made", async () => {
    using dir = project();
    const script = "echo 1 > a; mkdir -p src/b; mv a src/b; touch .git/index .git/HEAD; ls -A";
    const { stdout, stderr } = await nsbox(["run", "--rw", dir.path, "--workdir", dir.path, "--", "sh", "-c", script]);
    expect(stderr).toBe("");
    expect(stdout).toContain("src");
    expect(readdirSync(dir.path).sort()).toEqual([".git", ".idea", ".vscode", "src"]);
  });

  test.each([[], ["--json"], ["--no-init"], ["--timeout", "200ms"]])(
    "is left without placeholders: %p",
    async (...flags) => {
      using dir = project();
      const command = flags.includes("--timeout") ? "sleep 100" : "ls -A";
      await nsbox(["run", ...flags, "--rw", dir.path, "--workdir", dir.path, "--", "sh", "-c", command]);
      expect(readdirSync(dir.path).sort()).toEqual([".git", ".idea", ".vscode"]);
      expect(readdirSync(dir.join(".git")).sort()).toEqual(["config", "hooks", "info"]);
    },
  );

  test("is left without placeholders where the box can't be made", async () => {
    using dir = project();
    const flags = ["--rw", dir.path, "--rlimit", "nofile=999999999999"];
    expect((await nsbox(["run", ...flags, "--", "true"])).exitCode).toBe(125);
    expect(readdirSync(dir.path).sort()).toEqual([".git", ".idea", ".vscode"]);
  });

  test("keeps what somebody outside has written to a placeholder meanwhile", async () => {
    using dir = project();
    await using box = await liveBox(["--rw", dir.path]);
    await waitFor(() => existsSync(dir.join(".git/info/attributes")), "the placeholder");
    writeFileSync(dir.join(".git/info/attributes"), "mine\n");
    box.kill("SIGTERM");
    await box.exited;
    expect(readFileSync(dir.join(".git/info/attributes"), "utf8")).toBe("mine\n");
  });
});

/** Makes and uses a queue, a piece of shared memory and a semaphore by the POSIX names. */
const POSIX_IPC = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
class Attributes(ctypes.Structure): _fields_ = [('words', ctypes.c_long * 8)]
limits = Attributes(); limits.words[1] = 4; limits.words[2] = 64
queue = libc.mq_open(b'/q', os.O_CREAT | os.O_RDWR, 0o600, ctypes.byref(limits))
print('queue', queue >= 0 and libc.mq_send(queue, b'hello', 5, 1) == 0, os.strerror(ctypes.get_errno()))
taken = ctypes.create_string_buffer(64)
print('taken', libc.mq_receive(queue, taken, 64, None), taken.value.decode(), libc.mq_unlink(b'/q'))
shared = libc.shm_open(b'/s', os.O_CREAT | os.O_RDWR, 0o600)
print('shared', os.ftruncate(shared, 4096), os.pwrite(shared, b'x', 0))
libc.sem_open.restype = ctypes.c_void_p
semaphore = libc.sem_open(b'/x', os.O_CREAT, 0o600, 1)
print('semaphore', libc.sem_wait(ctypes.c_void_p(semaphore)), libc.sem_post(ctypes.c_void_p(semaphore)))
`;

describeWith(["userns", "landlock", "python3"], "POSIX names between a box's processes", () => {
  test.each([[[]], [["--no-landlock"]], [["--user", "1000"]], [["--root", "/"]]])(
    "work: queues, shared memory, semaphores, with %j",
    async (flags) => {
      const { stdout, stderr } = await nsbox(["run", ...flags, "--", "python3", "-c", POSIX_IPC]);
      expect([stdout, stderr]).toEqual(["queue True Success\ntaken 5 hello 0\nshared None 1\nsemaphore 0 0\n", ""]);
    },
  );

  test("are the box's own: it has none of the host's, and the host none of its", async () => {
    const name = `nsbox-test-${process.pid}`;
    await runCommand(["python3", "-c", `open('/dev/shm/${name}', 'w')`]);
    try {
      const script = `ls -A /dev/shm /dev/mqueue; echo x > /dev/shm/${name}-inside`;
      expect((await inBox([], script)).stdout).toBe("/dev/mqueue:\n\n/dev/shm:\n");
      expect(existsSync(`/dev/shm/${name}-inside`)).toBe(false);
      expect((await inBox(["--dev", "host", "--no-landlock"], "ls -A /dev/shm")).stdout).toContain(name);
    } finally {
      rmSync(`/dev/shm/${name}`, { force: true });
    }
  });
});

describeWith(["userns"], "what a box does not take over from its caller", () => {
  test("is the memory layout that a debugger sets, the umask, and core dumps", async () => {
    const script = "cat /proc/self/personality; umask; ulimit -c; ulimit -Hc";
    const command = `umask 000; ulimit -c unlimited; exec setarch -R '${NSBOX}' run -- sh -c '${script}'`;
    expect((await runCommand(["sh", "-c", command])).stdout).toBe("00000000\n0022\n0\n0\n");
    const outside = `umask 000; exec setarch -R sh -c 'cat /proc/self/personality; umask'`;
    expect((await runCommand(["sh", "-c", outside])).stdout).toBe("00040000\n0000\n");
  });

  test("is no limit of core dumps, where the caller has none to give", async () => {
    const command = `ulimit -c 0; exec '${NSBOX}' run -- grep core /proc/self/limits`;
    const { stdout, stderr } = await runCommand(["sh", "-c", command]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^Max core file size +([01]) +\1 +bytes/);
  });

  test("are its terminals: the first of the box is its own number 0", async () => {
    const { stdout } = await inBox(["-t"], "ls /dev/pts; tty");
    expect(stdout.replaceAll("\r", "")).toBe("0  ptmx\n/dev/pts/0\n");
  });

  test("is an executable that could be written: the init's is sealed", async () => {
    await using box = await liveBox([]);
    const check = `import fcntl, os, sys; print(fcntl.fcntl(os.open(sys.argv[1], os.O_RDONLY), 1034))`;
    const { stdout } = await runCommand(["python3", "-c", check, `/proc/${box.init}/exe`]);
    // F_SEAL_SEAL, SHRINK, GROW and WRITE.
    expect(stdout).toBe("15\n");
  });
});

describeWith(["root"], "a mount that comes under a shown folder while the box runs", () => {
  /** In a mount namespace whose mounts propagate; `show` starts what sees the folder, and looks there. */
  async function look(show: (folder: string) => string): Promise<string> {
    using dir = tempDir();
    mkdirSync(dir.join("sub"));
    const inside = "echo ready; read line; ls FOLDER/sub; touch FOLDER/sub/x 2>/dev/null && echo written";
    const script = `
      mount --bind '${dir.path}' '${dir.path}' && mount --make-shared '${dir.path}'
      mkfifo /tmp/go-$$; exec 3<>/tmp/go-$$; rm /tmp/go-$$
      ${show(dir.path)} sh -c '${inside.replaceAll("FOLDER", dir.path)}' <&3 | { read ready; mount -t tmpfs none '${dir.path}/sub'; touch '${dir.path}/sub/seen'; echo >&3; cat; }`;
    return (await runCommand(["unshare", "--mount", "--propagation", "shared", "sh", "-c", script])).stdout;
  }

  test("is not seen inside, and gives nothing to write to", async () => {
    expect(await look((folder) => `'${NSBOX}' run --ro '${folder}' --`)).toBe("");
  });

  test("would be, by a process that follows the host's mounts: the attempt is a real one", async () => {
    expect(await look(() => "unshare --mount --propagation slave")).toBe("seen\nwritten\n");
  });
});

/**
 * Uses up the caller's quota of keys until it is ended; see keyrings(7). Those of boxes that have ended before come free
 * for a while: it says that all are used up once none has come for two seconds, and takes what comes later still.
 */
const USE_UP = `trap exit TERM; n=0; idle=0
while :; do
  if keyctl newring $n @s > /dev/null 2>&1; then n=$((n + 1)); idle=0; else idle=$((idle + 1)); sleep 0.02; fi
  [ $idle = 100 ] && echo full
done`;

/** Has no keyring of its own to begin with where somebody else's have not come free yet. */
async function hoard(): Promise<AsyncDisposable> {
  return waitFor(async () => {
    const hoarder = Bun.spawn(["keyctl", "session", "-", "sh", "-c", USE_UP], { stdout: "pipe", stderr: "ignore" });
    const { done } = await hoarder.stdout.getReader().read();
    if (done) return undefined;
    return {
      async [Symbol.asyncDispose]() {
        // Not by SIGKILL: a child that is left alone would keep the keys until somebody reaps it.
        hoarder.kill("SIGTERM");
        await hoarder.exited;
      },
    };
  }, "all keys to be used up");
}

describeWith(["userns", "unprivileged", "keyctl"], "a box's keyring, where its user has no keys left", () => {
  const echo = (...flags: readonly string[]) => nsbox(["run", ...flags, "--", "echo", "ran"]);

  test("is done without, unless --seccomp none lets the box read keys", async () => {
    await using _hoarder = await hoard();
    expect(await echo()).toMatchObject({ stdout: "ran\n", stderr: "", exitCode: 0 });
    const refused = await echo("--seccomp", "none");
    expect(refused.stderr).toStartWith("nsbox: Cannot have a session keyring of its own: keyctl gave EDQUOT");
    expect(refused).toMatchObject({ stdout: "", exitCode: 125 });
  });

  test("is waited for: those of boxes that have ended come free a little later", async () => {
    const hoarder = await hoard();
    let isWaiting = true;
    const waiting = echo("--seccomp", "none").finally(() => (isWaiting = false));
    await Bun.sleep(200);
    expect(isWaiting).toBe(true);
    await hoarder[Symbol.asyncDispose]();
    expect((await waiting).stdout).toBe("ran\n");
  });
});
