// --audit: what a box was refused, written down by who refuses it; and profiles that ask an agent. Each refusal is real.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inBox, isAlive } from "#test/support/box.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { compileC, nsbox, startNsbox, tempDir, type TempDir, waitFor } from "#test/support/nsbox.ts";

interface Line {
  readonly kind: "syscall" | "host" | "summary";
  readonly time: string;
  readonly syscall?: string;
  readonly args?: readonly string[];
  readonly errno?: string;
  readonly host?: string;
  readonly port?: number;
  readonly reason?: string;
  readonly process?: { readonly pid: number; readonly pidInside?: number; readonly command: string };
  readonly refused?: readonly { readonly what: string; readonly answer: string; readonly count: number }[];
}

function linesOf(path: string): readonly Line[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line); // the format that is tested
}

/** What a box with these flags was refused. */
async function audited(flags: readonly string[], script: string): Promise<{ lines: readonly Line[]; stdout: string }> {
  using dir = tempDir();
  const path = dir.join("audit.jsonl");
  const { stdout } = await inBox(["--audit", path, ...flags], script);
  return { lines: linesOf(path), stdout };
}

const NESTING = "unshare -Ur true; mount -t tmpfs none /mnt";

describeWith(["userns"], "a box with --audit FILE", () => {
  test("is refused what it is refused anyway, and the file says what, whom and how", async () => {
    const { lines } = await audited([], `echo $$; ${NESTING}`);
    const [unshare, mount, summary] = lines;
    expect(unshare).toMatchObject({ kind: "syscall", syscall: "unshare", args: ["CLONE_NEWUSER"], errno: "EPERM" });
    expect(unshare?.process).toMatchObject({ command: "unshare" });
    expect(mount).toMatchObject({
      syscall: "mount",
      args: ['"none"', '"/mnt"', '"tmpfs"', "0", "0x0"],
      errno: "EPERM",
    });
    expect(summary?.kind).toBe("summary");
    expect(summary?.refused?.map(({ what, answer, count }) => [what, answer, count])).toEqual([
      ["unshare", "EPERM", 1],
      ["mount", "EPERM", 1],
    ]);
    expect(lines.length).toBe(3);
  });

  test("knows a process by its PID outside and its PID inside", async () => {
    using dir = tempDir();
    const path = dir.join("audit.jsonl");
    const child = startNsbox(["run", "--audit", path, "--", "sh", "-c", "echo $$; unshare -Ur sleep 9 || sleep 9"]);
    const inside = Number(new TextDecoder().decode((await child.stdout.getReader().read()).value));
    const line = await waitFor(() => (statSync(path).size > 0 ? linesOf(path)[0] : undefined), "a line");
    const { pid = 0, pidInside = 0 } = line.process ?? {};
    expect(pidInside).toBeGreaterThan(inside);
    expect(isAlive(pid) || !existsSync(`/proc/${pid}`)).toBe(true);
    child.kill("SIGKILL");
    await child.exited;
  });

  test("can't forge the log by its processes' names", async () => {
    using dir = tempDir();
    const name = dir.join('x"}\n\u001b[2J\u009b1m');
    writeFileSync(name, readFileSync(Bun.which("unshare") ?? ""), { mode: 0o755 });
    const { lines } = await audited(["--ro", dir.path], `"${dir.path}"/x* -Ur true`);
    expect(lines.map(({ kind }) => kind)).toEqual(["syscall", "summary"]);
    expect(lines[0]?.process?.command).toStartWith('x"}\n');
    const text = readFileSync(await written(dir), "utf8");
    const isControl = (code: number): boolean => (code < 0x20 && code !== 0x0a) || (code >= 0x7f && code < 0xa0);
    expect([...text].filter((character) => isControl(character.codePointAt(0) ?? 0))).toEqual([]);
  });

  testWith(["python3"], "writes a thousand lines of one refusal, and counts the others", async () => {
    const loop = `
import ctypes
libc = ctypes.CDLL(None)
for _ in range(2500): libc.unshare(0x10000000)`;
    const { lines } = await audited([], `python3 -c '${loop}'`);
    expect(lines.filter(({ kind }) => kind === "syscall").length).toBe(1000);
    expect(lines.at(-1)?.refused?.[0]).toMatchObject({ what: "unshare", count: 2500 });
  });

  test("gets no file that it may write to itself", async () => {
    using dir = tempDir();
    const { stderr, exitCode } = await inBox(["--audit", dir.join("a"), "--rw", dir.path], "true");
    expect(stderr).toContain("lets the box change it");
    expect([exitCode, existsSync(dir.join("a"))]).toEqual([125, false]);
  });

  test("goes on being refused where nothing can be written", async () => {
    const { stdout, stderr, exitCode } = await inBox(["--audit", "/dev/full"], "unshare -Ur echo PWNED; echo on");
    expect([stdout, exitCode]).toEqual(["on\n", 0]);
    expect(stderr).toContain('Cannot write all of --audit "/dev/full": ENOSPC');
  });

  test.each<[flags: readonly string[], what: string]>([
    [["--audit", "-", "-d"], "with -d"],
    [["--audit", "-", "--allow-new-privs"], "with --allow-new-privs"],
    [["--audit", "-", "--seccomp", "none"], "with --seccomp none"],
    [["--audit", "/nowhere/at/all"], '"/nowhere/at/all": ENOENT'],
  ])("is refused with %j", async (flags, what) => {
    const { stderr, exitCode } = await inBox(flags, "true");
    expect(stderr).toStartWith(`nsbox: Cannot use --audit ${what}`);
    expect(exitCode).toBe(125);
  });

  test.each<[flags: readonly string[]]>([
    [["--no-init"]],
    [["--user", "1000"]],
    [["-t"]],
    [["--cap-drop", "all"]],
    [["--pid", "host"]],
    [["--nested", "--seccomp", "default"]],
  ])("writes with %j too", async (flags) => {
    const script = flags.includes("--nested")
      ? "keyctl show; python3 -c 'import socket; socket.socket(40, 1)'"
      : NESTING;
    const { lines } = await audited(flags, script);
    expect(lines.length).toBeGreaterThan(1);
  });

  test("ends with the command's exit code, at its time, and by the signals that it gets", async () => {
    const run = (script: string, ...flags: readonly string[]) => inBox(["--audit", "-", ...flags], script);
    expect((await run("exit 7")).exitCode).toBe(7);
    expect((await run("kill -TERM $$")).exitCode).toBe(143);
    expect((await run("unshare -Ur true; sleep 60", "--timeout", "300ms")).exitCode).toBe(137);
    expect((await inBox(["--audit", "-"], "nowhere-to-be-found")).exitCode).toBe(127);
    expect((await nsbox(["run", "--audit", "-", "--", "/nowhere"])).stderr).not.toContain("refused");
  });
});

