import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { pidsFolder } from "#test/support/cgroup-folder.ts";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, NSBOX, runCommand, tempDir, waitFor } from "#test/support/nsbox.ts";

describeWith(["root"], "nsbox inspect", () => {
  test("says that /proc hides the processes of others, where it is mounted with hidepid=2", async () => {
    using dir = tempDir();
    copyFileSync(NSBOX, dir.join("nsbox"));
    // In a PID namespace of its own: before Linux 5.8 the option holds for every /proc of one.
    const script = `mount -t proc -o hidepid=2 proc /proc
      setpriv --reuid=54321 --regid=54321 --clear-groups sh -c '"$0" inspect $$' "$0"
      exit $?`;
    const start = ["unshare", "--pid", "--fork", "--mount", "sh", "-c", script];
    const { stdout, stderr } = await runCommand([...start, dir.join("nsbox")]);
    expect(stderr).toBe("");
    expect(stdout).toContain("all of others: /proc is mounted with hidepid");
  });

  test("of a thread of the kernel shows what it has, and says what it can't have", async () => {
    const { stdout, exitCode } = await nsbox(["inspect", "2"]);
    expect(stdout).toMatch(/command +\[kthreadd\]/);
    expect(stdout).toContain("a thread of the kernel has no such thing");
    expect(exitCode).toBe(0);
  });
});

describeWith(["root", "pids-cgroup"], "nsbox inspect of a process in a cgroup", () => {
  test("shows its limits and use, and those of a group above", async () => {
    const outer = `${pidsFolder()}/nsbox-inspect-${process.pid}`;
    const child = Bun.spawn(["sleep", "1000"]);
    try {
      mkdirSync(`${outer}/inner`, { recursive: true });
      writeFileSync(`${outer}/pids.max`, "77");
      writeFileSync(`${outer}/inner/cgroup.procs`, String(child.pid));
      const { stdout } = await nsbox(["inspect", String(child.pid)]);
      expect(stdout).toContain(`/nsbox-inspect-${process.pid}: processes 77 `);
      expect(stdout).toMatch(/held back .*a limit of processes/);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
      for (const folder of [`${outer}/inner`, outer]) await waitFor(() => removed(folder), "the group to be empty");
    }
  });
});

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EBUSY") return false;
    throw error;
  }
}
