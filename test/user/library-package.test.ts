// The library as others have it: a program elsewhere that depends on the package, and the examples, run for real.
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeWith, testWith } from "#test/support/needs.ts";
import { runCommand, tempDir, type TempDir } from "#test/support/nsbox.ts";

const ROOT: string = join(import.meta.dir, "../..");
const example = (name: string): string => join(ROOT, "examples", name);

/** A project of its own, with nsbox among its dependencies by path. */
function openProject(files: Readonly<Record<string, string>>): TempDir {
  const dir = tempDir();
  mkdirSync(dir.join("node_modules"));
  symlinkSync(ROOT, dir.join("node_modules/nsbox"));
  const dependencies = { nsbox: `file:${ROOT}` };
  writeFileSync(dir.join("package.json"), JSON.stringify({ name: "project", type: "module", dependencies }));
  for (const [name, text] of Object.entries(files)) writeFileSync(dir.join(name), text);
  return dir;
}

/** What `bun init` writes, as far as it matters here. */
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    lib: ["ESNext"],
    target: "ESNext",
    module: "Preserve",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [join(ROOT, "node_modules/bun-types")],
  },
});

describeWith(["userns"], 'import { box } from "nsbox"', () => {
  test("works in a program elsewhere, with its types", async () => {
    using project = openProject({
      "tsconfig.json": TSCONFIG,
      "main.ts": `
        import { type Box, box, type BoxOptions, type Finished, NsboxError, run } from "nsbox";
        const options: BoxOptions = { root: "host", rw: ["."], net: "none" };
        await using b: Box = await box(options);
        const p = b.spawn(["cat"], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
        p.stdin.write("through a box");
        await p.stdin.end();
        const text: string = await p.stdout.text();
        const code: number = await p.exited;
        const finished: Finished = await run(["sh", "-c", "exit 3"]);
        let failure = "";
        try { await b.exec(["no-such"]); } catch (error) { if (error instanceof NsboxError) failure = error.code; }
        console.log(JSON.stringify([text, code, finished.exitCode, failure]));`,
      "wrong.ts": `
        import { box } from "nsbox";
        await box({ root: 5 });
        await box({ rww: "." });
        (await box()).spawn(["true"], { stdout: "ignore" }).stdout.text();`,
    });
    const run = await runCommand([process.execPath, "main.ts"], { cwd: project.path });
    expect(run).toEqual({ stdout: '["through a box",0,3,"ENOTFOUND"]\n', stderr: "", exitCode: 0 });
    const check = await runCommand([process.execPath, "check", "--no-pretty"], { cwd: project.path });
    const errors = [...check.stdout.matchAll(/^(\S+\.ts)\((\d+),\d+\): error (TS\d+)/gm)].map((match) =>
      match.slice(1),
    );
    expect(errors).toEqual([
      ["wrong.ts", "3", "TS2322"],
      ["wrong.ts", "4", "TS2353"],
      ["wrong.ts", "5", "TS2532"],
    ]);
  });

  test("loads nothing of the command line's frameworks", async () => {
    const program = `
      import "nsbox";
      console.log(Object.keys(require.cache).filter((path) => /node_modules\\/(?!nsbox)/.test(path)).length);`;
    using project = openProject({ "main.ts": program });
    const { stdout, stderr } = await runCommand([process.execPath, "main.ts"], { cwd: project.path });
    expect([stdout, stderr]).toEqual(["0\n", ""]);
  });
});

