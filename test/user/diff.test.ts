import { expect, test } from "bun:test";
import type { DiffItem, ProcessDiff } from "#src/inspect/diff-view.ts";
import { liveBox, namespaceOf } from "#test/support/box.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { nsbox } from "#test/support/nsbox.ts";

interface Result {
  readonly diff: ProcessDiff;
  readonly exitCode: number;
}

async function diff(first: number, second: number): Promise<Result> {
  const { stdout, stderr, exitCode } = await nsbox(["diff", String(first), String(second), "--json"]);
  expect(stderr).toBe("");
  return { diff: JSON.parse(stdout) as ProcessDiff, exitCode }; // what the command documents
}

function item({ diff: { items } }: Result, group: string, name: string): DiffItem | undefined {
  return items.find((one) => one.group === group && one.name === name);
}

function differing({ diff: { items } }: Result, group: string): readonly string[] {
  return items.filter((one) => one.group === group && one.state === "different").map(({ name }) => name);
}

describeWith(["userns"], "nsbox diff", () => {
  test("of a process with itself: nothing, exit code 0", async () => {
    const result = await diff(process.pid, process.pid);
    expect(result.exitCode).toBe(0);
    expect(result.diff).toMatchObject({ different: 0, unknown: 0, first: { pid: process.pid } });
    expect(result.diff.same).toBeGreaterThan(40);
  });

  test("of a box and its maker: the namespaces of the box, and their inodes as /proc has them", async () => {
    await using box = await liveBox();
    const result = await diff(process.pid, box.command);
    expect(result.exitCode).toBe(1);
    expect(differing(result, "namespaces")).toEqual(["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"]);
    expect(item(result, "namespaces", "time")?.state).toBe("same");
    const net = item(result, "namespaces", "net");
    expect(`net:[${String(net?.first)}]`).toBe(namespaceOf("self", "net"));
    expect(`net:[${String(net?.second)}]`).toBe(namespaceOf(box.command, "net"));
    expect(differing(result, "privileges")).toContain("no_new_privs");
    expect(differing(result, "capabilities")).toContain("bounding");
    expect(item(result, "capabilities", "bounding")?.second).toHaveLength(14);
    expect(item(result, "limits", "core")?.second).toBe("1");
  });

  test("of two boxes that differ in one flag each: just that", async () => {
    await using plain = await liveBox();
    await using other = await liveBox([
      ...["--net", "host", "--rlimit", "nofile=99", "--cap-drop", "chown", "-e", "ONLY_HERE=secret"],
      ...["--tmpfs", "/mnt:size=64k"],
    ]);
    const result = await diff(plain.command, other.command);
    expect(differing(result, "limits")).toEqual(["nofile"]);
    expect(item(result, "limits", "nofile")?.second).toBe("99");
    expect(differing(result, "capabilities")).toEqual(["effective", "permitted", "bounding"]);
    expect(differing(result, "privileges")).toEqual([]);
    const mount = item(result, "mounts", "/mnt");
    expect(mount?.first).toBeNull();
    expect(mount?.second).toContain("fs:size=64k");
    expect(differing(result, "environment")).toEqual(["names"]);
    expect(item(result, "environment", "names")?.second).toContain("ONLY_HERE");
    expect(JSON.stringify(result.diff)).not.toContain("secret");
  });

  test("of two processes of one box: nothing isolates them", async () => {
    await using box = await liveBox();
    const result = await diff(box.init, box.command);
    expect(differing(result, "namespaces")).toEqual([]);
    expect(differing(result, "mounts")).toEqual([]);
  });

  test("as text says it in words, without colours in a pipe", async () => {
    await using box = await liveBox();
    const { stdout, exitCode } = await nsbox(["diff", String(process.pid), String(box.command)]);
    expect(stdout).toMatch(/^ {2}≠ {2}net +A \d+ {2}B \d+ {2}devices, addresses, routes, ports$/m);
    expect(stdout).toMatch(/^ {2}= {2}the same: time$/m);
    expect(stdout).toMatch(/^\d+ differ, \d+ the same/m);
    expect(stdout).not.toContain("\x1b");
    expect(exitCode).toBe(1);
  });

  test.each([
    [[], "Cannot compare: no PID is given, and it takes two"],
    [["1"], "Cannot compare: 1 PID is given, and it takes two"],
    [["1", "2", "3"], "Cannot compare: 3 PIDs are given, and it takes two"],
    [["1", "x"], 'Cannot diff "x": it is no PID, and no box has this name'],
    [["self", "1"], 'Cannot diff "self": it is no PID, and no box has this name'],
    [[String(process.pid), "4194399"], "Cannot inspect 4194399: no process has this PID"],
  ])("of %j is one clear error", async (args, message) => {
    const { stdout, stderr, exitCode } = await nsbox(["diff", ...args]);
    expect(stderr).toStartWith(`nsbox: ${message}`);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
  });
});

testWith(["unprivileged"], "nsbox diff shows what may not be read, with the reason", async () => {
  const result = await diff(process.pid, 1);
  const root = item(result, "files", "root");
  expect(root).toMatchObject({ state: "unknown", second: null });
  expect(root?.reason).toContain("(EACCES)");
  expect(result.diff.unknown).toBeGreaterThan(8);
  expect(item(result, "ids", "uid")?.state).toBe("different");
});
