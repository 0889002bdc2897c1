// Namespaces with a name: real ones, entered by real boxes.
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { childrenOf, isAlive, type LiveBox, liveBox, namespaceOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { inodeOf, isRoot, openState, pin, type State, type View } from "#test/support/pin-state.ts";
import { nsbox, NSBOX, runCommand, tempDir, waitFor } from "#test/support/nsbox.ts";

/** Whether a namespace is still there: a process is in it or a mount of this mount namespace shows it. */
function isThere(link: string): boolean {
  if (readFileSync("/proc/self/mountinfo", "utf8").includes(` ${link} `)) return true;
  const [type = ""] = link.split(":");
  return readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && linkOf(pid, type) === link);
}

function linkOf(pid: string, type: string): string | undefined {
  try {
    return namespaceOf(Number(pid), type);
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

describeWith(["userns"], "nsbox ns", () => {
  test("pin: namespaces that stay when their maker has ended, and are the caller's no more", async () => {
    await using state = openState();
    const made = await pin(state, "web", "--net", "--uts", "--ipc");
    const types = made.namespaces.map(({ type }) => type);
    expect(types).toEqual(isRoot ? ["ipc", "uts", "net"] : ["user", "ipc", "uts", "net"]);
    expect(made.holder.kind).toBe(isRoot ? "mount" : "process");
    for (const type of types) {
      expect(isThere(inodeOf(made, type))).toBe(true);
      expect(inodeOf(made, type)).not.toBe(namespaceOf("self", type));
    }
    expect((await state.list()).map(({ name, state: is }) => [name, is])).toEqual([["web", "live"]]);
  });

  test("run enters each of the eight types by name", async () => {
    await using state = openState();
    const flags = ["--net", "--uts", "--ipc", "--mnt", "--cgroup", "--time", "--pid", "--userns"];
    const made = await pin(state, "all", ...flags);
    expect(made.namespaces.map(({ type }) => type).sort()).toEqual(
      ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"], // ascending
    );
    for (const { type } of made.namespaces) {
      const flag = type === "user" ? "--userns" : `--${type}`;
      expect(await state.run([flag, "all"], `readlink /proc/self/ns/${type}`)).toBe(inodeOf(made, type));
    }
  });

  test("run shares a pinned network: two boxes talk over its loopback", async () => {
    await using state = openState();
    await pin(state, "web", "--net");
    const listen = `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8099", Listen => 1, ReuseAddr => 1) or die $!; print "bound\\n"; $| = 1; $c = $s->accept; print $c "hello from the first\\n"; close $c'`;
    const first = Bun.spawn([NSBOX, "run", "--net", "web", "--", "sh", "-c", listen], {
      env: { ...state.env },
      stdout: "pipe",
      stderr: "inherit",
    });
    const talk = `perl -MIO::Socket::INET -e 'for (1..500) { $s = IO::Socket::INET->new("127.0.0.1:8099") and last; select undef, undef, undef, 0.01 } print <$s>'`;
    expect(await state.run(["--net", "web"], talk)).toBe("hello from the first");
    expect(await first.exited).toBe(0);
    const alone = `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new("127.0.0.1:8099") ? "heard" : "silence"'`;
    expect(await state.run([], alone)).toBe("silence");
  });

  test("run keeps what was set: a host name, and what a box before left in System V IPC", async () => {
    await using state = openState();
    await pin(state, "web", "--uts", "--ipc", "--hostname", "web.example", "--domainname", "example");
    expect(await state.run(["--uts", "web"], "hostname; cat /proc/sys/kernel/domainname")).toBe("web.example\nexample");
    const count = "tail -n +2 /proc/sysvipc/shm | wc -l";
    expect(await state.run(["--ipc", "web"], count)).toBe("0");
    await state.run(["--ipc", "web"], "ipcmk -M 4096");
    expect(await state.run(["--ipc", "web"], count)).toBe("1");
  });

  test("run has a pinned clock, and a kept mount namespace", async () => {
    await using state = openState();
    await pin(state, "t", "--time", "--boottime", "1000000", "--mnt");
    const uptime = Number((await state.run(["--time", "t"], "cut -d. -f1 /proc/uptime")).trim());
    expect(uptime).toBeGreaterThan(1_000_000);
    expect(uptime).toBeLessThan(Number(readFileSync("/proc/uptime", "utf8").split(".")[0]) + 1_000_060);
  });

  test("rm lets them go: mounts, files and holder are gone, and with the last box the namespaces", async () => {
    await using state = openState();
    const made = await pin(state, "web", "--net", "--uts", "--mnt");
    const box: LiveBox = await liveBoxIn(state, ["--net", "web"]);
    const { stdout, stderr } = await state.ns("rm", "web", "--json");
    expect({ stdout: JSON.parse(stdout) as unknown, stderr }).toEqual({ stdout: { removed: ["web"] }, stderr: "" });
    expect(isThere(inodeOf(made, "net"))).toBe(true);
    await box[Symbol.asyncDispose]();
    for (const { type } of made.namespaces)
      await waitFor(() => !isThere(inodeOf(made, type)), `the end of the ${type} namespace`);
    expect(readdirSync(`${state.path}/ns`)).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(state.path);
    if (made.holder.kind === "process") expect(isAlive(made.holder.pid)).toBe(false);
  });

  test("a holder is a few pages, has no capabilities, no files and no session of its maker", async () => {
    await using state = openState();
    const { holder } = await pin(state, "p", "--pid", "--net");
    expect(holder.kind).toBe("process"); // also root's: a PID namespace ends with its first process
    const status = readFileSync(`/proc/${holder.pid}/status`, "utf8");
    expect(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])).toBeLessThanOrEqual(12);
    expect(/^CapPrm:\s+(\w+)$/m.exec(status)?.[1]).toBe("0000000000000000");
    expect(/^Threads:\s+(\d+)$/m.exec(status)?.[1]).toBe("1");
    expect(readdirSync(`/proc/${holder.pid}/fd`)).toEqual([]);
    expect(readFileSync(`/proc/${holder.pid}/cmdline`, "utf8")).toBe("nsbox-pin\0p\0");
    expect(readFileSync(`/proc/${holder.pid}/stat`, "utf8").split(" ")[5]).toBe(String(holder.pid));
  });

  test("a pinned PID namespace: boxes see each other's processes, orphans are reaped, rm ends all in it", async () => {
    await using state = openState();
    const { holder } = await pin(state, "p", "--pid");
    const box = await liveBoxIn(state, ["--pid", "p"]);
    const init = readFileSync(`/proc/${box.command}/status`, "utf8");
    expect(/^NSpid:.*\t(\d+)$/m.exec(init)?.[1]).not.toBe("1");
    await state.run(["--pid", "p"], "(sh -c 'exit 0' &) ; exit 0");
    await waitFor(() => childrenOf(holder.pid).every(isAlive), "no zombie to be left with the holder");
    await state.ns("rm", "p");
    expect(await box.exited).toBe(137);
  });

  test("a pinned PID namespace that is entered with its owner shows its own processes, and no others", async () => {
    await using state = openState();
    await pin(state, "p", "--pid", "--userns");
    const seen = await state.run(["--pid", "p"], "cat /proc/[0-9]*/comm");
    expect(seen.split("\n").slice(0, 2)).toEqual(["nsbox-pin", "nsbox-init"]);
    expect(seen.split("\n").length).toBeLessThanOrEqual(4);
  });

  test("a holder that has died is said, can't be entered, and can be let go", async () => {
    await using state = openState();
    const { holder } = await pin(state, "p", "--pid");
    process.kill(holder.pid, "SIGKILL");
    await waitFor(() => !isAlive(holder.pid), "the holder's end");
    const [view] = await state.list();
    expect(view).toMatchObject({ state: "broken", reason: `its holder, process ${holder.pid}, has ended` });
    expect(await state.run(["--pid", "p"], "true")).toBe(
      `nsbox: Cannot enter "p": its holder, process ${holder.pid}, has ended\n  hint  let it go and make it anew: nsbox ns rm p`,
    );
    expect((await state.ns("rm", "p")).exitCode).toBe(0);
    expect(await state.list()).toEqual([]);
  });

  test("a holder is believed only with its start time: another process with its PID is neither entered nor ended", async () => {
    await using state = openState();
    await pin(state, "p", "--pid");
    const file = `${state.path}/ns/p/pin.json`;
    const text = readFileSync(file, "utf8");
    await using other = await liveBox();
    const record = JSON.parse(text) as View; // what the store documents
    // A tick earlier: the other one may have started within the same.
    const startTicks = record.holder.startTicks - 1;
    writeFileSync(file, JSON.stringify({ ...record, holder: { ...record.holder, pid: other.init, startTicks } }));
    expect((await state.list())[0]?.reason).toBe(`its holder, process ${other.init}, has ended`);
    await state.ns("rm", "p");
    expect(isAlive(other.init)).toBe(true);
    process.kill(record.holder.pid, "SIGKILL");
  });

  test("a pin that was cut short is shown, keeps its name, and can be let go", async () => {
    await using state = openState();
    await pin(state, "web", "--net");
    mkdirSync(`${state.path}/ns/half`);
    expect((await state.ns("ls", "half")).stdout).toContain("broken: it was not finished");
    expect((await state.ns("pin", "half", "--net")).stderr).toContain('Cannot pin "half": the name is taken');
    expect((await state.ns("rm", "half")).exitCode).toBe(0);
    expect((await state.list()).map(({ name }) => name)).toEqual(["web"]);
  });

  test("a pin that was cut short lets its holder go too", async () => {
    await using state = openState();
    const { holder } = await pin(state, "p", "--pid");
    const file = `${state.path}/ns/p/pin.json`;
    const record = JSON.parse(readFileSync(file, "utf8")) as object; // what the store documents
    writeFileSync(file, JSON.stringify({ ...record, namespaces: [] }));
    expect((await state.list())[0]).toMatchObject({ state: "broken", reason: "it was not finished" });
    expect(await state.run(["--pid", "p"], "true")).toStartWith('nsbox: Cannot enter "p": it was not finished');
    await state.ns("rm", "p");
    expect(isAlive(holder.pid)).toBe(false);
  });

  test("what can't be made leaves nothing: no name, no file, no mount, no process", async () => {
    await using state = openState();
    const { stderr, exitCode } = await state.ns("pin", "x", "--net", "--time", "--boottime", "-99999999");
    expect(stderr).toStartWith("nsbox: Cannot make a time namespace: ");
    expect(stderr).toContain("ERANGE");
    expect(exitCode).toBe(125);
    expect(readdirSync(`${state.path}/ns`)).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(state.path);
    await pin(state, "x", "--net");
  });

  test("where no user namespaces are allowed, the limit is named", async () => {
    await using state = openState();
    const script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" ns pin x --net --userns';
    const { stderr, exitCode } = await runCommand(["unshare", "-Ur", "sh", "-c", script, NSBOX], { env: state.env });
    expect(stderr).toContain("ENOSPC");
    expect(stderr).toContain("user.max_user_namespaces");
    expect(exitCode).toBe(125);
    expect(readdirSync(`${state.path}/ns`)).toEqual([]);
  });

  test("two at once under one name: one gets it", async () => {
    await using state = openState();
    const results = await Promise.all(Array.from({ length: 6 }, () => state.ns("pin", "web", "--net")));
    expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 125, 125, 125, 125, 125]);
    expect(await state.list()).toHaveLength(1);
    expect(await state.run(["--net", "web"], "cat /proc/net/dev | grep -c lo:")).toBe("1");
  });

  test("the state folder is the caller's alone", async () => {
    await using state = openState();
    await pin(state, "web", "--net");
    expect(statSync(state.path).mode & 0o777).toBe(0o700);
    await runCommand(["chmod", "777", state.path]);
    expect((await state.ns("ls")).stderr).toStartWith(
      `nsbox: Cannot use "${state.path}" for nsbox's state: others may`,
    );
    await runCommand(["chmod", "700", state.path]);
  });

  test("a link in the state folder's place is not followed", async () => {
    using dir = tempDir();
    mkdirSync(dir.join("other"), { mode: 0o700 });
    symlinkSync("other", dir.join("state"));
    const env = { PATH: process.env["PATH"] ?? "", NSBOX_STATE_DIR: dir.join("state") };
    const { stderr, exitCode } = await nsbox(["ns", "pin", "web", "--net"], { env });
    expect(stderr).toStartWith(`nsbox: Cannot use "${dir.join("state")}" for nsbox's state: it is not a folder`);
    expect(exitCode).toBe(125);
    expect(readdirSync(dir.join("other"))).toEqual([]);
  });
});