async function written(dir: TempDir): Promise<string> {
  const path = join(dir.path, "..", `nsbox-test-audit-${process.pid}.jsonl`);
  await inBox(["--audit", path, "--ro", dir.path], `"${dir.path}"/x* -Ur true`);
  const text = readFileSync(path);
  writeFileSync(dir.join("copy"), text);
  Bun.spawnSync(["rm", path]);
  return dir.join("copy");
}

describeWith(["userns"], "--audit -", () => {
  test("says at the end what was refused, and how often", async () => {
    const { stderr } = await inBox(["--audit", "-"], "for n in 1 2 3; do unshare -Ur true; done 2>/dev/null");
    expect(stderr).toBe("nsbox: The box was refused 3 system calls\n  unshare  EPERM       3  by unshare\n");
  });

  test("says so where nothing was, and is JSON with --json", async () => {
    expect((await inBox(["--audit", "-"], "true")).stderr).toBe("nsbox: Nothing was refused to the box\n");
    const { stderr } = await inBox(["--audit", "-", "--json"], "unshare -Ur true 2>/dev/null");
    const [summary, outcome] = stderr.trim().split("\n");
    expect(JSON.parse(summary ?? "")).toMatchObject({ kind: "summary", refused: [{ what: "unshare", count: 1 }] });
    expect(JSON.parse(outcome ?? "")).toMatchObject({ exitCode: 1 });
  });
});

