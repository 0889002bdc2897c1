// A compiled box is the box that `run` makes: one table of cases drives both.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { RUN_OPTIONS } from "#src/cli/run-options.ts";
import { BOX_CASES, ENV, furnish, outside, placed } from "#test/support/box-cases.ts";
import { compiledBox } from "#test/support/compiled.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, type RunOptions, tempDir } from "#test/support/nsbox.ts";

/** Flags without a compiled counterpart: refused, or about what nsbox prints. */
const LEFT_OUT: readonly string[] = [
  ...["allow-host", "deny-host", "net-log", "audit", "unix-sockets", "tty", "subids", "dry-run", "json"],
  ...["add-host", "dns", "dns-search", "ip", "ip6", "mac", "mtu", "publish"],
  ...["detach", "label", "log", "log-size", "pids", "restart", "rm"],
];

describeWith(["userns"], "a compiled box", () => {
  for (const { flags, script, command, needs = [], stdin } of BOX_CASES) {
    const title = `does as run: ${flags.join(" ")} -- ${command?.join(" ") ?? script}`;
    testWith(needs, title, async () => {
      const seen: unknown[] = [];
      for (const way of ["run", "compile"] as const) {
        using dir = tempDir();
        furnish(dir.path);
        const box = ["--", ...(command ?? ["sh", "-c", script ?? ""])].map((word) => placed(word, dir.path));
        const options: RunOptions = { cwd: dir.path, env: ENV, ...(stdin === undefined ? {} : { stdin }) };
        const passed = flags.map((word) => placed(word, dir.path));
        const fifth = flags.includes("--pass-fd") ? ["sh", "-c", `exec "$@" 5<"$0"`, dir.join("data")] : [];
        const result = await start(way, fifth, [...passed, ...box], options);
        const { stdout, stderr, exitCode } = result;
        const files = readdirSync(dir.path).sort();
        seen.push({ stdout: outside(stdout, dir.path), stderr: outside(stderr, dir.path), exitCode, files });
      }
      expect(seen[1]).toEqual(seen[0]);
    });
  }

  test.each(["stdin", "stdout", "stderr"])("refuses a folder as %s in the words of run", async (stream) => {
    using dir = tempDir();
    const to = `${["stdin", "stdout", "stderr"].indexOf(stream)}<"$0"`;
    const [run, compiled] = [await startWith("run"), await startWith("compile")];
    const told = `nsbox: Cannot start the box: ${stream} is a folder, through which it could leave\n  hint  `;
    expect(run).toMatchObject({ stderr: stream === "stderr" ? "" : expect.stringContaining(told), exitCode: 125 });
    expect(compiled).toEqual(run);

    function startWith(way: "run" | "compile"): ReturnType<typeof start> {
      return start(way, ["sh", "-c", `exec "$@" ${to}`, dir.path], ["--", "ls", "/proc/self/fd/"], { cwd: dir.path });
    }
  });

  test("is tried with every flag that can be compiled", () => {
    const used = BOX_CASES.flatMap(({ flags }) => flags).filter((flag) => flag.startsWith("-"));
    const names = RUN_OPTIONS.filter(
      ({ name, short }) => !used.includes(`--${name}`) && !used.includes(`-${short ?? " "}`),
    ).map(({ name }) => name);
    expect(names.sort()).toEqual([...LEFT_OUT].sort());
  });
});

/** `before` is what starts it, or nothing. */
async function start(way: "run" | "compile", before: readonly string[], args: readonly string[], options: RunOptions) {
  if (way === "run") return runCommand([...before, NSBOX, "run", ...args], options);
  using box = await compiledBox(args, options);
  return await runCommand([...before, box.path], options);
}

const isRoot = process.getuid?.() === 0;

describeWith(["userns"], "nsbox compile", () => {
  test("gives the same bytes for the same input", async () => {
    using first = await compiledBox(["--", "sh", "-c", "id"]);
    using second = await compiledBox(["--", "sh", "-c", "id"]);
    expect(readFileSync(first.path).equals(readFileSync(second.path))).toBe(true);
  });

  test.each([
    [["-t"], "relayed"],
    [["--net", "1"], "another process's"],
    [["--net", "container:other"], "may be another box"],
    [["--allow-host", "example.org"], "proxy"],
    [["-d"], "lives on"],
    [["--audit", "/tmp/audit"], "asks somebody"],
    ...(isRoot ? [] : [[["--uid-map", "0:100000:1000"], "newuidmap"] as const]),
  ] as const)("refuses what no file can do, with the reason: %j", async (flags, reason) => {
    using dir = tempDir();
    const { stderr, exitCode } = await nsbox(["compile", "-o", dir.join("box"), ...flags, "--", "true"]);
    expect(stderr).toContain("nsbox: Cannot compile the box: ");
    expect(stderr).toContain(reason);
    expect(exitCode).toBe(125);
  });

  test.each([
    [["compile", "--", "true"], "-o is missing"],
    [["compile", "-o", "/tmp/x", "--net", "bridge", "--", "true"], "the network is set up when a box starts"],
    [["compile", "-o", "/tmp/x", "--net", "no-such-pin", "--", "true"], "no namespaces are pinned under this name"],
    [["compile", "-o", "/tmp/x"], "no command is given"],
    [["compile", "-o", "/no/such/folder/x", "--", "true"], "ENOENT"],
    [["compile", "--show", "/bin/sh"], "it is not a box"],
    [["compile", "--show", "/no/such"], "ENOENT"],
  ])("says what is wrong: %j", async (args, words) => {
    const { stderr, exitCode } = await nsbox(args);
    expect(stderr).toContain(words);
    expect(exitCode).toBe(125);
  });

  test("--show reads steps and calls back out of the file", async () => {
    using box = await compiledBox(["--hostname", "alpha", "--", "sh", "-c", "id"]);
    const { stdout } = await nsbox(["compile", "--show", box.path]);
    expect(stdout).toContain('runs ["sh","-c","id"]');
    expect(stdout).toContain('  set the host name to "alpha"\n      sethostname("alpha", 5)\n');
    for (const process of ["launcher", "setup", "init", "command"]) expect(stdout).toContain(`\n${process}:\n`);
    const json = JSON.parse((await nsbox(["compile", "--show", box.path, "--json"])).stdout);
    expect(json.command).toEqual(["sh", "-c", "id"]);
    expect(json.calls.length).toBeGreaterThan(200);
  });
});