describeWith(["userns", "root"], "nsbox ns as root", () => {
  test("lets go in mount namespaces too that were made while it was pinned", async () => {
    await using state = openState();
    const made = await pin(state, "web", "--net");
    const keeper = Bun.spawn(["unshare", "-m", "sh", "-c", "echo ready; read -r line"], {
      stdin: "pipe",
      stdout: "pipe",
    });
    await keeper.stdout.getReader().read();
    const mounts = (): string => readFileSync(`/proc/${keeper.pid}/mountinfo`, "utf8");
    expect(mounts()).toContain(` ${inodeOf(made, "net")} `);
    await state.ns("rm", "web");
    expect(mounts()).not.toContain(inodeOf(made, "net"));
    keeper.stdin.end();
    await keeper.exited;
  });

  test("keeps what is pinned when more is, also in a folder that is reached through a link", async () => {
    using dir = tempDir();
    mkdirSync(dir.join("real"));
    symlinkSync("real", dir.join("link"));
    const env = { PATH: process.env["PATH"] ?? "", NSBOX_STATE_DIR: dir.join("link", "state") };
    for (const name of ["a", "b"]) await nsbox(["ns", "pin", name, "--net", "--mnt"], { env });
    const { stdout } = await nsbox(["ns", "ls", "--json"], { env });
    const views = JSON.parse(stdout) as readonly View[]; // what the command documents
    expect(views.map(({ name, state }) => [name, state])).toEqual([
      ["a", "live"],
      ["b", "live"],
    ]);
    await nsbox(["ns", "rm", "a", "b"], { env });
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(dir.path);
  });

  test("without CAP_SYS_ADMIN pins as a user does", async () => {
    await using state = openState();
    const drop = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"];
    const pinned = await runCommand([...drop, NSBOX, "ns", "pin", "web", "--net", "--json"], { env: state.env });
    const made = JSON.parse(pinned.stdout) as View; // what the command documents
    expect(made.holder.kind).toBe("process");
    expect(made.namespaces.map(({ type }) => type)).toEqual(["user", "net"]);
    const run = [...drop, NSBOX, "run", "--net", "web", "--", "readlink", "/proc/self/ns/net"];
    expect((await runCommand(run, { env: state.env })).stdout.trim()).toBe(inodeOf(made, "net"));
  });

  test("says so where its mounts have gone", async () => {
    await using state = openState();
    await pin(state, "web", "--net");
    await runCommand(["umount", `${state.path}/ns/web/net`]);
    expect((await state.list())[0]?.reason).toBe("its net is not mounted here");
    expect(existsSync(`${state.path}/ns/web/net`)).toBe(true);
  });
});

