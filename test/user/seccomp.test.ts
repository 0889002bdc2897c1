// The filter of system calls in real boxes: that it is there, that programs work under it, and profiles of one's own.
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { inBox } from "#test/support/box.ts";
import { describeWith, type Need, testWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, tempDir, type TempDir } from "#test/support/nsbox.ts";

const STATE = "grep -E '^(Seccomp|Seccomp_filters|NoNewPrivs):' /proc/self/status | tr -d '\\t\\n'";
const UNSHARE = "unshare -U true 2>&1; echo";

/** A profile that allows all but what the rules say. */
function profile(dir: TempDir, syscalls: readonly object[], more: object = {}): string {
  const path = dir.join("profile.json");
  writeFileSync(path, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls, ...more }));
  return path;
}

describeWith(["userns"], "the filter of a box", () => {
  test.each<[what: string, flags: readonly string[]]>([
    ["when nothing is said", []],
    ["without an init", ["--no-init"]],
    ["for another user", ["--user", "1000"]],
    ["with a root of its own", ["--root", "/"]],
    ["on a terminal", ["-t"]],
    ["without any capability", ["--cap-drop", "all"]],
  ])("holds %s", async (_, flags) => {
    const { stdout, stderr } = await inBox(flags, STATE);
    expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: "NoNewPrivs:1Seccomp:2Seccomp_filters:1", stderr: "" });
  });

  test.each<[what: string, flags: readonly string[]]>([
    ["with an init", []],
    ["without one", ["--no-init"]],
    ["for another user", ["--user", "1000"]],
  ])("holds with --allow-new-privs too, %s", async (_, flags) => {
    const { stdout, stderr } = await inBox(["--allow-new-privs", ...flags], STATE);
    expect({ stdout, stderr }).toEqual({ stdout: "NoNewPrivs:0Seccomp:2Seccomp_filters:1", stderr: "" });
  });

  test("is of the command, and the init has another, once the command runs", async () => {
    const isThere = "grep -q '^Seccomp:.*2' /proc/1/status";
    const script = `for n in $(seq 1000); do ${isThere} && break; done; grep '^Seccomp' /proc/1/status; ${STATE}`;
    const { stdout } = await inBox([], script);
    expect(stdout).toBe("Seccomp:\t2\nSeccomp_filters:\t1\nNoNewPrivs:1Seccomp:2Seccomp_filters:1");
  });

  test("is none with --seccomp none", async () => {
    const { stdout } = await inBox(["--seccomp", "none"], `${STATE}; ${UNSHARE}`);
    expect(stdout).toBe("NoNewPrivs:1Seccomp:0Seccomp_filters:0\n");
  });

  test("refuses new namespaces, but with --nested", async () => {
    expect((await inBox([], UNSHARE)).stdout).toContain("Operation not permitted");
    expect((await inBox(["--nested"], UNSHARE)).stdout).toBe("\n");
  });

  test("lets a box with --nested make boxes, which are filtered twice", async () => {
    const { stdout, stderr } = await nsbox([
      "run",
      "--nested",
      "--ro",
      NSBOX,
      "--",
      NSBOX,
      "run",
      // A fresh /proc or /sys takes one that nothing is hidden of, and an ordinary user has one id to map.
      ...["--proc", "bind", "--net", "host", "--keep-id"],
      "--",
      "sh",
      "-c",
      STATE,
    ]);
    expect({ stdout, stderr }).toEqual({ stdout: "NoNewPrivs:1Seccomp:2Seccomp_filters:2", stderr: "" });
  });

  test("is in the plan, in words", async () => {
    const { stdout } = await nsbox(["run", "--dry-run", "--", "true"]);
    expect(stdout).toMatch(/filter system calls: profile "default", \d+ instructions\n +seccomp\(/);
  });
});

