// Your own command in namespaces that have a name, alone or in place of those of a box or PID.
import { expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { namespaceOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, runCommand, tempDir } from "#test/support/nsbox.ts";
import { inodeOf, isRoot, openState, pin, type State } from "#test/support/pin-state.ts";

const ALL: readonly string[] = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup", "time"];

/** The namespaces that a command is in, by type. */
async function execLinks(state: State, ...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const script = `for n in ${ALL.join(" ")}; do readlink /proc/self/ns/$n; done`;
  const { stdout, stderr } = await nsbox(["exec", ...args, "sh", "-c", script], { env: state.env });
  expect(stderr).toBe("");
  const lines = stdout.trim().split("\n");
  return Object.fromEntries(ALL.map((type, n) => [type, lines[n] ?? ""]));
}

function ownLinks(): Readonly<Record<string, string>> {
  return Object.fromEntries(ALL.map((type) => [type, namespaceOf("self", type)]));
}

async function refusal(state: State, ...args: readonly string[]): Promise<string> {
  const { stderr, exitCode } = await nsbox(["exec", ...args], { env: state.env });
  expect(exitCode).toBe(125);
  return stderr.trim();
}

describeWith(["userns"], "nsbox exec with pinned names", () => {
  test("alone: enters those, and for an ordinary user their owner, and nothing else", async () => {
    await using state = openState();
    const made = await pin(state, "web", "--net", "--uts", "--ipc");
    const entered = { uts: inodeOf(made, "uts"), net: inodeOf(made, "net") };
    const owner = isRoot ? {} : { user: inodeOf(made, "user") };
    expect(await execLinks(state, "--net", "web", "--uts", "web", "--")).toEqual({
      ...ownLinks(),
      ...owner,
      ...entered,
    });
  });

  test("alone: each of the eight types by name", async () => {
    await using state = openState();
    const flags = ["--net", "--uts", "--ipc", "--mnt", "--cgroup", "--time", "--pid", "--userns"];
    const made = await pin(state, "all", ...flags);
    for (const { type } of made.namespaces) {
      const flag = type === "user" ? "--userns" : `--${type}`;
      const run = ["exec", flag, "all", "--", "sh", "-c", `readlink /proc/self/ns/${type} /proc/$PPID/ns/${type}`];
      const { stdout } = await nsbox(run, { env: state.env });
      expect(stdout.split("\n")[0]).toBe(inodeOf(made, type));
    }
  });

  test("alone: the caller's files, folder and ids; uid 0 and every capability where an owner is entered", async () => {
    await using state = openState();
    await pin(state, "web", "--net");
    using dir = tempDir();
    const script = `id -u; pwd; : > ${dir.join("made")}; grep CapEff /proc/self/status`;
    const { stdout } = await nsbox(["exec", "--net", "web", "--", "sh", "-c", script], {
      env: state.env,
      cwd: dir.path,
    });
    const [uid, folder, caps = ""] = stdout.trim().split("\n");
    expect([uid, folder]).toEqual(["0", dir.path]);
    const own = /^CapEff:.*$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[0] ?? "";
    const last = Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"));
    const every = (2n ** BigInt(last + 1) - 1n).toString(16).padStart(16, "0");
    expect(caps).toBe(isRoot ? own : `CapEff:\t${every}`);
    expect(statSync(dir.join("made")).uid).toBe(process.getuid?.() ?? -1);
  });

  test("alone: may change what it entered, and another meets it there", async () => {
    await using state = openState();
    await pin(state, "web", "--uts", "--hostname", "before");
    await nsbox(["exec", "--uts", "web", "--", "hostname", "after"], { env: state.env });
    expect(await state.run(["--uts", "web"], "hostname")).toBe("after");
  });

  test("with a PID: in place of the one that it has", async () => {
    await using state = openState();
    const made = await pin(state, "web", "--net");
    const child = Bun.spawn(["sleep", "1000"]);
    try {
      const expected = { ...ownLinks(), ...(isRoot ? {} : { user: inodeOf(made, "user") }), net: inodeOf(made, "net") };
      expect(await execLinks(state, "--net", "web", String(child.pid))).toEqual(expected);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });

  test("--userns PID: root where there is one, else who you are in there", async () => {
    await using state = openState();
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    const script = `echo $$; exec sleep 1000`;
    const child = Bun.spawn(["unshare", "--user", "--map-user", "4711", "--map-group", "4712", "sh", "-c", script], {
      stdout: "pipe",
    });
    try {
      await child.stdout.getReader().read();
      const { stdout } = await nsbox(["exec", "--userns", String(child.pid), "--", "sh", "-c", "id -u; id -g"], {
        env: state.env,
      });
      expect({ stdout, uid, gid }).toEqual({ stdout: "4711\n4712\n", uid, gid });
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
    expect(await refusal(state, "--userns", "4194303", "--", "true")).toContain("Cannot join the namespace");
  });

  test("of a box and of another pin, an ordinary user can enter one only, which is said", async () => {
    await using state = openState();
    const made = await pin(state, "web", "--net");
    const started = ["run", "-d", "--name", "box", "--hostname", "box", "--", "sleep", "1000"];
    await nsbox(started, { env: state.env });
    try {
      const look = ["--net", "web", "box", "sh", "-c", "hostname; readlink /proc/self/ns/net"];
      const { stdout, stderr } = await nsbox(["exec", ...look], { env: state.env });
      expect(stdout).toBe(isRoot ? `box\n${inodeOf(made, "net")}\n` : "");
      if (!isRoot) expect(stderr).toContain("from inside another user namespace, such as a box's, nobody can");
      expect(await refusal(state, "--mnt", "/proc/self/ns/mnt", "box", "true")).toStartWith(
        'nsbox: Cannot use --mnt with the box "box": a box is entered whole',
      );
    } finally {
      await nsbox(["rm", "-f", "box"], { env: state.env });
    }
  });

  test("says what is missing, and what to write", async () => {
    await using state = openState();
    await pin(state, "web", "--net");
    expect(await refusal(state, "--net", "web", "ip", "address")).toEndWith("write -- before it: -- ip …");
    expect(await refusal(state, "--net", "wob", "--", "true")).toEndWith("did you mean web?");
    expect(await refusal(state, "--uts", "web", "--", "true")).toContain("no uts namespace is pinned under it");
    expect(await refusal(state, "web", "true")).toEndWith(
      "namespaces are pinned under this name: nsbox exec --net web -- COMMAND",
    );
    const inspected = await nsbox(["inspect", "web"], { env: state.env });
    expect(inspected.stderr).toContain("namespaces are pinned under this name: nsbox ns ls web shows them");
    expect(await refusal(state, "--net", "web", "--")).toContain("Cannot exec: no command is given");
    expect(await refusal(state, "--", "true")).toContain("Cannot exec: no command is given");
    expect(await refusal(state, "--ns", "net", "--uts", "/proc/self/ns/uts", "--", "true")).toContain(
      "Cannot use --ns: no box and no PID is given",
    );
    expect(await refusal(state, "--ns", "net", "--net", "web", String(process.pid), "true")).toContain(
      "Cannot use --ns net with --net",
    );
    expect(await refusal(state, "--net", "new", "--", "true")).toContain(
      "exec enters what there is, and makes nothing",
    );
    expect(await refusal(state, "--net", "bridge", "--", "true")).toContain("Cannot use --net for a network");
  });
});

describeWith(["userns", "root", "ip"], "nsbox exec as root", () => {
  test("--net takes the file of ip-netns(8)", async () => {
    await using state = openState();
    const name = `nsbox-test-${process.pid}`;
    await runCommand(["ip", "netns", "add", name]);
    try {
      const { stdout } = await nsbox(["exec", "--net", `/run/netns/${name}`, "--", "ip", "netns", "identify"], {
        env: state.env,
      });
      expect(stdout.trim()).toBe(name);
    } finally {
      await runCommand(["ip", "netns", "del", name]);
    }
  });
});
