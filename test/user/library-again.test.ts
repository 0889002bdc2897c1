// The library: what comes for the third time, and is no longer thought through, is what came for the first.
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { box, type BoxOptions, NsboxError, run } from "#src/index.ts";
import { describeWith } from "#test/support/needs.ts";
import { tempDir } from "#test/support/nsbox.ts";

const TIMES = 4;

/** What a command says, or what was in its way. */
async function outcome(command: readonly string[], options: BoxOptions): Promise<unknown> {
  try {
    const { stdout, stderr, exitCode, timedOut } = await run(command, options);
    return { stdout, stderr, exitCode, timedOut };
  } catch (error) {
    if (!(error instanceof NsboxError)) throw error;
    return { message: error.message, code: error.code };
  }
}

const sh = (script: string): readonly string[] => ["sh", "-c", script];
const LOOK =
  "id -u; hostname; pwd; env | sort; grep -E 'Cap|NoNew|Umask' /proc/self/status; cut -d' ' -f5- /proc/1/mountinfo";

describeWith(["userns"], "what comes again", () => {
  test.each<[options: BoxOptions, command: readonly string[]]>([
    [{}, sh(LOOK)],
    [{}, ["no-such"]],
    [{}, ["/etc/passwd"]],
    [{ env: { A: "b" }, hostname: "x", workdir: "/tmp", umask: 0o27, capDrop: "ALL" }, sh(LOOK)],
    [{ rlimits: { nofile: 64 }, seccomp: "none", oomScoreAdj: 300 }, sh("ulimit -n; cat /proc/self/oom_score_adj")],
    [{ rw: "DIR", hide: "DIR/data" }, sh("cat DIR/data; touch DIR/.bashrc; echo x >DIR/new; ls -A DIR")],
    [{ home: "ro", tmpfs: "/opt", proc: "fresh", dev: "minimal" }, sh(`${LOOK}; ls /opt /dev`)],
    [{ root: "empty", ro: ["/bin", "/lib", "/lib64", "/usr"] }, sh("ls /; pwd")],
    [{ overlay: true }, sh("echo x >/etc/new && cat /etc/new")],
    [{ user: 5 }, sh(LOOK)],
    [{ keepId: true, nested: true, allowNewPrivs: true }, sh(LOOK)],
    [
      { rw: "DIR", protect: false },
      sh("mkdir -p DIR/.git && echo x >DIR/Jenkinsfile; ls -A DIR; rm -r DIR/.git DIR/Jenkinsfile"),
    ],
    [{ timeout: "300ms" }, ["sleep", "1000"]],
  ])("is as for the first time: %j %j", async (options, command) => {
    using dir = tempDir();
    const placed = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll("DIR", dir.path)) as T; // the same, but for texts
    const seen: unknown[] = [];
    for (let time = 0; time < TIMES; time++) {
      writeFileSync(dir.join("data"), "data");
      rmSync(dir.join("new"), { force: true });
      seen.push(await outcome(placed(command), placed(options)));
    }
    for (const later of seen.slice(1)) expect(later).toEqual(seen[0]);
  });

  test("gets its own words, variables, streams and time", async () => {
    for (let time = 0; time < TIMES; time++) {
      const env = { N: String(time) };
      const { stdout } = await run(["sh", "-c", 'echo "$N $0"; cat', `word ${time}`], { env, stdin: `in ${time}` });
      expect(stdout).toBe(`${time} word ${time}\nin ${time}`);
      process.env["LC_AGAIN"] = `outside ${time}`;
      try {
        expect((await run(sh("echo $LC_AGAIN"))).stdout).toBe(`outside ${time}\n`);
      } finally {
        delete process.env["LC_AGAIN"];
      }
      expect((await run(["sleep", time === 2 ? "1000" : "0"], { timeout: "1s" })).timedOut).toBe(time === 2);
    }
  });

  test("is where this program is by then", async () => {
    const before = process.cwd();
    try {
      for (const folder of ["/usr", "/etc", "/usr", "/usr", "/usr", "/etc", "/usr"]) {
        process.chdir(folder);
        expect((await run(["pwd"])).stdout).toBe(`${folder}\n`);
      }
    } finally {
      process.chdir(before);
    }
  });

  test("protects what has come to be there by then, and takes away what it made", async () => {
    using dir = tempDir();
    const write = async (path: string): Promise<boolean> =>
      (await run(sh(`echo x >${dir.join(path)}`), { rw: dir.path })).ok;
    const refused = async (path: string): Promise<void> => {
      for (let time = 0; time < TIMES; time++) expect([path, await write(path)]).toEqual([path, false]);
    };
    for (let time = 0; time < TIMES; time++) expect(await write("Jenkinsfile")).toBe(true);
    rmSync(dir.join("Jenkinsfile"));
    mkdirSync(dir.join(".git/hooks"), { recursive: true });
    await refused(".git/hooks/pre-commit");
    await refused("Jenkinsfile");
    expect(existsSync(dir.join("Jenkinsfile"))).toBe(false);
    writeFileSync(dir.join("Jenkinsfile"), "mine");
    await refused("Jenkinsfile");
    expect(readFileSync(dir.join("Jenkinsfile"), "utf8")).toBe("mine");
    rmSync(dir.path, { recursive: true });
    mkdirSync(dir.path);
    for (let time = 0; time < TIMES; time++) expect(await write("Jenkinsfile")).toBe(true);
  });

  test("tells of what has gone, or is of another kind, by then", async () => {
    using dir = tempDir();
    const path = dir.join("shown");
    const look = (): Promise<unknown> => outcome(sh("test -d /mnt && echo dir || cat /mnt"), { ro: `${path}:/mnt` });
    for (let round = 0; round < 2; round++) {
      mkdirSync(path);
      for (let time = 0; time < TIMES; time++) expect(await look()).toMatchObject({ stdout: "dir\n" });
      rmSync(path, { recursive: true });
      for (let time = 0; time < TIMES; time++) expect(await look()).toMatchObject({ code: "ESPEC" });
    }
    mkdirSync(path);
    chmodSync(path, 0o700);
    expect(await look()).toMatchObject({ stdout: "dir\n" });
  });

  test("may be entered, each a box of its own", async () => {
    const pids = new Set<number>();
    for (let time = 0; time < TIMES; time++) {
      await using b = await box({ hostname: "again" });
      await using c = await box({ hostname: "again" });
      for (const { pid } of [b, c]) pids.add(pid);
      await b.exec(sh("echo x >/tmp/x"));
      expect((await b.exec(sh("hostname; cat /tmp/x"))).stdout).toBe("again\nx\n");
      expect((await c.exec(sh("cat /tmp/x 2>/dev/null"))).ok).toBe(false);
    }
    expect(pids.size).toBe(2 * TIMES);
  });

  test("may come side by side", async () => {
    using dir = tempDir();
    const options: BoxOptions = { rw: dir.path };
    const work = async (n: number): Promise<string> => (await run(["sh", "-c", `echo ${n}`], options)).stdout;
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all(Array.from({ length: 12 }, (_, n) => work(n)));
      expect(all).toEqual(Array.from({ length: 12 }, (_, n) => `${n}\n`));
    }
  });
});
