// --no-namespaces: Landlock alone holds a box, where the machine forbids namespaces. Each refusal is shown to be
// Landlock's by the same attempt outside of the box.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { inBox, isAlive, liveBox, namespaceOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, tempDir, waitFor } from "#test/support/nsbox.ts";

const FLAG = "--no-namespaces";

describeWith(["landlock"], "a box without namespaces", () => {
  test("has the caller's, and the caller's ids, but no capabilities and no new privileges", async () => {
    await using box = await liveBox([FLAG]);
    for (const type of ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"])
      expect(namespaceOf(box.command, type)).toBe(namespaceOf("self", type));
    expect(await box.ask("id -u")).toBe(String(process.getuid?.()));
    const status = readFileSync(`/proc/${box.command}/status`, "utf8");
    for (const name of ["CapInh", "CapPrm", "CapEff", "CapAmb"])
      expect(status).toContain(`${name}:\t0000000000000000\n`);
    expect(status).toContain("NoNewPrivs:\t1\n");
  });

  test("reads the system, not homes and others' temporary files", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("secret"), "hunter2\n");
    const read = (path: string): string => `cat '${path}' 2>&1 | head -n 1 | cut -c 1-60`;
    const { stdout } = await inBox(
      [FLAG],
      `${read("/etc/hostname")}; ${read(dir.join("secret"))}; ls /home /root 2>&1`,
    );
    expect(stdout).toStartWith(readFileSync("/etc/hostname", "utf8"));
    expect(stdout).not.toContain("hunter2");
    expect(stdout.match(/Permission denied/g)?.length).toBe(3);
  });

  test("sees what --ro shows, changes what --rw shows, and nothing else", async () => {
    using dir = tempDir();
    mkdirSync(dir.join("in"));
    mkdirSync(dir.join("out"));
    writeFileSync(dir.join("in", "file"), "input\n");
    const script = `cd '${dir.path}'; cat in/file > out/copy; echo x > in/new; echo x > new; : > /dev/null`;
    const { stderr } = await inBox([FLAG, "--ro", dir.join("in"), "--rw", dir.join("out")], script);
    expect(stderr.match(/Permission denied/g)?.length).toBe(2);
    expect(readFileSync(dir.join("out", "copy"), "utf8")).toBe("input\n");
    expect([existsSync(dir.join("in", "new")), existsSync(dir.join("new"))]).toEqual([false, false]);
  });

  test("ends with its launcher, and with the command's exit code", async () => {
    expect((await inBox([FLAG], "exit 7")).exitCode).toBe(7);
    const box = await liveBox([FLAG]);
    await box[Symbol.asyncDispose]();
    await waitFor(() => !isAlive(box.command), "the end of the command");
  });

  test("runs where user namespaces are forbidden, and run says so", async () => {
    const forbid = "echo 0 > /proc/sys/user/max_user_namespaces";
    const inside = (flags: string): Promise<{ stdout: string; stderr: string }> =>
      runCommand(["unshare", "-Ur", "sh", "-c", `${forbid}; '${NSBOX}' run ${flags} -- echo ran`]);
    const plain = await inside("");
    expect(plain.stdout).toBe("");
    expect(plain.stderr).toContain("user.max_user_namespaces is 0");
    expect(plain.stderr).toContain("or use --no-namespaces");
    expect((await inside(FLAG)).stdout).toBe("ran\n");
  });

  test("refuses flags that need a namespace, and paths that would have to be mounted", async () => {
    const refused = async (...flags: readonly string[]): Promise<string> => {
      const { stderr, exitCode } = await nsbox(["run", FLAG, ...flags, "--", "true"]);
      expect(exitCode).toBe(125);
      return stderr.split("\n")[0] ?? "";
    };
    expect(await refused("--overlay")).toBe("nsbox: Cannot use --overlay with --no-namespaces: it needs a namespace");
    expect(await refused("--pid", "new")).toBe("nsbox: Cannot use --pid with --no-namespaces: it needs a namespace");
    expect(await refused("--ro", "/usr:/opt")).toBe(
      'nsbox: Cannot show "/usr" as "/opt" with --no-namespaces: nothing is mounted',
    );
  });
});

