// The library: what can't be had is an NsboxError that says what, why and what to do.
import { expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { box, type BoxOptions, NsboxError, run } from "#src/index.ts";
import { childrenOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { runCommand, tempDir } from "#test/support/nsbox.ts";

/** What a promise, or a call, fails with; any other error fails the test. */
async function failureOf(work: () => unknown): Promise<NsboxError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof NsboxError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

const loose = (options: object): BoxOptions => options as BoxOptions; // what a program without types may give

describeWith(["userns"], "the library's errors", () => {
  test.each(["exec", "spawn", "run"] as const)("%s() tells of a command that is not there", async (how) => {
    await using b = await box();
    const error = await failureOf(() => (how === "run" ? run(["no-such"]) : b[how](["no-such"])));
    expect([error.code, error.exitCode, error.syscall, error.errno?.name]).toEqual([
      "ENOTFOUND",
      127,
      "execve",
      "ENOENT",
    ]);
    expect(error.message).toStartWith('Cannot run "no-such": ENOENT (No such file or directory)');
    // The box is none the worse for it.
    expect((await b.exec(["echo", "still"])).stdout).toBe("still\n");
  });

  test.each(["exec", "spawn", "run"] as const)("%s() tells of a command that can't be executed", async (how) => {
    await using b = await box();
    const error = await failureOf(() => (how === "run" ? run(["/etc/passwd"]) : b[how](["/etc/passwd"])));
    expect([error.code, error.exitCode, error.errno?.name]).toEqual(["EEXEC", 126, "EACCES"]);
    expect(error.hint).toContain("chmod +x");
  });

  test.each([
    [{ rww: "." }, 'Cannot use the option "rww": there is no such option', "did you mean rw?"],
    [{ allowHost: "a" }, 'Cannot use the option "allowHost": there is no such option', "did you mean allowHosts?"],
    [{ tty: true }, 'Cannot use the option "tty": there is no such option', "streams are the program's"],
    [{ rw: true }, "Cannot use the option rw: its value has the wrong type", "give a text, or a list of texts"],
    [{ overlay: "yes" }, "Cannot use the option overlay: its value has the wrong type", "give true or false"],
    [
      { env: 5 },
      "Cannot use the option env: its value has the wrong type",
      'give an object, or a list of "NAME=VALUE"',
    ],
  ])("box(%o) is refused", async (options, message, hint) => {
    const error = await failureOf(() => box(loose(options)));
    expect([error.code, error.message, error.hint]).toEqual(["EUSAGE", message, hint]);
  });

  test.each([
    [{ hostname: "a b" }, "EUSAGE", 'Cannot parse --hostname "a b": it is not a name for a host'],
    [{ rlimits: { nofil: 5 } }, "EUSAGE", 'Cannot parse --rlimit "nofil=5": "nofil" is not a limit'],
    [{ timeout: -5 }, "EUSAGE", 'Cannot parse --timeout "-5ms": it is not a time above 0'],
    [{ ro: "/no/such" }, "ESPEC", 'Cannot use --ro "/no/such": ENOENT (No such file or directory)'],
    [{ ro: "/usr/bin:/opt/no-such" }, "ESPEC", 'Cannot mount on "/opt/no-such": it does not exist on the host'],
    [{ pid: "host" }, "EUSAGE", "Cannot make a box to be entered without a PID namespace of its own"],
    [{ net: "bridge" }, "ESPEC", "Cannot use --net bridge here: the network is set up when a box starts"],
  ] as const)("box(%o) is refused in the words of run", async (options, code, message) => {
    const error = await failureOf(() => box(options));
    expect([error.code, error.message]).toEqual([code, message]);
    expect(error.hint).toBeString();
  });

  test("a step that fails is named, and nothing of the box stays", async () => {
    using dir = tempDir();
    mkdirSync(dir.join("root/proc"), { recursive: true });
    writeFileSync(dir.join("root/etc"), "a file where a folder has to be");
    const before = childrenOf(process.pid);
    for (const make of [() => box({ root: dir.join("root") }), () => run(["true"], { root: dir.join("root") })]) {
      const error = await failureOf(make);
      expect(error.code).toBe("ESETUP");
      expect(error.step?.actor).toBe("setup");
      expect(error.step?.explain).toBeString();
      expect(error.errno?.name).toMatch(/^E/);
    }
    expect(childrenOf(process.pid)).toEqual(before);
  });

  test.each([
    [[], "Cannot run: no command is given"],
    ["true", "Cannot run: the command is not a list of texts"],
    [["echo", "a\0b"], 'Cannot run: the word "a\\u0000b" holds a NUL byte'],
  ])("the command %o is refused", async (command, message) => {
    await using b = await box();
    const words = command as string[]; // what a program without types may give
    for (const start of [() => b.spawn(words), () => b.exec(words), () => run(words)])
      expect((await failureOf(start)).message).toBe(message);
  });

  test("a folder as a stream is refused: it would be a way out", async () => {
    using dir = tempDir();
    const folder = openSync(dir.path, "r");
    await using b = await box();
    const message = "Cannot start the box: stdin is a folder, through which it could leave";
    for (const start of [() => b.spawn(["true"], { stdin: folder }), () => b.exec(["true"], { stdin: folder })])
      expect((await failureOf(start)).message).toBe(message);
    closeSync(folder);
  });

  test("an option of a command that does not exist is refused with the nearest", async () => {
    await using b = await box();
    expect((await failureOf(() => b.exec(["true"], loose({ sdtin: "" })))).hint).toBe("did you mean stdin?");
    expect((await failureOf(() => b.spawn(["true"], loose({ stdou: "pipe" })))).hint).toBe("did you mean stdout?");
    expect((await failureOf(() => run(["true"], loose({ maxbuffer: 1 })))).hint).toBe("did you mean maxBuffer?");
    const nonsense = "SIGNONSENSE" as NodeJS.Signals; // as above
    expect((await failureOf(() => b.spawn(["true"], { killSignal: nonsense }))).code).toBe("EUSAGE");
  });

  test("a machine without user namespaces is told by what forbids them", async () => {
    const program = `
      import { box, NsboxError, run } from "#src/index.ts";
      for (const make of [() => box(), () => run(["true"])])
        try { await make(); console.log("made"); } catch (error) {
          console.log(error instanceof NsboxError, error.code, error.syscall, error.errno?.name, error.hint);
        }`;
    // In a user namespace that may have no others.
    const script = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" -e "$1"';
    const { stdout, stderr } = await runCommand(["unshare", "-Ur", "sh", "-c", script, process.execPath, program], {
      cwd: `${import.meta.dir}/../..`,
    });
    expect(stderr).toBe("");
    const line =
      "true EHOST clone ENOSPC the sysctl user.max_user_namespaces is 0: as root, sysctl user.max_user_namespaces=15000; or use --no-namespaces, a weaker box\n";
    expect(stdout).toBe(line + line);
  });
});