describeWith(["userns", "curl"], "--audit with --allow-host", () => {
  test("writes hosts that the proxy refused, not those that it let through", async () => {
    using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("hello\n") });
    const at = `localhost:${server.port}`;
    const script = `curl -s http://${at}/; curl -s http://refused.example/ >/dev/null; true`;
    const flags = ["--allow-host", at, "-e", "no_proxy=", "-e", "NO_PROXY="];
    const { lines, stdout } = await audited([...flags, "--seccomp", "none"], script);
    expect(stdout).toContain("hello");
    expect(lines.filter(({ kind }) => kind === "host")).toEqual([
      expect.objectContaining({
        host: "refused.example",
        port: 80,
        reason: expect.stringContaining("not on the list"),
        process: { pid: expect.any(Number), command: expect.stringContaining("curl") },
      }),
    ]);
  });

  test("writes a request that can't be understood, which could be one in disguise", async () => {
    const script =
      "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: b\\r\\n\\r\\n' | timeout 3 curl -s -x '' telnet://127.0.0.1:3128";
    const { lines } = await audited(["--allow-host", "example.org"], script);
    expect(lines.find(({ kind }) => kind === "host")).toMatchObject({ host: "", port: 0 });
  });
});

/** Makes the call of each number on its command line, and prints what the kernel answers. */
const CALLS = `#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int count, char **words) {
  for (int n = 1; n < count; n++) {
    long result = syscall(atol(words[n]), -1, -1, -1, -1, -1, -1);
    printf("%s %ld\\n", words[n], result == -1 ? -errno : result);
  }
  return 0;
}`;

/** Calls that wait, end, or write over the caller's own memory where every argument is -1. */
const LEFT_OUT: readonly string[] = (
  "exit exit_group pause rt_sigreturn rt_sigsuspend fork vfork clone kill tkill tgkill munmap mremap brk " +
  "restart_syscall rseq set_robust_list set_tid_address arch_prctl uretprobe uprobe setsid setpgid alarm " +
  "close_range sched_yield umask getpid gettid getppid inotify_init epoll_create getuid geteuid time"
).split(" ");

describeWith(["userns", "cc"], "the answers of --audit", () => {
  test("are those of the filter alone, call by call", async () => {
    using program = compileC(CALLS);
    const { syscallTable } = await import("#ffi/uapi/syscalls.ts");
    const table = syscallTable(process.arch === "arm64" ? "arm64" : "x64");
    const numbers = Object.entries(table)
      .filter(([name]) => !LEFT_OUT.includes(name))
      .map(([, nr]) => String(nr));
    const run = (...flags: readonly string[]) =>
      nsbox(["run", "--ro", program.path, ...flags, "--", program.path, ...numbers, "9999"]);
    const [alone, asked] = await Promise.all([run(), run("--audit", "-")]);
    expect(alone.stdout.split("\n").length).toBeGreaterThan(300);
    expect(asked.stdout).toBe(alone.stdout);
  });

  test("stay refusals when nobody is there to give them any more", async () => {
    using program = compileC(CALLS);
    using dir = tempDir();
    // Only a box without namespaces has processes that go on without nsbox.
    const script = `(setsid sh -c 'sleep 1; ${program.path} 272' > ${dir.path}/out &) ; sleep 60`;
    const flags = ["--no-namespaces", "--rw", dir.path, "--ro", program.path, "--audit", "-"];
    const child = startNsbox(["run", ...flags, "--", "sh", "-c", script]);
    await waitFor(() => existsSync(dir.join("out")), "the process that goes on");
    child.kill("SIGKILL");
    await child.exited;
    const answer = await waitFor(() => readFileSync(dir.join("out"), "utf8").trim() || undefined, "an answer");
    expect(answer).toBe("272 -38");
  });
});

/** A filter of the box's own on top, which says of unshare: 0x7fc00000, ask; 0x7ff00000, trace; 0x7fff0000, allow. */
const OVERRULE = `#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **words) {
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, strtoul(words[1], 0, 0)),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { 4, code };
  int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, strtoul(words[2], 0, 0), &program);
  printf("filter %d\\n", listener >= 0 ? 0 : -errno);
  printf("%s\\n", unshare(CLONE_NEWUSER) == 0 ? "PWNED" : strerror(errno));
  return 0;
}`;

describeWith(["userns", "cc"], "a filter of the box's own", () => {
  test.each<[what: string, answer: string, flags: string, expected: string]>([
    ["that asks, without anybody to ask", "0x7fc00000", "0", "filter 0\nFunction not implemented\n"],
    ["that traces", "0x7ff00000", "0", "filter 0\nOperation not permitted\n"],
    ["that allows", "0x7fff0000", "0", "filter 0\nOperation not permitted\n"],
    ["with a listener of its own", "0x7fc00000", "8", "filter -16\nOperation not permitted\n"],
  ])("%s does not get around --audit", async (_, answer, flags, expected) => {
    using program = compileC(OVERRULE);
    const run = ["run", "--ro", program.path, "--audit", "-", "--", program.path, answer, flags];
    expect((await nsbox(run)).stdout).toBe(expected);
  });
});

