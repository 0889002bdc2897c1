import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { liveBox, namespaceOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { nsbox } from "#test/support/nsbox.ts";

interface View {
  readonly pid: number;
  readonly pids: readonly number[];
  readonly namespaces: {
    readonly value: readonly { readonly type: string; readonly inode: number; readonly yours: boolean }[];
  };
  readonly uidMap: {
    readonly value: readonly { readonly inside: number; readonly outside: number; readonly size: number }[];
  };
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
  readonly noNewPrivs: boolean;
  readonly hostname: { readonly value?: string; readonly reason?: string };
}

async function inspect(pid: number): Promise<View> {
  const { stdout } = await nsbox(["inspect", String(pid), "--json"]);
  return JSON.parse(stdout) as View; // what the command documents
}

describeWith(["userns"], "nsbox inspect", () => {
  test("of one's own process: every namespace is one's own, and as /proc has it", async () => {
    const view = await inspect(process.pid);
    expect(view.pid).toBe(process.pid);
    for (const { type, inode, yours } of view.namespaces.value) {
      expect({ type, yours }).toEqual({ type, yours: true });
      expect(`${type}:[${inode}]`).toBe(namespaceOf("self", type));
    }
    expect(view.namespaces.value.length).toBe(8);
    expect(view.hostname.value).toBe(readFileSync("/proc/sys/kernel/hostname", "utf8").trim());
  });

  test("of a box's command: its own namespaces, both its PIDs, its ids and capabilities", async () => {
    await using box = await liveBox();
    const view = await inspect(box.command);
    expect(view.namespaces.value.filter(({ yours }) => yours).map(({ type }) => type)).toEqual(["time"]);
    expect(view.pids).toEqual([box.command, 2]);
    expect(view.uidMap.value[0]).toMatchObject({ inside: 0, outside: process.getuid?.() ?? -1 });
    expect(view.capabilities["bounding"]).toHaveLength(14);
    expect(view.capabilities["ambient"]).toEqual([]);
    expect(view.noNewPrivs).toBe(true);
    expect(view.hostname.reason).toContain("another UTS namespace");
  });

  test("as text says what each thing means, without colours in a pipe", async () => {
    await using box = await liveBox();
    const { stdout } = await nsbox(["inspect", String(box.command)]);
    expect(stdout).toMatch(/net +\d+ {2}its own {2}devices, addresses, routes, ports/);
    expect(stdout).toMatch(/time +\d+ {2}same as yours/);
    expect(stdout).not.toContain("\x1b");
  });

  test.each([
    ["4194399", "nsbox: Cannot inspect 4194399: no process has this PID"],
    ["x1", 'nsbox: Cannot inspect "x1": it is not a PID'],
    ["0", 'nsbox: Cannot inspect "0": it is not a PID'],
  ])("of %s is one clear error", async (pid, message) => {
    const { stderr, exitCode } = await nsbox(["inspect", pid]);
    expect(stderr).toStartWith(message);
    expect(exitCode).toBe(125);
  });
});
