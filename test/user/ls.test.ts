import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { childrenOf, liveBox, namespaceOf } from "#test/support/box.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { parseMermaid } from "#test/support/mermaid.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { compileC, NSBOX, nsbox, runCommand, tempDir, waitFor } from "#test/support/nsbox.ts";

// All processes of a busy machine are looked at.
setDefaultTimeout(30_000);

interface Row {
  readonly ns: number;
  readonly type: string;
  readonly nprocs: number;
  readonly pid: number | null;
  readonly user: string | null;
  readonly command: string | null;
  readonly ppid: number | null;
  readonly uid: number | null;
  readonly path: string | null;
  readonly pns: number | null;
  readonly ons: number | null;
  readonly netnsid: number | null;
  readonly nsfs: readonly string[];
  readonly yours: boolean;
  readonly box: string | null;
  readonly creator: number | null;
  readonly heldby: readonly string[];
  readonly pids: readonly number[];
}

async function ls(...flags: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await nsbox(["ls", "--json", ...flags]);
  return (JSON.parse(stdout) as { readonly namespaces: readonly Row[] }).namespaces; // as docs/ls.md has it
}

/** The inode of a process's namespace. */
const inodeOf = (pid: number | "self", type: string): number => Number(/\d+/.exec(namespaceOf(pid, type))?.[0]);

/** What lsns says, in our words: 0 and text stand for what there isn't. */
async function lsns(): Promise<readonly Partial<Row>[]> {
  const columns = "NS,TYPE,NPROCS,PID,USER,COMMAND,PPID,UID,PATH,PNS,ONS,NETNSID";
  const { stdout } = await runCommand(["lsns", "--list", "--json", "-o", columns]);
  // lsns gives up where a process ends while it looks.
  if (stdout === "") return [];
  // Its own JSON; numbers may come as texts.
  const { namespaces } = JSON.parse(stdout) as {
    readonly namespaces: readonly Record<string, string | number | null>[];
  };
  const number = (value: string | number | null | undefined): number | null =>
    value === null || value === undefined || Number(value) === 0 || Number.isNaN(Number(value)) ? null : Number(value);
  return namespaces.map((row) => ({
    ns: Number(row["ns"]),
    type: String(row["type"]),
    nprocs: Number(row["nprocs"]),
    pid: number(row["pid"]),
    user: String(row["user"]),
    command: String(row["command"]),
    ppid: Number(row["ppid"]),
    uid: Number(row["uid"]),
    path: String(row["path"]),
    pns: number(row["pns"]),
    ons: number(row["ons"]),
    netnsid: number(row["netnsid"]),
  }));
}

/** Threads of the kernel come and go by themselves, and with them what lsns counts. */
function comparable(row: Partial<Row>, like: Partial<Row>): unknown {
  const { nprocs, command, ...rest } = row;
  const names = Object.keys(like).filter((name) => name !== "nprocs" && name !== "command");
  const picked = Object.entries(rest).filter(([name]) => names.includes(name));
  return { ...Object.fromEntries(picked), command: command?.replace(/^\[(.*)\]$/, "$1").trimEnd() };
}

describeWith(["userns", "lsns"], "nsbox ls beside lsns", () => {
  test("has every row of lsns, column by column, with boxes on the machine", async () => {
    await using first = await liveBox(["--hostname", "alpha"]);
    await using second = await liveBox(["--net", "host"]);
    // What runs elsewhere on the machine may change between the two.
    await waitFor(async () => {
      const [theirs, ours] = [await lsns(), await ls()];
      const byInode = new Map(ours.map((row) => [row.ns, row]));
      if (theirs.length === 0) return false;
      const pairs = theirs.flatMap((row) => {
        const mine = byInode.get(row.ns ?? 0);
        return mine === undefined ? [[row, {}] as const] : [[row, mine] as const];
      });
      const same = pairs.every(
        ([row, mine]) =>
          Bun.deepEquals(comparable(row, row), comparable(mine, row)) &&
          row.nprocs === ("nprocs" in mine ? mine.nprocs : 0),
      );
      if (!same) return false;
      const extra = ours.filter(({ ns, nprocs }) => nprocs > 0 && !theirs.some((row) => row.ns === ns));
      expect(extra).toEqual([]);
      expect(byInode.get(inodeOf(first.command, "uts"))?.nprocs).toBe(2 + childrenOf(first.command).length);
      expect(byInode.get(inodeOf(second.command, "net"))?.yours).toBe(true);
      return true;
    }, "nsbox ls and lsns to agree");
  });

  test("prints the columns of lsns when nothing is said", async () => {
    const [ours, theirs] = [await nsbox(["ls"]), await runCommand(["lsns"])];
    const words = (text: string): readonly string[] => (text.split("\n")[0] ?? "").trim().split(/ +/);
    expect(words(ours.stdout)).toEqual(words(theirs.stdout));
  });
});