/** An agent: takes a listener and answers every call with EXDEV, or lets it through where it is called mkdir. */
const AGENT = `
import array, fcntl, json, os, socket, struct, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print('listening', flush=True)
connection, _ = server.accept()
data, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4))
listener = array.array('i', control[0][2])[0]
print(data.decode(), flush=True)
while True:
    request = bytearray(80)
    try:
        fcntl.ioctl(listener, 0xc0502100, request)
    except OSError:
        break
    id, pid = struct.unpack_from('QI', request)
    fcntl.ioctl(listener, 0xc0182101, struct.pack('QqiI', id, 0, -18, 0))
`;

const RENAME: readonly string[] = ["python3", "-c", "import socket; socket.sethostname('x')"];

function notifying(dir: TempDir, more: object): string {
  const syscalls = [{ names: ["sethostname"], action: "SCMP_ACT_NOTIFY" }];
  const path = dir.join("profile.json");
  writeFileSync(path, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls, ...more }));
  return path;
}

describeWith(["userns", "python3"], "a profile with SCMP_ACT_NOTIFY", () => {
  test("asks the agent behind its listenerPath, which is told of the box", async () => {
    using dir = tempDir();
    const path = dir.join("agent.sock");
    const agent = Bun.spawn(["python3", "-c", AGENT, path], { stdout: "pipe", stderr: "inherit" });
    const reader = agent.stdout.getReader();
    let rest = "";
    const next = async (): Promise<string> => {
      while (!rest.includes("\n")) rest += new TextDecoder().decode((await reader.read()).value);
      const line = rest.slice(0, rest.indexOf("\n"));
      rest = rest.slice(line.length + 1);
      return line;
    };
    try {
      expect(await next()).toBe("listening");
      const profile = notifying(dir, { listenerPath: path, listenerMetadata: "FOR=test" });
      const { stderr, exitCode } = await nsbox(["run", "--name", "asked", "--seccomp", profile, "--", ...RENAME]);
      expect(stderr).toContain("[Errno 18]");
      expect(exitCode).toBe(1);
      const state = JSON.parse(await next()) as Readonly<Record<string, unknown>>; // checked here
      expect(state).toMatchObject({
        ociVersion: expect.stringMatching(/^1\./),
        fds: ["seccompFd"],
        pid: expect.any(Number),
        metadata: "FOR=test",
        state: { id: "asked", status: "running", pid: state["pid"] },
      });
    } finally {
      agent.kill("SIGKILL");
      await agent.exited;
    }
  });

  test("starts no box where the agent is missing", async () => {
    using dir = tempDir();
    const profile = notifying(dir, { listenerPath: dir.join("nobody") });
    const { stdout, stderr, exitCode } = await nsbox(["run", "--seccomp", profile, "--", "echo", "ran"]);
    expect([stdout, exitCode]).toEqual(["", 125]);
    expect(stderr).toStartWith("nsbox: Cannot ask the agent of the seccomp profile at ");
    expect(stderr).toContain("ENOENT");
  });

  test("is refused and written down with --audit, and is no profile for a box without either", async () => {
    using dir = tempDir();
    const profile = notifying(dir, {});
    const asked = await nsbox(["run", "--seccomp", profile, "--audit", "-", "--", ...RENAME]);
    expect(asked.stderr).toContain("sethostname  ENOSYS      1  by python3");
    const alone = await nsbox(["run", "--seccomp", profile, "--", "true"]);
    expect(alone.exitCode).toBe(125);
    expect(alone.stderr).toContain("it asks a supervisor (SCMP_ACT_NOTIFY), and there is none");
  });
});

describe("--audit", () => {
  test("is not something that a compiled box has", async () => {
    using dir = tempDir();
    const { stderr, exitCode } = await nsbox(["compile", "--audit", "-", "-o", dir.join("box"), "--", "true"]);
    expect(exitCode).toBe(125);
    expect(stderr).toContain("leave out --audit");
  });
});