describeWith(["userns"], "examples/", () => {
  test("has a test here for each file", () => {
    expect(readdirSync(join(ROOT, "examples")).sort()).toEqual([
      "test-runner.ts",
      "tool-server.ts",
      "untrusted-code.ts",
    ]);
  });

  testWith(["python3"], "untrusted-code.ts runs a program, and stops one that takes too much", async () => {
    const python = (program: string) =>
      runCommand([process.execPath, example("untrusted-code.ts")], { stdin: program });
    expect((await python("print(sum(range(10)))")).stdout).toBe("45\n\n");
    const runs = await Promise.all([
      python("while True: print('x' * 1000)"),
      python("x = 'x' * 10**9"),
      python("import socket; socket.create_connection(('192.0.2.1', 80))"),
      python("open('/etc/x', 'w')"),
      python("import time; time.sleep(1000)"),
    ]);
    const [much, large, far, write, late] = runs.map(({ stdout }) => stdout);
    expect(much).toBe("it wrote too much\n");
    expect(large).toContain("MemoryError");
    expect(far).toContain("Network is unreachable");
    expect(write).toContain("Read-only file system");
    expect(late).toBe("it took too long\n");
  });

  test("test-runner.ts gives each test file a box of its own", async () => {
    const same = `
      import { expect, test } from "bun:test";
      import { existsSync, writeFileSync } from "node:fs";
      test("has port and file for itself", async () => {
        expect(existsSync("/tmp/same")).toBe(false);
        writeFileSync("/tmp/same", "");
        using server = Bun.serve({ port: 3000, fetch: () => new Response("mine") });
        await Bun.sleep(100);
        expect(await (await fetch(server.url)).text()).toBe("mine");
      });`;
    using project = openProject({
      "a.test.ts": same,
      "b.test.ts": same,
      "c.test.ts": `import { expect, test } from "bun:test"; test("fails", () => expect(1).toBe(2));`,
    });
    const run = (files: readonly string[]) =>
      runCommand([process.execPath, example("test-runner.ts"), ...files], { cwd: project.path });
    const good = await run(["a.test.ts", "b.test.ts"]);
    expect([good.stdout.trim().split("\n").sort(), good.stderr]).toEqual([["ok    a.test.ts", "ok    b.test.ts"], ""]);
    expect(good.exitCode).toBe(0);
    const bad = await run(["a.test.ts", "c.test.ts"]);
    expect(bad.stdout).toContain("FAIL  c.test.ts");
    expect(bad.exitCode).toBe(1);
  });

  test("tool-server.ts runs an agent's commands in its session's box", async () => {
    using project = openProject({ "note.txt": "from outside\n" });
    mkdirSync(project.join(".git/hooks"), { recursive: true });
    const child = Bun.spawn([process.execPath, example("tool-server.ts"), project.path], { stdout: "pipe" });
    try {
      const { value } = await child.stdout.getReader().read();
      const { url, token } = JSON.parse(new TextDecoder().decode(value)) as { url: string; token: string };
      const ask = (path: string, method: string, body?: unknown): Promise<Response> =>
        fetch(new URL(path, url), {
          method,
          headers: { authorization: `Bearer ${token}` },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      expect((await fetch(new URL("/sessions", url), { method: "POST" })).status).toBe(401);
      const { session } = (await (await ask("/sessions", "POST")).json()) as { session: string };
      const command = async (script: string): Promise<unknown> =>
        (await ask(`/sessions/${session}`, "POST", { command: ["sh", "-c", script] })).json();
      expect(await command("cat note.txt; echo written > new.txt; hostname; sleep 1000 &")).toEqual({
        exitCode: 0,
        stdout: "from outside\nagent\n",
        stderr: "",
        timedOut: false,
        truncated: false,
      });
      expect(await Bun.file(project.join("new.txt")).text()).toBe("written\n");
      expect(await command("pgrep -cx sleep; touch .git/hooks/pre-commit")).toMatchObject({
        exitCode: 1,
        stdout: "1\n",
      });
      const late = await ask(`/sessions/${session}`, "POST", { command: ["sleep", "1000"], timeout: "100ms" });
      expect(await late.json()).toMatchObject({ timedOut: true });
      const wrong = await ask(`/sessions/${session}`, "POST", { command: ["no-such"] });
      expect([wrong.status, await wrong.json()]).toMatchObject([400, { error: { code: "ENOTFOUND" } }]);
      expect((await ask(`/sessions/${session}`, "DELETE")).status).toBe(204);
      expect((await ask(`/sessions/${session}`, "POST", { command: ["true"] })).status).toBe(404);
    } finally {
      child.kill();
      await child.exited;
    }
  });
});
