// The library: commands in boxes, their streams, how they end and how they are ended.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type Box, box, type BoxOptions, run } from "#src/index.ts";
import { isAlive, namespaceOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { tempDir, waitFor } from "#test/support/nsbox.ts";

const MEGABYTE = 1024 * 1024;

/** A box for one test. */
async function inBox<T>(work: (b: Box) => Promise<T>, options: BoxOptions = {}): Promise<T> {
  await using b = await box(options);
  return await work(b);
}

describeWith(["userns"], "box()", () => {
  test("is confined as a box of run is: ids, names, processes, files", () =>
    inBox(
      async (b) => {
        const script = "id -u; hostname; cat /proc/1/comm; touch /usr/x 2>&1 | grep -c Read-only; pwd";
        const { stdout, exitCode } = await b.exec(["sh", "-c", script]);
        expect(stdout).toBe("0\nlibrary\nnsbox-init\n1\n/tmp\n");
        expect(exitCode).toBe(0);
      },
      { hostname: "library", workdir: "/tmp" },
    ));

  test("has one set of namespaces for all its commands, and none of this process's", () =>
    inBox(async (b) => {
      await using sleeper = b.spawn(["sleep", "1000"]);
      for (const type of ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup"]) {
        expect(namespaceOf(sleeper.pid, type)).toBe(namespaceOf(b.pid, type));
        expect(namespaceOf(sleeper.pid, type)).not.toBe(namespaceOf("self", type));
      }
    }));

  test("keeps what commands write to /tmp until it ends, and shows it to no other box", () =>
    inBox(async (b) => {
      await b.exec(["sh", "-c", "echo kept > /tmp/library-test"]);
      expect((await b.exec(["cat", "/tmp/library-test"])).stdout).toBe("kept\n");
      expect(existsSync("/tmp/library-test")).toBe(false);
      await inBox(async (other) => expect((await other.exec(["cat", "/tmp/library-test"])).exitCode).toBe(1));
    }));

  test("confines a command that enters as much as one that is its own", () =>
    inBox(async (b) => {
      const read = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status";
      expect((await b.exec(["sh", "-c", read])).stdout).toBe((await run(["sh", "-c", read])).stdout);
    }));

  test("gives a command nothing of this program: no descriptor, no variable, no process", () =>
    inBox(async (b) => {
      process.env["LIBRARY_SECRET"] = "secret";
      try {
        const script = "ls /proc/$$/fd; env | grep -c SECRET; grep -l nsbox$ /proc/[0-9]*/comm";
        const { stdout } = await b.exec(["sh", "-c", script]);
        const { stdout: whole } = await run(["sh", "-c", script]);
        for (const text of [stdout, whole]) expect(text).toBe("0\n1\n2\n0\n");
      } finally {
        delete process.env["LIBRARY_SECRET"];
      }
    }));

  test("has an init that its commands can neither read, trace nor end", () =>
    inBox(async (b) => {
      const script =
        "cat /proc/1/environ; ls /proc/1/fd; ls -l /proc/1/exe; kill -9 1; kill -TERM 1; sleep 0.1; echo on";
      const { stdout, stderr } = await b.exec(["sh", "-c", script]);
      expect(stdout).toEndWith("on\n");
      expect(stdout).not.toContain("memfd");
      expect(stderr).toContain("Permission denied");
      expect(isAlive(b.pid)).toBe(true);
    }));

  test("lets a command change what rw shows", async () => {
    using dir = tempDir();
    await inBox((b) => b.exec(["sh", "-c", `echo changed > ${dir.join("file")}`]), { rw: dir.path });
    expect(readFileSync(dir.join("file"), "utf8")).toBe("changed\n");
  });

  test("takes back what was made to protect a folder", async () => {
    using dir = tempDir();
    mkdirSync(dir.join(".git"));
    await inBox(async () => expect(existsSync(dir.join("Jenkinsfile"))).toBe(true), { rw: dir.path });
    expect(existsSync(dir.join("Jenkinsfile"))).toBe(false);
    // Also where the box is ended from outside.
    const { timedOut, stdout } = await run(["sh", "-c", `ls ${dir.path}; sleep 1000`], { rw: dir.path, timeout: "1s" });
    expect([timedOut, stdout.includes("Jenkinsfile")]).toEqual([true, true]);
    expect(existsSync(dir.join("Jenkinsfile"))).toBe(false);
  });

  test("reaps what its commands leave behind, and ends it with the box", async () => {
    const b = await box();
    const { stdout } = await b.exec(["sh", "-c", "sleep 1000 & echo $!"]);
    const left = (await b.exec(["sh", "-c", `cat /proc/${stdout.trim()}/status`])).stdout;
    expect(left).toMatch(/^PPid:\t1$/m);
    await using sleeper = b.spawn(["sleep", "1000"]);
    await b.close();
    expect(isAlive(b.pid) || isAlive(sleeper.pid)).toBe(false);
    expect(await sleeper.exited).toBe(137);
    await b.close(); // twice does no harm
  });

  test("ends when its time is over, whatever runs in it", async () => {
    await using b = await box({ timeout: "1s" });
    await using sleeper = b.spawn(["sleep", "1000"]);
    await b.exited;
    expect(await sleeper.exited).toBe(137);
  });

  test("tells of its end when its init is killed from outside", async () => {
    await using b = await box();
    process.kill(b.pid, "SIGKILL");
    await b.exited;
    expect(() => b.spawn(["true"])).toThrow("the box has ended");
  });

  test("tells whoever enters it while it ends that it has ended, or ends him", async () => {
    const seen = new Set<unknown>();
    for (let n = 0; n < 60; n++) {
      const b = await box();
      const enter = (): Promise<unknown>[] =>
        Array.from({ length: 4 }, () =>
          b.exec(["sleep", "1000"]).then(
            ({ exitCode }) => exitCode,
            (error: Error) => error.message,
          ),
        );
      const entering = enter();
      await Bun.sleep((n % 7) / 4);
      entering.push(...enter());
      const closed = b.close();
      entering.push(...enter());
      for (const outcome of await Promise.all(entering)) seen.add(outcome);
      await closed;
    }
    seen.delete('Cannot run "sleep": the box has ended');
    expect([...seen]).toEqual([137]);
  });

  test("lives side by side with a hundred others", async () => {
    const boxes = await Promise.all(Array.from({ length: 100 }, () => box()));
    try {
      const answers = await Promise.all(boxes.map((b, n) => b.exec(["echo", String(n)])));
      expect(answers.map(({ stdout }) => stdout)).toEqual(boxes.map((_, n) => `${n}\n`));
      expect(new Set(boxes.map(({ pid }) => namespaceOf(pid, "net"))).size).toBe(100);
    } finally {
      await Promise.all(boxes.map((b) => b.close()));
    }
    expect(boxes.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });
});

describeWith(["userns"], "Box.spawn()", () => {
  test("gives streams as Bun.spawn does", () =>
    inBox(async (b) => {
      await using p = b.spawn(["sh", "-c", "cat; echo err >&2"], { stdin: "pipe", stderr: "pipe" });
      await p.stdin.write("to ");
      await p.stdin.write("and fro\n");
      await p.stdin.end();
      expect(await p.stdout.text()).toBe("to and fro\n");
      expect(await p.stderr.text()).toBe("err\n");
      expect([await p.exited, p.exitCode, p.signalCode]).toEqual([0, 0, null]);
    }));

  test("moves megabytes both ways without loss", () =>
    inBox(async (b) => {
      const bytes = new Uint8Array(20 * MEGABYTE).map((_, n) => n * 7);
      await using p = b.spawn(["cat"], { stdin: bytes });
      expect(Bun.hash(await p.stdout.bytes())).toBe(Bun.hash(bytes));
    }));

  test.each([
    ["a Blob", () => new Blob(["text\n"])],
    ["a Response", () => new Response("text\n")],
    ["a ReadableStream", () => new Response("text\n").body as ReadableStream], // a text is a body
  ] as const)("takes %s for stdin", (_, make) =>
    inBox(async (b) => {
      await using p = b.spawn(["cat"], { stdin: make() });
      expect(await p.stdout.text()).toBe("text\n");
    }),
  );

  test("writes to files that are given by descriptor or as Bun.file()", async () => {
    using dir = tempDir();
    await inBox(async (b) => {
      await b.spawn(["echo", "out"], { stdout: Bun.file(dir.join("out")) }).exited;
      expect(readFileSync(dir.join("out"), "utf8")).toBe("out\n");
    });
  });

  test("gives the command's own PID, and its PID inside is another", () =>
    inBox(async (b) => {
      await using p = b.spawn(["sh", "-c", "echo $$; exec sleep 1000"]);
      const reader = p.stdout.getReader();
      const inside = new TextDecoder().decode((await reader.read()).value).trim();
      expect(readFileSync(`/proc/${p.pid}/status`, "utf8")).toMatch(new RegExp(`^NSpid:\\t${p.pid}\\t${inside}$`, "m"));
    }));

  test.each([0, 1, 125, 255])("ends with the command's exit code %i", (code) =>
    inBox(async (b) => {
      const p = b.spawn(["sh", "-c", `exit ${code}`]);
      expect([await p.exited, p.exitCode, p.signalCode]).toEqual([code, code, null]);
    }),
  );

  test.each(["SIGTERM", "SIGKILL", "SIGSEGV", "SIGABRT", "SIGUSR1"] as const)("tells that %s has ended it", (signal) =>
    inBox(async (b) => {
      const p = b.spawn(["sh", "-c", `kill -${signal.slice(3)} $$`]);
      await p.exited;
      expect([p.exitCode, p.signalCode]).toEqual([null, signal]);
    }),
  );

  test("passes signals on, and stops and continues the command", () =>
    inBox(async (b) => {
      await using p = b.spawn([
        "sh",
        "-c",
        "trap 'echo got it; exit 7' USR1; echo ready; while :; do sleep 0.01; done",
      ]);
      const reader = p.stdout.getReader();
      await reader.read();
      const state = (): string | undefined => /^State:\t(.)/m.exec(readFileSync(`/proc/${p.pid}/status`, "utf8"))?.[1];
      p.kill("SIGSTOP");
      await waitFor(() => state() === "T", "the command to stop");
      p.kill("SIGCONT");
      await waitFor(() => state() !== "T", "the command to go on");
      p.kill("SIGUSR1");
      expect(await p.exited).toBe(7);
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("got it\n");
      p.kill(); // it has ended: no error
    }));

  test("ends with its block a command that heeds no signal", () =>
    inBox(async (b) => {
      let pid = 0;
      {
        await using p = b.spawn(["sh", "-c", "trap '' TERM INT HUP; echo ready; while :; do sleep 1; done"]);
        await p.stdout.getReader().read();
        pid = p.pid;
      }
      expect(isAlive(pid)).toBe(false);
    }));

  test("ends the command when the signal is aborted, its time is over, or it writes too much", () =>
    inBox(async (b) => {
      const controller = new AbortController();
      const aborted = b.spawn(["sleep", "1000"], { signal: controller.signal });
      controller.abort();
      const late = b.spawn(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], { timeout: "200ms" });
      const long = b.spawn(["sh", "-c", "yes 2>/dev/null; sleep 1000"], { maxBuffer: 1000 });
      expect(await Promise.all([aborted.exited, late.exited, long.exited])).toEqual([137, 137, 137]);
      expect(() => b.spawn(["true"], { signal: controller.signal })).toThrow("aborted");
      const gentle = b.spawn(["sleep", "1000"], { timeout: 100, killSignal: "SIGTERM" });
      expect([await gentle.exited, gentle.signalCode]).toEqual([143, "SIGTERM"]);
    }));

  test("starts where cwd says, with variables of its own besides the box's", () =>
    inBox(
      async (b) => {
        const { stdout } = await b.exec(["sh", "-c", "pwd; echo $BOX $OWN"], {
          cwd: "/usr",
          env: { OWN: "own", NO: undefined },
        });
        expect(stdout).toBe("/usr\nbox own\n");
        expect((await b.exec(["sh", "-c", "pwd; echo $BOX$OWN"])).stdout).toBe("/tmp\nbox\n");
      },
      { env: { BOX: "box" }, workdir: "/tmp" },
    ));
});

describeWith(["userns"], "exec() and run()", () => {
  test("collect what the command writes, as text and as bytes", async () => {
    const result = await run(["sh", "-c", "cat; echo é >&2; exit 3"], { stdin: "to and fro" });
    expect([result.stdout, result.stderr, result.exitCode, result.ok]).toEqual(["to and fro", "é\n", 3, false]);
    expect(result.stderrBytes).toEqual(new Uint8Array([0xc3, 0xa9, 10]));
    expect((await run(["true"])).ok).toBe(true);
  });

  test("end a command whose time is over, with what it has started", () =>
    inBox(async (b) => {
      const script = ["sh", "-c", "echo begun; sleep 1000 & sleep 1000"];
      const entered = await b.exec(script, { timeout: "1s" });
      expect([entered.stdout, entered.timedOut, entered.exitCode, entered.ok]).toEqual(["begun\n", true, 137, false]);
      const whole = await run(script, { timeout: "1s" });
      expect([whole.stdout, whole.timedOut, whole.exitCode, whole.signalCode]).toEqual([
        "begun\n",
        true,
        137,
        "SIGKILL",
      ]);
    }));

  test("end a command that writes more than is kept", () =>
    inBox(async (b) => {
      const [entered, whole] = await Promise.all([
        b.exec(["yes"], { maxBuffer: 100_000 }),
        run(["yes"], { maxBuffer: 100_000 }),
      ]);
      for (const { truncated, stdoutBytes, ok } of [entered, whole])
        expect([truncated, stdoutBytes.length, ok]).toEqual([true, 100_000, false]);
    }));

  test("throw the reason of an abort, and have ended the command by then", async () => {
    using dir = tempDir();
    await inBox(
      async (b) => {
        for (const start of [b.exec.bind(b), run]) {
          const controller = new AbortController();
          const script = ["sh", "-c", `echo $$ > ${dir.join("pid")}; exec sleep 1000`];
          const options = { signal: controller.signal, ...(start === run ? { rw: dir.path } : {}) };
          const running = start(script, options);
          await waitFor(() => existsSync(dir.join("pid")), "the command");
          controller.abort(new Error("no longer wanted"));
          expect(running).rejects.toThrow("no longer wanted");
          await running.catch(() => undefined);
          expect((await b.exec(["pgrep", "-x", "sleep"])).stdout).toBe("");
          Bun.spawnSync(["rm", dir.join("pid")]);
          expect(start(script, options)).rejects.toThrow("no longer wanted");
        }
      },
      { rw: dir.path },
    );
  });

  test("may be ended at any moment, also before the command runs", async () => {
    const marker = `1000.${process.pid}`;
    const left = (): string => Bun.spawnSync(["pgrep", "-f", marker]).stdout.toString();
    await inBox(async (b) => {
      for (let n = 0; n < 40; n++) {
        const options = { timeout: 1 + n / 8 };
        const late = await Promise.all([run(["sleep", marker], options), b.exec(["sleep", marker], options)]);
        expect(late.map(({ timedOut }) => timedOut)).toEqual([true, true]);
        const aborted = [run, b.exec.bind(b)].map((start) => {
          const controller = new AbortController();
          const running = start(["sleep", marker], { signal: controller.signal });
          setTimeout(() => controller.abort(new Error("no longer wanted")), n / 8);
          return running.catch((error: Error) => error.message);
        });
        expect(await Promise.all(aborted)).toEqual(["no longer wanted", "no longer wanted"]);
      }
      await waitFor(() => left() === "", "what was ended to be gone");
    });
  });

  test("do not wait for what a command leaves running in its box", () =>
    inBox(async (b) => {
      const begun = performance.now();
      const { stdout } = await b.exec(["sh", "-c", "sleep 1000 & echo started"]);
      expect(stdout).toBe("started\n");
      expect(performance.now() - begun).toBeLessThan(10_000);
    }));

  test("run many commands side by side without stopping the event loop", () =>
    inBox(async (b) => {
      let ticks = 0;
      const timer = setInterval(() => ticks++, 5);
      await Promise.all(Array.from({ length: 20 }, () => b.exec(["sleep", "0.3"])));
      clearInterval(timer);
      expect(ticks).toBeGreaterThan(20);
    }));

  test("take the box's options as the flags have them", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("file"), "shown\n");
    const { stdout } = await run(["sh", "-c", "cat /tmp/in/file; ulimit -n; umask; echo $A; hostname"], {
      ro: [`${dir.path}:/tmp/in`],
      rlimits: { nofile: 99 },
      umask: 0o027,
      env: ["A=b"],
      hostname: "flags",
      capDrop: "all",
    });
    expect(stdout).toBe("shown\n99\n0027\nb\nflags\n");
  });

  test("run without namespaces where that is asked for", async () => {
    using dir = tempDir();
    const script = `echo inside; echo x > ${dir.join("x")}`;
    const { stdout, ok } = await run(["sh", "-c", script], { noNamespaces: true });
    expect([stdout, ok, existsSync(dir.join("x"))]).toEqual(["inside\n", false, false]);
  });
});