/** Programs as people run them; each prints "done" in the end. */
const PROGRAMS: readonly (readonly [name: string, needs: readonly Need[], script: string])[] = [
  ["a pipeline of the shell", [], "seq 1000 | sort -rn | head -n 1 | xargs -I{} test {} -eq 1000 && echo done"],
  ["tar and gzip", [], "tar czf etc.tgz -C /etc passwd hostname && tar tzf etc.tgz | grep -q passwd && echo done"],
  [
    "git clone of a local repository",
    ["git"],
    `export HOME=$PWD GIT_CONFIG_NOSYSTEM=1; git init -q a && cd a && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x &&
     cd .. && git clone -q a b && git -C b log --oneline | grep -q x && echo done`,
  ],
  [
    "a C compiler, and what it makes",
    ["cc"],
    `printf '#include <pthread.h>\\n#include <stdio.h>\\nstatic void *f(void *p){return p;}int main(){pthread_t t;pthread_create(&t,0,f,0);pthread_join(t,0);puts("done");}' > m.c &&
     gcc -O2 -pthread -o m m.c && ./m`,
  ],
  [
    "python with threads, processes and sockets",
    ["python3"],
    `cat > t.py <<'END'
import asyncio, concurrent.futures as f, multiprocessing as m, socket, subprocess, threading
def double(n): return 2 * n
if __name__ == "__main__":
    threads = [threading.Thread(target=double, args=(n,)) for n in range(20)]
    [t.start() for t in threads]; [t.join() for t in threads]
    with f.ThreadPoolExecutor() as p: assert sum(p.map(double, range(9))) == 72
    with m.Pool(2) as p: assert p.map(double, [1, 2]) == [2, 4]
    assert subprocess.run(["echo", "x"], capture_output=True, text=True).stdout == "x\\n"
    assert asyncio.run(asyncio.sleep(0.01, "x")) == "x"
    s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); c.close(); s.close()
    a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
    print("done")
END
python3 t.py`,
  ],
  ["strace", ["strace"], "strace -f -o out sh -c 'true | true' && grep -q exited out && echo done"],
  ["the addresses of interfaces", ["ip"], "ip addr show lo | grep -q 127.0.0.1 && echo done"],
  [
    "a package manager that looks",
    ["debootstrap"],
    "dpkg-query -W dpkg >/dev/null && apt-cache --version >/dev/null && echo done",
  ],
  [
    "dates, sleeps and limits",
    [],
    "date >/dev/null; sleep 0.01; nice -n 5 true; ulimit -n 100; timeout 5 true && echo done",
  ],
  ["links, modes, owners and pipes", [], "touch f; ln f g; ln -s f h; chmod 600 f; chown 0 f; mkfifo p && echo done"],
];

describeWith(["userns"], "under the default filter works", () => {
  for (const [name, needs, script] of PROGRAMS)
    testWith(needs, name, async () => {
      const { stdout, stderr } = await inBox(["--workdir", "/tmp"], script);
      expect({ last: stdout.trim().split("\n").at(-1), stderr }).toEqual({ last: "done", stderr });
    });

  test("a JavaScript engine, with worker threads and children", async () => {
    const script = `
      const worker = new Worker("data:text/javascript,postMessage(6 * 7)");
      const answer = await new Promise((done) => { worker.onmessage = ({ data }) => done(data); });
      worker.terminate();
      const child = Bun.spawnSync(["echo", "x"]).stdout.toString();
      const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("ok") });
      const body = await (await fetch(server.url)).text();
      await server.stop(true);
      console.log(answer, child.trim(), body);`;
    const flags = ["--ro", `${process.execPath}:/tmp/bun`, "--workdir", "/tmp"];
    const { stdout, stderr } = await nsbox(["run", ...flags, "--", "/tmp/bun", "-e", script]);
    expect({ stdout, stderr }).toEqual({ stdout: "42 x ok\n", stderr: "" });
  });
});