describeWith(["userns"], "nsbox ls", () => {
  test("knows a box: who owns its namespaces, what they descend from, who made them", async () => {
    await using box = await liveBox();
    const rows = await ls("--pid", String(box.command));
    const user = inodeOf(box.command, "user");
    expect(rows.map(({ type }) => type).toSorted()).toEqual([
      "cgroup",
      "ipc",
      "mnt",
      "net",
      "pid",
      "time",
      "user",
      "uts",
    ]);
    const owners = new Map(rows.map(({ type, ons }) => [type, ons]));
    for (const type of ["cgroup", "ipc", "mnt", "net", "pid", "uts"])
      expect([type, owners.get(type)]).toEqual([type, user]);
    const pid = rows.find(({ type }) => type === "pid");
    expect(pid?.pns).toBe(inodeOf("self", "pid"));
    expect(pid?.box).toBe(`box ${box.init}`);
    expect(rows.find(({ type }) => type === "user")).toMatchObject({
      ns: user,
      pns: inodeOf("self", "user"),
      ons: inodeOf("self", "user"),
      creator: process.getuid?.() ?? -1,
      yours: false,
    });
  });

  test("--type and --sort choose and order", async () => {
    await using _box = await liveBox();
    const { stdout } = await nsbox(["ls", "--type", "net,mount", "--sort=-nprocs", "-o", "type,nprocs"]);
    const rows = stdout.trim().split("\n").slice(1);
    expect(new Set(rows.map((row) => row.trim().split(/ +/)[0]))).toEqual(new Set(["net", "mnt"]));
    const counts = rows.map((row) => Number(row.trim().split(/ +/)[1]));
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  });

  test("calls your boxes by their names, in every view; another's by its first process", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("web", "sleep 1000");
    const seen = async (...flags: readonly string[]): Promise<string> => (await boxes.nsbox(["ls", ...flags])).stdout;
    // The clocks are the machine's; of what there is in them you may see another box first.
    expect(await seen("--pid", String(init), "-o", "box")).toMatch(/^BOX\n(box \d+)?\n(web\n){7}$/);
    expect(await seen("--tree")).toMatch(new RegExp(`box web: ${init} .*nsbox-init › sh -c sleep 1000`));
    expect(await seen("--html", "-")).toContain('"box":"web"');
    const elsewhere = await nsbox(["ls", "--pid", String(init), "-o", "box", "--type", "pid"]);
    expect(elsewhere.stdout).toBe(`BOX\nbox ${init}\n`);
  });

  test("follows descent where PIDs begin anew between a box's init, its command and that one's child", async () => {
    using dir = tempDir();
    // Each box gets other PIDs of the last few before pid_max, and of those that come after.
    const script = `
      mount -t proc proc /proc
      for left in $(seq 16); do
        echo $(($(cat /proc/sys/kernel/pid_max) - left)) >/proc/sys/kernel/ns_last_pid
        "$0" run -d --name web -- sh -c 'sleep 1000; true' >/dev/null
        until "$0" ls --type pid -o box,nprocs | grep -q '^web *3$'; do :; done
        "$0" ls --type pid -o box,pid | grep ^web
        "$0" ls --type pid --tree | tail -n 1
        "$0" rm -f web >/dev/null
      done`;
    const env = { ...Bun.env, NSBOX_STATE_DIR: dir.join("state") } as Record<string, string>; // no undefined in it
    const { stdout } = await runCommand(["unshare", "-Urpmf", "sh", "-c", script, NSBOX], { env });
    const lines = stdout.trim().split("\n");
    const trees = lines.filter((line) => !line.startsWith("web"));
    for (const line of trees) expect(line).toMatch(/box web: \d+ root nsbox-init › sh -c sleep 1000; true$/);
    expect(trees).toHaveLength(16);
    // In some the init's PID is not the lowest.
    const lowest = lines.filter((line) => line.startsWith("web")).map((line) => Number(line.slice(3)));
    const inits = trees.map((line) => Number(/box web: (\d+)/.exec(line)?.[1]));
    expect(lowest.filter((pid, at) => pid !== inits[at]).length).toBeGreaterThan(0);
  });

  test("--tree draws a box's namespaces below its user namespace, and that below yours", async () => {
    await using box = await liveBox();
    const { stdout } = await nsbox(["ls", "--tree"]);
    const lines = stdout.split("\n");
    const at = lines.findIndex((line) => line.includes(`user   ${inodeOf(box.command, "user")}`));
    const indent = (line: string | undefined): number => line?.search(/[a-z]/) ?? -1;
    const uts = lines.findIndex((line) => line.includes(`uts    ${inodeOf(box.command, "uts")}`));
    expect(at).toBeGreaterThan(0);
    expect(uts).toBeGreaterThan(at);
    expect(indent(lines[uts])).toBe(indent(lines[at]) + 3);
    expect(indent(lines.find((line) => line.includes(`${inodeOf("self", "user")}*`)))).toBeLessThan(indent(lines[at]));
    const descent = lines.slice(lines.findIndex((line) => line.startsWith("Descent")));
    const mine = descent.find((line) => line.includes(`pid    ${inodeOf("self", "pid")}*`));
    const its = descent.find((line) => line.includes(`pid    ${inodeOf(box.command, "pid")}`));
    expect(indent(its)).toBe(indent(mine) + 3);
    expect(its).toContain(`box ${box.init}: ${box.init} `);
  });

  test("shows a namespace without a process that a mount holds, where it is and what owns it", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("held uts"), "");
    const script = `unshare --uts sh -c 'mount --bind /proc/self/ns/uts "${dir.join("held uts")}"; readlink /proc/self/ns/uts'; ${NSBOX} ls --json`;
    const { stdout } = await runCommand(["unshare", "-Urm", "sh", "-c", script]);
    const inode = Number(/\d+/.exec(stdout)?.[0]);
    const { namespaces } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { readonly namespaces: readonly Row[] }; // ours
    const row = namespaces.find(({ ns }) => ns === inode);
    expect(row).toMatchObject({ type: "uts", nprocs: 0, pid: null, command: null, nsfs: [dir.join("held uts")] });
    expect(namespaces.find(({ ns }) => ns === row?.ons)).toMatchObject({ type: "user", yours: true });
  });

  testWith(["cc"], "shows one that an open file holds, and the user namespace that only owns it", async () => {
    using holder = compileC(HOLDER);
    const child = Bun.spawn([holder.path], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    try {
      const reader = child.stdout.getReader();
      const [inode, fd] = new TextDecoder()
        .decode((await reader.read()).value)
        .trim()
        .split(" ")
        .map(Number);
      const rows = await ls();
      const row = rows.find(({ ns }) => ns === inode);
      expect(row).toMatchObject({ type: "uts", nprocs: 0, heldby: [`file ${fd} of process ${child.pid}`] });
      const owner = rows.find(({ ns }) => ns === row?.ons);
      expect(owner).toMatchObject({ type: "user", nprocs: 0, pns: inodeOf("self", "user") });
      expect(owner?.heldby).toEqual([`namespace ${inode}`]);
      const { stdout } = await nsbox(["ls", "--type", "uts"]);
      expect(stdout).toContain(`(held by file ${fd} of process ${child.pid})`);
    } finally {
      child.kill();
      await child.exited;
    }
  });

  test.each([
    // Below the user namespace that owns /proc's PID namespace nobody has a right to look at its processes.
    ["on stderr", 'unshare -U "$0" ls'],
    ["as JSON", 'unshare -U "$0" ls --json'],
  ])("says that /proc hides processes, where it does: %s", async (_, command) => {
    const script = `mount -t proc -o hidepid=2 proc /proc && ${command}; exit $?`;
    const { stdout, stderr, exitCode } = await runCommand(["unshare", "-Urpmf", "sh", "-c", script, NSBOX]);
    const told = command.endsWith("--json") ? stdout : stderr;
    expect(told).toContain("/proc is mounted with hidepid=invisible: processes of others are hidden");
    expect(exitCode).toBe(0);
  });

  test("says nothing of hidepid where it hides nothing from who looks", async () => {
    const script = `mount -t proc -o hidepid=2 proc /proc && exec "$0" ls`;
    const { stderr, exitCode } = await runCommand(["unshare", "-Urpmf", "sh", "-c", script, NSBOX]);
    expect(stderr).not.toContain("hidepid");
    expect(exitCode).toBe(0);
  });

  testWith(["cc"], "skips processes that end while it reads, without a word", async () => {
    using churn = compileC(CHURN);
    const child = Bun.spawn([churn.path], { stdin: "pipe", stdout: "ignore", stderr: "inherit" });
    try {
      for (let round = 0; round < 20; round++) {
        const { stderr, exitCode } = await nsbox(["ls", "--json"]);
        expect(stderr).toBe("");
        expect(exitCode).toBe(0);
      }
    } finally {
      child.kill();
      await child.exited;
    }
  });

  test("writes names of others harmlessly: no control characters reach the terminal", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("sh"), "#!/bin/sh\nread line\n");
    chmodSync(dir.join("sh"), 0o755);
    const child = Bun.spawn(["unshare", "-U", "sh", dir.join("sh"), "\x1b[31mred\nline"], { stdin: "pipe" });
    try {
      const line = await waitFor(async () => {
        const { stdout } = await nsbox(["ls", "--pid", String(child.pid), "--type", "user"]);
        return stdout.split("\n").find((row) => row.includes("red"));
      }, "the process to be listed");
      expect(line).toContain("\\x1b[31mred\\x0aline");
    } finally {
      child.kill();
      await child.exited;
    }
  });

  test.each([
    [["--type", "nat"], 'nsbox: Cannot use --type "nat": there is no such kind of namespace'],
    [["-o", "NS,NPORCS"], 'nsbox: Cannot use --output: there is no column "NPORCS"\n  hint  did you mean NPROCS?'],
    [["--sort", "size"], 'nsbox: Cannot use --sort: there is no column "size"'],
    [["--pid", "x"], 'nsbox: Cannot use --pid "x": it is not a PID'],
    [["--pid", "4194399"], "nsbox: Cannot list the namespaces of 4194399: no process has this PID"],
    [["--tree", "--json"], '{"error":{"code":"EUSAGE","message":"Cannot use --tree and --json: one view at a time"'],
    [["--html", "-", "--type", "net"], "nsbox: Cannot use --type with --html: it would change nothing there"],
    [["--tree", "--sort", "pid"], "nsbox: Cannot use --sort with --tree: it would change nothing there"],
    [["--dot", "-o", "ns"], "nsbox: Cannot use --output with --dot: it would change nothing there"],
    [["4026531840"], 'nsbox: Cannot list "4026531840": nsbox ls takes flags alone'],
  ])("%p is one clear error", async (flags, message) => {
    const { stderr, exitCode } = await nsbox(["ls", ...flags]);
    expect(stderr).toStartWith(message);
    expect(exitCode).toBe(125);
  });
});