describe("nsbox ns says what is wrong:", () => {
  test.each([
    [["pin", "x"], 'Cannot pin "x": no namespace is asked for'],
    [["pin", "--net"], "Cannot pin: no name is given"],
    [["pin", "x", "y", "--net"], 'Cannot pin: "y" is a second name'],
    [["pin", "../x", "--net"], 'Cannot use the name "../x": it is not a name for namespaces'],
    [["pin", "42", "--net"], 'Cannot use the name "42": it is not a name for namespaces'],
    [["pin", "host", "--net"], 'Cannot use the name "host": it has a meaning of its own'],
    [["pin", "x", "--net", "--hostname", "y"], "Cannot use --hostname: it is set in a uts namespace"],
    [["pin", "x", "--net", "--boottime", "1"], "Cannot use --boottime: it is set in a time namespace"],
    [["pin", "x", "--nte"], "Cannot use --nte: nsbox ns pin has no such flag\n  hint  did you mean --net?"],
    [["rm"], "Cannot let go: no name is given"],
    [
      ["rm", "x"],
      'Cannot find "x": no namespaces are pinned under this name\n  hint  none are yet; nsbox ns pin NAME --net makes',
    ],
    [["lst"], 'Cannot do ns "lst": no such verb\n  hint  did you mean nsbox ns ls?'],
    [[], "Cannot do nothing: ns takes a verb"],
  ])("ns %j", async (args, message) => {
    await using state = openState();
    const { stdout, stderr, exitCode } = await state.ns(...args);
    expect(stderr).toStartWith(`nsbox: ${message}`);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
    expect(existsSync(state.path) && readdirSync(`${state.path}/ns`).length > 0).toBe(false);
  });

  test("a name that is near another", async () => {
    await using state = openState();
    await pin(state, "web", "--net");
    expect(await state.run(["--net", "wbe"], "true")).toContain("did you mean web?");
    expect(await state.run(["--net", "hots"], "true")).toContain("did you mean host?");
    expect(await state.run(["--uts", "web"], "true")).toStartWith(
      'nsbox: Cannot enter "web": no uts namespace is pinned under it',
    );
    expect((await state.ns("pin", "web", "--uts")).stderr).toStartWith('nsbox: Cannot pin "web": the name is taken\n');
  });
});

/** A live box that finds its names in this state folder. */
async function liveBoxIn(state: State, flags: readonly string[]): Promise<LiveBox> {
  const before = process.env["NSBOX_STATE_DIR"];
  process.env["NSBOX_STATE_DIR"] = state.path;
  try {
    return await liveBox(flags);
  } finally {
    if (before === undefined) delete process.env["NSBOX_STATE_DIR"];
    else process.env["NSBOX_STATE_DIR"] = before;
  }
}
