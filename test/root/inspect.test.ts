import { expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, NSBOX, runCommand, tempDir } from "#test/support/nsbox.ts";

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
