// The library: what it does to the program that uses it, which is nothing, and what is left when that is killed.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { box, run } from "#src/index.ts";
import { childrenOf, isAlive } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { runCommand, tempDir, waitFor } from "#test/support/nsbox.ts";

const ROOT: string = join(import.meta.dir, "../..");
const read = (name: string): string => readFileSync(`/proc/self/${name}`, "utf8");

/** All that a process has which a box might change. */
function lookAtSelf(): Readonly<Record<string, unknown>> {
  const umask = process.umask();
  const kept = /^(?:Sig(?:Pnd|Blk|Ign|Cgt)|ShdPnd|Umask|Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|NSpid)/;
  const files = readdirSync("/proc/self/fd").map((fd) => `${fd} ${linkOf(fd)}`);
  return {
    umask,
    status: read("status")
      .split("\n")
      .filter((line) => kept.test(line)),
    files: files.filter((file) => !file.endsWith(" ")),
    namespaces: readdirSync("/proc/self/ns").map((type) => readlinkSync(`/proc/self/ns/${type}`)),
    cwd: process.cwd(),
    root: readlinkSync("/proc/self/root"),
    env: { ...process.env },
    limits: read("limits"),
    oom: read("oom_score_adj"),
    mounts: read("mountinfo"),
    cgroup: read("cgroup"),
    session: read("stat").split(")").at(-1)?.trim().split(" ").slice(2, 5),
    children: childrenOf(process.pid),
  };
}

const pipes = (): readonly string[] =>
  readdirSync("/proc/self/fd").filter((fd) => /^(?:socket|pipe):/.test(linkOf(fd)));
const given: readonly string[] = pipes();

/** Bun closes a pipe that nobody has read when it collects the garbage. */
function pipesGone(): Promise<boolean> {
  return waitFor(() => {
    Bun.gc(true);
    return pipes().every((fd) => given.includes(fd));
  }, "pipes to be closed");
}

/** "" for the descriptor that has listed the others. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

/** One of everything. */
async function useLibrary(): Promise<void> {
  await using b = await box({ hostname: "other", rlimits: { nofile: 99 }, umask: "077", env: { OTHER: "1" } });
  await using p = b.spawn(["sleep", "1000"], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  p.kill("SIGTERM");
  await b.exec(["true"]);
  await b.exec(["no-such"]).catch(() => undefined);
  await run(["sh", "-c", "kill -9 $$"]);
  await run(["true"], { hostname: "a b" }).catch(() => undefined);
}

describeWith(["userns"], "a program that uses the library", () => {
  const temporary = tempDir();
  afterAll(() => temporary[Symbol.dispose]());

  test("has the umask, signals, files, namespaces, folders and environment that it had", async () => {
    // Bun gets its own things ready with its first process.
    await useLibrary();
    await Bun.spawn(["true"]).exited;
    await pipesGone();
    const before = lookAtSelf();
    for (let n = 0; n < 5; n++) await useLibrary();
    await pipesGone();
    expect(lookAtSelf()).toEqual(before);
  });

  test("may use Bun.spawn and its like at the same time, and no exit code is lost", async () => {
    await using b = await box();
    const codes = Array.from({ length: 60 }, (_, n) => n);
    const started = codes.map((code): Promise<number> => {
      const command = ["sh", "-c", `sleep 0.0${code % 10}; exit ${code}`];
      if (code % 4 === 0) return Bun.spawn(command).exited;
      if (code % 4 === 1) return b.spawn(command).exited;
      if (code % 4 === 2) return run(command).then(({ exitCode }) => exitCode);
      return Promise.resolve(Bun.spawnSync(command).exitCode);
    });
    expect(await Promise.all(started)).toEqual(codes);
  });

  test("ends although a box is open, and the box with it", async () => {
    const program = `
      import { box } from "#src/index.ts";
      const b = await box();
      b.spawn(["sleep", "1000"]).unref();
      console.log(b.pid);`;
    const { stdout, stderr } = await runCommand([process.execPath, "-e", program], { cwd: ROOT });
    expect(stderr).toBe("");
    await waitFor(() => !isAlive(Number(stdout)), "the box to end");
  });

  test("may make boxes in a Worker, with which they end", async () => {
    const file = temporary.join("worker.ts");
    writeFileSync(
      file,
      `import { box, run } from ${JSON.stringify(join(ROOT, "src/index.ts"))};
       const b = await box();
       const p = b.spawn(["sleep", "1000"]);
       postMessage([b.pid, p.pid, (await run(["echo", "from a worker"])).stdout]);`,
    );
    const worker = new Worker(file);
    const [init, sleeper, text] = await new Promise<[number, number, string]>((done, fail) => {
      worker.onmessage = ({ data }) => done(data);
      worker.onerror = ({ message }) => fail(new Error(message));
    });
    expect([text, isAlive(init), isAlive(sleeper)]).toEqual(["from a worker\n", true, true]);
    worker.terminate();
    await waitFor(() => !isAlive(init) && !isAlive(sleeper), "the worker's boxes to end");
  });

  test("that is killed leaves no process and no file behind", async () => {
    const project = temporary.join("project");
    mkdirSync(join(project, ".git"), { recursive: true });
    const program = `
      import { box, run } from "#src/index.ts";
      const boxes = await Promise.all(Array.from({ length: 5 }, () => box({ rw: ${JSON.stringify(project)} })));
      const sleepers = boxes.map((b) => b.spawn(["sh", "-c", "setsid sleep 1000 & sleep 1000"]));
      run(["sleep", "1000"]);
      setInterval(() => void run(["sleep", "1000"]), 1);
      await Bun.sleep(100);
      console.log(JSON.stringify([...boxes, ...sleepers].map(({ pid }) => pid)));`;
    const child = Bun.spawn([process.execPath, "-e", program], { cwd: ROOT, stdout: "pipe", stderr: "inherit" });
    const { value } = await child.stdout.getReader().read();
    const known = JSON.parse(new TextDecoder().decode(value)) as number[]; // as the program has written it
    const all = [...known, ...descendantsOf(child.pid)];
    expect(readdirSync(project)).toContain("Jenkinsfile");
    child.kill("SIGKILL");
    await child.exited;
    expect(all.length).toBeGreaterThan(20);
    await waitFor(() => all.every((pid) => !isAlive(pid)), "all processes to end");
    expect(readdirSync(project)).toEqual([".git"]);
  });

  test("may be killed at any moment while it makes boxes", async () => {
    // By this word all that it starts is found, also what has been forked since anybody looked.
    const marked = `1000.${process.pid}`;
    const program = `
      import { box, run } from "#src/index.ts";
      console.log("ready");
      for (;;) {
        const b = await box();
        const [p] = [b.spawn(["sleep", "${marked}"]), run(["sleep", "${marked}"], { timeout: 50 })];
        await Bun.sleep(3);
        p.kill();
      }`;
    for (let n = 0; n < 12; n++) {
      const child = Bun.spawn([process.execPath, "-e", program], { cwd: ROOT, stdout: "pipe", stderr: "inherit" });
      await child.stdout.getReader().read();
      await Bun.sleep(n * 7);
      const all = descendantsOf(child.pid);
      child.kill("SIGKILL");
      await child.exited;
      await waitFor(() => [...all, ...pidsWith(marked)].every((pid) => !isAlive(pid)), "all processes to end");
      expect(pidsWith(marked)).toEqual([]);
    }
  });
});

function descendantsOf(pid: number): readonly number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

/** Who has this word among the arguments. */
function pidsWith(word: string): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => argumentsOf(pid).includes(word));
}

function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return [];
    throw error;
  }
}