describeWith(["userns"], "--seccomp FILE", () => {
  test("refuses what the file refuses, with its errno", async () => {
    using dir = tempDir();
    const path = profile(dir, [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }]);
    const { stdout } = await inBox(["--seccomp", path], "mkdir /tmp/x 2>&1; unshare -U echo free");
    expect(stdout).toMatch(/^mkdir: .*: No space left on device\nfree\n$/);
  });

  test("looks at arguments", async () => {
    using dir = tempDir();
    const args = [{ index: 0, value: 9, op: "SCMP_CMP_EQ" }];
    const path = profile(dir, [{ names: ["umask"], action: "SCMP_ACT_KILL_PROCESS", args }]);
    const { stdout } = await inBox(["--seccomp", path], "(umask 007; echo a); (umask 011; echo b); echo $?");
    expect(stdout).toBe("a\n159\n");
  });

  test.each<[what: string, rule: object, message: string]>([
    ["refuses execve", { names: ["execve"], action: "SCMP_ACT_KILL" }, "execve is answered with"],
    ["refuses exit_group", { names: ["exit_group"], action: "SCMP_ACT_ERRNO" }, "exit_group is answered with"],
    ["asks a supervisor", { names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }, "it asks a supervisor"],
    ["is wrong", { names: ["mkdir"], action: "SCMP_ACT_DENY" }, 'syscalls[0].action is "SCMP_ACT_DENY"'],
  ])("is refused where the profile %s", async (_, rule, message) => {
    using dir = tempDir();
    const { stdout, stderr, exitCode } = await inBox(["--seccomp", profile(dir, [rule])], "echo ran");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
    expect(stderr).toContain(message);
    expect(stderr).toContain("\n  hint  ");
  });

  test("says what is wrong with the file itself", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("x.json"), "{");
    expect((await inBox(["--seccomp", dir.join("x.json")], "")).stderr).toStartWith("nsbox: Cannot parse the seccomp");
    expect((await inBox(["--seccomp", dir.join("y.json")], "")).stderr).toContain("ENOENT (No such file or directory)");
  });

  testWith(["podman-profile"], "takes Podman's profile, and programs work under it", async () => {
    const flags = ["--seccomp", "/usr/share/containers/seccomp.json"];
    const { stdout, stderr } = await inBox(flags, `${STATE}; ls / | wc -l >&2`);
    expect(stdout).toBe("NoNewPrivs:1Seccomp:2Seccomp_filters:1");
    expect(Number(stderr)).toBeGreaterThan(5);
  });

  testWith(["podman-profile"], "takes Podman's profile from before the init on, without no_new_privs", async () => {
    const flags = ["--allow-new-privs", "--nested", "--seccomp", "/usr/share/containers/seccomp.json"];
    expect((await inBox(flags, STATE)).stdout).toBe("NoNewPrivs:0Seccomp:2Seccomp_filters:1");
  });
});

describe("nsbox seccomp", () => {
  test("check tells what the default profile decides, and why", async () => {
    const { stdout } = await nsbox(["seccomp", "check", "default", "socket", "40"]);
    expect(stdout).toMatch(
      /^socket\(0x28\) {2}refuse with EAFNOSUPPORT \(Address family not supported by protocol\)\n {2}why /,
    );
  });

  test("check gives JSON, for another machine, capabilities, and nested boxes", async () => {
    const ask = async (...words: string[]): Promise<unknown> =>
      JSON.parse((await nsbox(["seccomp", "check", "default", "mount", "--json", ...words])).stdout);
    expect(await ask("--arch", "x64")).toMatchObject({
      nr: 165,
      decision: "refuse with EPERM (Operation not permitted)",
    });
    expect(await ask("--arch", "arm64")).toMatchObject({ nr: 40 });
    expect(await ask("--nested")).toMatchObject({ decision: "allow" });
    expect(await ask("--caps", "sys_admin")).toMatchObject({ decision: "allow", liftedBy: [] });
  });

  test("check names the rule of a file that decides", async () => {
    using dir = tempDir();
    const path = profile(dir, [{ names: ["read"], action: "SCMP_ACT_LOG" }]);
    expect((await nsbox(["seccomp", "check", path, "read"])).stdout).toMatch(
      /^read\(\) {2}allow and log\n {2}why {3}rule 1 of the profile, syscalls\[0\]\n/,
    );
  });

  test("dump shows the program that boxes get", async () => {
    const { stdout } = await nsbox(["seccomp", "dump", "default"]);
    expect(stdout).toMatch(/^# "default" on (x64|arm64): \d+ instructions\n +0 {2}A = the call's arch\n/);
  });

  test.each<[words: readonly string[], message: string]>([
    [[], "nothing is asked for"],
    [["chek"], '"chek" is neither check nor dump'],
    [["check"], "no profile is given to check"],
    [["check", "default"], "no system call is given to check"],
    [["check", "default", "raed"], "no system call"],
    [["check", "default", "read", "x"], 'the argument "x" is not a number of 64 bits'],
    [["check", "default", "read", "1", "2", "3", "4", "5", "6", "7"], "6 arguments at most"],
    [["dump", "default", "read"], 'dump does not take "read"'],
    [["dump", "default", "--arch", "vax"], 'Cannot use --arch "vax"'],
  ])("%j is an error in two lines", async (words, message) => {
    const { stderr, exitCode } = await nsbox(["seccomp", ...words]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^nsbox: Cannot [^\n]+\n {2}hint {2}[^\n]+\n$/);
    expect(exitCode).toBe(125);
  });
});