describeWith(["landlock", "python3"], "the network of a box without namespaces", () => {
  const connect = (port: number): string =>
    `python3 -c 'import socket; socket.create_connection(("127.0.0.1", ${port})); print("connected")' 2>&1 | tail -n 1`;

  test("is out of reach, unless --net host gives it away", async () => {
    using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    expect((await inBox([FLAG], connect(server.port))).stdout).toContain("PermissionError");
    expect((await inBox([FLAG, "--net", "host"], connect(server.port))).stdout).toBe("connected\n");
  });
});

/** Makes a socket of a kind, and says how that went. */
const socket = (what: string): string =>
  `python3 -c "import socket; ${what}; print('made')" 2>&1 | tail -n 1 | grep -oE 'made|PermissionError'`;

describeWith(["landlock", "python3"], "the sockets of a box without namespaces", () => {
  const KINDS = {
    udp: "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    udp6: "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
    tcp: "socket.socket()",
    path: "socket.socket(socket.AF_UNIX)",
    pair: "socket.socketpair()",
  };
  const all = Object.values(KINDS).map(socket).join("; ");
  const [no, yes] = ["PermissionError", "made"];

  test.each<[flags: readonly string[], made: readonly (string | undefined)[]]>([
    [[], [no, no, no, no, yes]],
    [
      ["--net", "host"],
      [yes, yes, yes, no, yes],
    ],
    [["--unix-sockets"], [no, no, no, yes, yes]],
    [
      ["--net", "host", "--unix-sockets"],
      [yes, yes, yes, yes, yes],
    ],
    [
      ["--seccomp", "none"],
      [yes, yes, yes, yes, yes],
    ],
  ])("are %j: made UDP, UDP over IPv6, TCP, by path, as a pair: %j", async (flags, made) => {
    expect((await inBox([FLAG, ...flags], all)).stdout.trim().split("\n")).toEqual(made.map(String));
  });

  test("reach no service of the host behind a path, unless --unix-sockets gives it away", async () => {
    using dir = tempDir();
    const path = dir.join("service.sock");
    using _server = Bun.listen({
      unix: path,
      socket: { open: (client) => void client.end("secret\n"), data: () => undefined },
    });
    const script = `python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('${path}'); print(s.recv(9))" 2>&1`;
    expect((await inBox([FLAG], script)).stdout).toContain("PermissionError");
    expect((await inBox([FLAG, "--unix-sockets"], script)).stdout).toContain("secret");
  });

  test("are warned of where they can be reached, and only there", async () => {
    using dir = tempDir();
    const path = dir.join("agent");
    using _server = Bun.listen({ unix: path, socket: { data: () => undefined } });
    const env = { PATH: process.env["PATH"] ?? "", SSH_AUTH_SOCK: path };
    const warning = (...flags: readonly string[]) =>
      nsbox(["run", FLAG, ...flags, "--", "true"], { env }).then(({ stderr }) => stderr);
    expect(await warning()).toBe("");
    expect(await warning("--net", "host")).toBe("");
    for (const flags of [["--unix-sockets"], ["--seccomp", "none"]])
      expect(await warning(...flags)).toContain(`the box can reach ${path} (it signs with your keys)`);
  });

  test("are written down with --audit", async () => {
    const { stderr } = await inBox([FLAG, "--audit", "-"], socket(KINDS.udp));
    expect(stderr).toMatch(/socket +EACCES +1 {2}by python3/);
  });

  test("are no matter of other boxes", async () => {
    const { stderr, exitCode } = await nsbox(["run", "--unix-sockets", "--", "true"]);
    expect(stderr).toStartWith("nsbox: Cannot use --unix-sockets without --no-namespaces");
    expect(exitCode).toBe(125);
  });
});
