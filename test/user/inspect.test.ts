import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Readable } from "#src/inspect/groups/group.ts";
import type { ProcessView } from "#src/inspect/process-view.ts";
import { ProcDir } from "#src/inspect/proc-dir.ts";
import { childrenOf, isAlive, liveBox, namespaceOf } from "#test/support/box.ts";
import { documentedNames, leavesOf, undocumented } from "#test/support/inspect-docs.ts";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, startNsbox, waitFor } from "#test/support/nsbox.ts";

async function inspect(pid: number): Promise<ProcessView> {
  const { stdout, stderr } = await nsbox(["inspect", String(pid), "--json"]);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as ProcessView; // what the command documents
}

/** The value; fails the test, saying why, where there is none. */
function known<T>(readable: Readable<T>): T {
  if ("value" in readable) return readable.value;
  throw new Error(`not readable: ${readable.unreadable}: ${readable.reason}`);
}

describeWith(["userns", "python3"], "nsbox inspect", () => {
  test("of one's own process: every namespace is one's own, and as /proc has it", async () => {
    const view = await inspect(process.pid);
    expect(view.identity.pid).toBe(process.pid);
    for (const { type, inode, yours } of known(view.namespaces.list)) {
      expect({ type, yours }).toEqual({ type, yours: true });
      expect(`${type}:[${inode}]`).toBe(namespaceOf("self", type));
    }
    expect(known(view.namespaces.list)).toHaveLength(8);
    expect(known(view.names).hostname).toBe(readFileSync("/proc/sys/kernel/hostname", "utf8").trim());
  });

  test("of a box's command: its own namespaces, both its PIDs, its ids and capabilities", async () => {
    await using box = await liveBox();
    const view = await inspect(box.command);
    const yours = known(view.namespaces.list).filter((one) => one.yours);
    expect(yours.map(({ type }) => type)).toEqual(["time"]);
    expect(view.identity.pids).toEqual([box.command, 2]);
    expect(known(view.ids.uidMap)[0]).toMatchObject({ inside: 0, outside: process.getuid?.() ?? -1 });
    expect(view.capabilities.bounding).toHaveLength(14);
    expect(view.capabilities.ambient).toEqual([]);
    expect(view.confinement.noNewPrivs).toBe(true);
  });

  test("as text says what each thing means, without colours in a pipe", async () => {
    await using box = await liveBox();
    const { stdout } = await nsbox(["inspect", String(box.command)]);
    expect(stdout).toMatch(/net +\d+ {2}its own {2}its own +\d+ +devices, addresses, routes, ports/);
    expect(stdout).toMatch(/time +\d+ {2}yours/);
    expect(stdout).not.toContain("\x1b");
  });

  test("says in short what it has for itself, what it shares, and what power it has", async () => {
    await using box = await liveBox(["--net", "host"]);
    const { stdout } = await nsbox(["inspect", String(box.command)]);
    const uid = process.getuid?.() ?? -1;
    expect(stdout).toMatch(/its own +ids, mounts, processes, IPC, host name, cgroup tree /);
    expect(stdout).toMatch(/shared +network, clocks /);
    expect(stdout).toMatch(
      `acts as    root inside, ${uid === 0 ? "root" : `uid ${uid}`} to files and to all outside\n`,
    );
    expect(stdout).toMatch(
      /power +14 of root's 41 capabilities, over what its own user namespace owns and nothing else/,
    );
    expect(stdout).toMatch(/held back +a filter of system calls, no_new_privs/);
    expect((await nsbox(["inspect", String(process.pid)])).stdout).toMatch(/its own +nothing /);
  });

  test("says ids and names in words, as they are inside", async () => {
    await using box = await liveBox(["--hostname", "inside"]);
    const { stdout } = await nsbox(["inspect", String(box.command)]);
    const uid = process.getuid?.() ?? -1;
    expect(stdout).toContain(uid === 0 ? "every id is the same inside and outside" : `0 inside is ${uid} outside`);
    expect(stdout).toMatch(/host name +inside/);
    expect(stdout).toMatch(/PID +\d+ › 2 /);
  });

  test("leaves no trace in what it entered", async () => {
    await using box = await liveBox();
    const look = (): readonly string[] => [
      readFileSync(`/proc/${box.command}/mountinfo`, "utf8"),
      readFileSync(`/proc/${box.init}/task/${box.init}/children`, "utf8"),
    ];
    const before = look();
    const view = await inspect(box.command);
    expect(known(view.ipc.queues)).toEqual([]);
    expect(look()).toEqual([...before]);
  });

  test("shows what a box's network and IPC namespaces hold, and its filters", async () => {
    await using provider = await startProvider();
    const view = await inspect(provider.pid);
    expect(known(view.network.listening)).toMatchObject([{ protocol: "tcp", address: "127.0.0.1", port: 8080 }]);
    expect(known(view.network.interfaces)).toMatchObject([{ name: "lo", up: true }]);
    const shared = { kind: "shared memory", key: 4711, mode: "600", uid: 0, size: 4096 };
    expect(known(view.ipc.sysv)).toMatchObject([shared]);
    expect(known(view.ipc.queues)).toEqual([{ name: "post", bytes: { value: 5 } }]);
    expect(view.confinement.seccomp).toMatchObject({ mode: "filter" });
    const { stdout } = await nsbox(["inspect", String(provider.pid)]);
    expect(stdout).toMatch(/tcp +this +127\.0\.0\.1:8080/);
    expect(stdout).toContain("listens on tcp 127.0.0.1:8080");
    expect(stdout).toMatch(/shared memory +0x1267 +\d+ +600 +0 +4 KiB/);
    expect(stdout).toContain("/post (5 B)");
    // Of the host's none is seen: the box's are its own.
    expect(known((await inspect(process.pid)).ipc.sysv).some(({ key }) => key === 4711)).toBe(false);
  });

  test("says whose a listening socket is, as the caller sees him", async () => {
    await using provider = await startProvider();
    const uid = process.getuid?.() ?? -1;
    expect(known((await inspect(provider.pid)).network.listening)).toMatchObject([{ protocol: "tcp", uid }]);
    const { stdout } = await nsbox(["inspect", String(provider.init)]);
    expect(stdout).toMatch(new RegExp(`tcp +uid ${uid} +127\\.0\\.0\\.1:8080`));
  });

  test("does not guess whose it is, where yet another user namespace owns the network", async () => {
    await using provider = await startProvider(["--nested"], "os.fork() or libc.unshare(CLONE_NEWUSER)");
    const nested = await waitFor(() => childrenOf(provider.pid)[0], "the child");
    await waitFor(() => namespaceOf(nested, "user") !== namespaceOf(provider.pid, "user"), "its user namespace");
    expect(known((await inspect(nested)).network.listening)).toMatchObject([{ port: 8080, uid: null }]);
  });

  test("of a zombie says that it has ended", async () => {
    const child = Bun.spawn(["sh", "-c", "sleep 0 & exec sleep 60"], { stdio: ["ignore", "ignore", "ignore"] });
    try {
      const zombie = await waitFor(() => childrenOf(child.pid).find((pid) => !isAlive(pid)), "a zombie");
      const { stdout, exitCode } = await nsbox(["inspect", String(zombie)]);
      expect(stdout).toMatch(/state +zombie/);
      expect(stdout).toContain("it has ended (zombie)");
      expect(exitCode).toBe(0);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });

  test("of a process that ends while it is read is one clear error", async () => {
    const child = Bun.spawn(["sleep", "60"]);
    using dir = new ProcDir(child.pid);
    dir.checkAlive();
    child.kill("SIGKILL");
    await child.exited;
    expect(() => dir.checkAlive()).toThrow(`Cannot inspect ${child.pid}: the process ended while it was read`);
  });

  test.each([
    ["4194399", "nsbox: Cannot inspect 4194399: no process has this PID"],
    ["x1", 'nsbox: Cannot inspect "x1": it is no PID, and no box has this name'],
    ["0", 'nsbox: Cannot inspect "0": it is no PID, and no box has this name'],
  ])("of %s is one clear error", async (pid, message) => {
    const { stderr, exitCode } = await nsbox(["inspect", pid]);
    expect(stderr).toStartWith(message);
    expect(exitCode).toBe(125);
  });
});

describeWith(["root", "userns", "python3"], "nsbox inspect of a box with a map of its own", () => {
  test("says whose a listening socket is outside", async () => {
    await using provider = await startProvider(["--uid-map", "0:100000:65536"]);
    expect(known((await inspect(provider.pid)).network.listening)).toMatchObject([{ port: 8080, uid: 100_000 }]);
  });
});

describeWith(["userns", "unprivileged"], "nsbox inspect of somebody else's process", () => {
  test("shows what it may, and for the rest the reason and who may", async () => {
    const view = await inspect(1);
    expect(view.identity.name).not.toBe("");
    expect(known(view.limits).length).toBeGreaterThan(10);
    expect(known(view.network.interfaces).length).toBeGreaterThan(0);
    for (const refused of [view.namespaces.list, view.places.exe, view.openFiles, view.ipc.sysv, view.names])
      expect(refused).toMatchObject({ unreadable: "EACCES", help: "root may" });
    const { stdout, exitCode } = await nsbox(["inspect", "1"]);
    expect(stdout).toContain("not readable (EACCES): the kernel shows it only to who may trace the process");
    expect(exitCode).toBe(0);
  });
});

describe("nsbox inspect --watch", () => {
  test("prints a line of JSON for each change, and ends with the process", async () => {
    const child = Bun.spawn(["sleep", "60"]);
    const watcher = startNsbox(["inspect", String(child.pid), "--watch", "--json", "--interval", "20ms"]);
    const reader = watcher.stdout.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toStartWith('{"identity":{"pid":');
    child.kill("SIGKILL");
    await child.exited;
    let text = new TextDecoder().decode(value);
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += new TextDecoder().decode(part.value);
    const views = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as ProcessView); // what the command documents
    expect(new Set(views.map(({ identity }) => identity.pid))).toEqual(new Set([child.pid]));
    expect(await watcher.stderr.text()).toBe(`nsbox: process ${child.pid} has ended\n`);
    expect(await watcher.exited).toBe(0);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("ends cleanly with %s", async (signal) => {
    const watcher = startNsbox(["inspect", String(process.pid), "--watch", "--json", "--interval", "1h"]);
    await watcher.stdout.getReader().read();
    watcher.kill(signal);
    expect(await watcher.exited).toBe(0);
  });

  test("alone takes an interval", async () => {
    const { stderr, exitCode } = await nsbox(["inspect", "1", "--interval", "1s"]);
    expect(stderr).toContain("Cannot use --interval: without --watch one looks once");
    expect(exitCode).toBe(125);
  });
});

describeWith(["userns", "python3"], "docs/inspect.md", () => {
  test("names all that the JSON holds, and nothing else", async () => {
    await using provider = await startProvider();
    const views = await Promise.all([inspect(provider.pid), inspect(process.pid)]);
    const seen = new Set(views.flatMap((view) => leavesOf(view, "")));
    expect(undocumented(seen)).toEqual([]);
    const neverSeen = [...documentedNames()].filter((path) => !seen.has(path) && !MACHINE_DEPENDENT.test(path));
    expect(neverSeen).toEqual([]);
  });
});

/** Without a route or a cgroup of version 2 there are none; test/root/inspect-network has a box with a network. */
const MACHINE_DEPENDENT =
  /^(?:network\.(?:routes|neighbours|natRules|helper|interfaces\.value\[\]\.peer)|cgroups\.value)/;

/** Listens, makes System V memory and a POSIX queue with five bytes in it, takes a filter that lets all pass. */
const PROVIDER = `
CLONE_NEWUSER = 0x10000000
import ctypes, os, socket, struct, time
libc = ctypes.CDLL(None, use_errno=True)
server = socket.create_server(("127.0.0.1", 8080))
assert libc.shmget(4711, 4096, 0o1600) >= 0
program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
head = struct.pack("HxxxxxxP", 1, ctypes.addressof(program))
assert libc.prctl(22, 2, head) == 0
queue = libc.mq_open(b"/post", 0o102, 0o600, None)
assert queue >= 0
assert libc.mq_send(queue, b"hello", 5, 0) == 0
print("ready", flush=True)
`;

/** A box whose command is PROVIDER, ready; after a last line it waits. */
async function startProvider(
  flags: readonly string[] = [],
  last = "",
): Promise<AsyncDisposable & { readonly init: number; readonly pid: number }> {
  const program = `${PROVIDER}${last}\ntime.sleep(600)\n`;
  // KERNEL: Landlock has no path for the queues of an IPC namespace, and forbids to make one.
  const box = startNsbox(["run", "--no-landlock", ...flags, "--", "python3", "-c", program]);
  const { value } = await box.stdout.getReader().read();
  if (value === undefined) throw new Error(`the provider did not start: ${await box.stderr.text()}`);
  const init = await waitFor(() => childrenOf(box.pid)[0], "the init");
  const pid = await waitFor(() => childrenOf(init)[0], "the command");
  return {
    init,
    pid,
    async [Symbol.asyncDispose]() {
      box.kill("SIGKILL");
      await box.exited;
    },
  };
}
