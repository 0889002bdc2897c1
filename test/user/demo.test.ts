// Every proof is played for real, as root and as an ordinary user; here it is looked at what a learner gets of it.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, type RunOptions, tempDir } from "#test/support/nsbox.ts";
import { onTerminal } from "#test/support/on-terminal.ts";

const KINDS = ["uts", "ipc", "pid", "mount", "net", "user", "cgroup", "time", "container"];

interface Shown {
  readonly kind: string;
  readonly proofs: readonly {
    readonly statement: string;
    readonly verdict: string;
    readonly why: string | null;
    readonly looks: readonly { readonly name: string; readonly answer: string; readonly pid?: number }[];
    readonly boxes: readonly {
      readonly look: string;
      readonly steps: readonly { readonly calls: readonly string[] }[];
    }[];
  }[];
}

async function play(kinds: readonly string[], options: RunOptions = {}): Promise<readonly Shown[]> {
  const { stdout, stderr } = await nsbox(["demo", ...kinds, "--json"], options);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as readonly Shown[]; // what the command prints
}

/** PATH with these programs and no others. */
function pathOf(dir: string, tools: readonly string[]): Readonly<Record<string, string>> {
  for (const tool of tools) symlinkSync(Bun.which(tool) ?? tool, `${dir}/${tool}`);
  return { PATH: dir };
}

describeWith(["userns"], "nsbox demo", () => {
  test.each(KINDS)("%s proves what it states", async (kind) => {
    const [demo] = await play([kind]);
    expect(demo?.kind).toBe(kind);
    expect(demo?.proofs.length).toBeGreaterThan(0);
    for (const { statement, verdict, why } of demo?.proofs ?? [])
      expect({ statement, verdict, why }).toEqual({ statement, verdict: "proved", why: null });
  });

  test("has looked inside for real: what a box saw is not what there is outside", async () => {
    const [uts] = await play(["uts"]);
    const [named] = uts?.proofs ?? [];
    expect(named?.looks).toMatchObject([
      { name: "inside", answer: "alpha" },
      { name: "outside", answer: hostname() },
    ]);
    const calls = named?.boxes.flatMap(({ steps }) => steps.flatMap((step) => step.calls)) ?? [];
    expect(calls).toContain('sethostname("alpha", 5)');
    expect(calls.join()).toContain("CLONE_NEWUTS");
  });

  test("enters again the very namespace that an open file, or a mount, has held", async () => {
    const [uts, mount] = await play(["uts", "mount"]);
    const [first, ended, second] = uts?.proofs[1]?.looks ?? [];
    expect(ended?.answer).toBe("gone");
    expect(second?.answer).toBe(`${first?.answer}\nalpha`);
    expect(first?.answer).not.toBe(readlinkSync("/proc/self/ns/uts"));
    const [, holder, third] = mount?.proofs[3]?.looks ?? [];
    expect(third?.answer).toBe(`${holder?.answer}\nbeta`);
  });

  test("without a kind plays all, a line each, and says how to see more", async () => {
    const { stdout, exitCode } = await nsbox(["demo"]);
    for (const kind of KINDS) expect(stdout).toContain(`\n${kind}: `.slice(kind === "uts" ? 1 : 0));
    expect(stdout).toContain("✓ uid 0 inside is an ordinary user outside.");
    expect(stdout).not.toContain("✗");
    expect(stdout).toBe(Bun.stripANSI(stdout));
    expect(stdout).toEndWith("\nnsbox demo KIND shows the calls that were made, and inside beside outside.\n");
    expect(exitCode).toBe(0);
  });

  test("shows statement, calls and both sides within 80 columns", async () => {
    const { stdout, exitCode } = await nsbox(["demo", ...KINDS]);
    expect(exitCode).toBe(0);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/ {2}inside +│ outside\n {2}\$ uname -n +│ \$ uname -n\n {2}alpha +│ /);
    expect(stdout).toContain('      sethostname("alpha", 5)\n');
    expect(stdout).toContain('      pivot_root(".", ".")\n');
    expect(stdout).not.toContain("not proved");
  });

  test("says what could not be proved and why, and exits with 1", async () => {
    const forbid = 'echo 0 > /proc/sys/user/max_uts_namespaces && exec "$@"';
    const within = ["unshare", "-Ur", "sh", "-c", forbid, "sh", NSBOX, "demo", "uts", "user"];
    const { stdout, exitCode } = await runCommand(within);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("not proved: Cannot make the box's first process");
    expect(stdout).toContain("ENOSPC");
    expect(stdout).toMatch(/hint {2}the limit of namespaces is reached/);
    expect(stdout).toContain("uid 0 inside is an ordinary user outside.");
  });

  test("says which tool is missing, and that is no failure", async () => {
    using dir = tempDir();
    const env = pathOf(dir.path, ["sh", "tail", "cut", "tr", "grep", "readlink"]);
    const { stdout, exitCode } = await nsbox(["demo", "net"], { env });
    expect(stdout).toContain("not shown: perl: not installed");
    expect(stdout).toContain("  proved\n");
    expect(exitCode).toBe(0);
  });

  test("leaves no process, no mount and no file behind", async () => {
    using dir = tempDir();
    const mounts = readFileSync("/proc/self/mountinfo", "utf8");
    const queues = readFileSync("/proc/sysvipc/msg", "utf8");
    const demos = await play(KINDS, { cwd: dir.path });
    const pids = demos.flatMap(({ proofs }) => proofs.flatMap(({ looks }) => looks.flatMap(({ pid }) => pid ?? [])));
    expect(pids.length).toBeGreaterThan(20);
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(mounts);
    expect(readFileSync("/proc/sysvipc/msg", "utf8")).toBe(queues);
    expect(readdirSync(dir.path)).toEqual([]);
    expect(existsSync("/tmp/of-the-box") || existsSync("/tmp/held")).toBe(false);
  });

  test("--step waits for Enter before each look, and q ends it", async () => {
    using session = onTerminal("demo", "uts", "--step");
    const first = await session.until("Enter: look");
    expect(first).toContain("A box names its host for itself");
    expect(first).not.toContain("proved");
    session.type("\r");
    const second = await session.until("lives on without any process");
    expect(second).toContain("proved");
    session.type("q\r");
    expect(await session.exited).toBe(0);
    expect(Bun.stripANSI(session.screen()).match(/\bproved/g)?.length).toBe(1);
  });

  test("--step waits for nobody where there is no terminal", async () => {
    const { stdout, exitCode } = await nsbox(["demo", "uts", "--step"]);
    expect(stdout.match(/\n {2}proved\n/g)?.length).toBe(2);
    expect(stdout).not.toContain("Enter");
    expect(exitCode).toBe(0);
  });

  test("knows its kinds", async () => {
    const { stderr, exitCode } = await nsbox(["demo", "usr"]);
    expect(stderr).toContain('Cannot show "usr": there is no such demo');
    expect(stderr).toContain("did you mean nsbox demo user?");
    expect(exitCode).toBe(125);
  });
});