/** Holds a UTS namespace open that a child made, whose user namespace has no process either. */
const HOLDER = `#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  int up[2], down[2];
  if (pipe(up) || pipe(down)) return 1;
  pid_t pid = fork();
  char byte, path[64];
  if (pid == 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWUTS) || write(up[1], "", 1) != 1) _exit(1);
    return read(down[0], &byte, 1) != 1;
  }
  if (read(up[0], &byte, 1) != 1) return 1;
  snprintf(path, sizeof path, "/proc/%d/ns/uts", pid);
  int fd = open(path, O_RDONLY);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) || write(down[1], "", 1) != 1) return 1;
  waitpid(pid, 0, 0);
  printf("%lu %d\\n", (unsigned long)status.st_ino, fd);
  fflush(stdout);
  pause();
}
`;

/** Makes processes that end at once, four at a time. */
const CHURN = `#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  for (int n = 0; n < 4; n++) if (fork() == 0) _exit(0);
  for (;;) {
    waitpid(-1, 0, 0);
    if (fork() == 0) { usleep(200); _exit(0); }
  }
}
`;

describeWith(["userns"], "nsbox ls as a graph", () => {
  testWith(["dot"], "--dot is what Graphviz draws, a node for each namespace", async () => {
    await using _box = await liveBox();
    const { stdout } = await nsbox(["ls", "--dot"]);
    const drawn = await runCommand(["dot", "-Tsvg"], { stdin: stdout });
    expect(drawn.stderr).toBe("");
    expect(drawn.exitCode).toBe(0);
    const nodes = stdout.match(/^ {2}\d+ \[label=/gm) ?? [];
    expect(nodes.length).toBeGreaterThan(12);
    expect(drawn.stdout.match(/class="node"/g)).toHaveLength(nodes.length);
  });

  test("--mermaid is a flowchart, with an arrow from a box's user namespace to what it owns", async () => {
    await using box = await liveBox();
    const { stdout } = await nsbox(["ls", "--mermaid"]);
    const { arrows } = parseMermaid(stdout);
    const [from, to] = [`n${inodeOf(box.command, "user")}`, `n${inodeOf(box.command, "net")}`];
    expect(arrows).toContainEqual({ from, to, label: undefined });
  });
});
