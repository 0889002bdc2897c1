// A root folder of root's, for a box whose uid 0 is another: its files keep their owners inside. Only root can map ids.
import { expect, test } from "bun:test";
import { chownSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, runCommand, type RunResult, type TempDir, tempDir } from "#test/support/nsbox.ts";

const MAPS = ["--uid-map", "0:100000:65536", "--gid-map", "0:100000:65536"];

function rootFolder(): TempDir {
  const dir = tempDir();
  mkdirSync(dir.join("bin"));
  mkdirSync(dir.join("etc"));
  Bun.spawnSync(["cp", "/bin/busybox", dir.join("bin", "busybox")]);
  writeFileSync(dir.join("etc", "secret"), "for root\n", { mode: 0o600 });
  writeFileSync(dir.join("etc", "mine"), "for 1000\n");
  chownSync(dir.join("etc", "mine"), 1000, 1000);
  return dir;
}

function inRoot(dir: TempDir, script: string, flags: readonly string[] = MAPS): Promise<RunResult> {
  return nsbox(["run", "--root", dir.path, ...flags, "--", "/bin/busybox", "sh", "-c", script]);
}

describeWith(["root", "busybox"], "a root folder that belongs to ids outside of the box's map", () => {
  test("belongs inside to the ids that it belongs to on disk", async () => {
    using dir = rootFolder();
    const script =
      "b=/bin/busybox; $b stat -c '%u %n' /etc/secret /etc/mine; $b cat /etc/secret; $b cat /proc/self/uid_map";
    const { stdout, stderr } = await inRoot(dir, script);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^0 \/etc\/secret\n1000 \/etc\/mine\nfor root\n\s+0\s+100000\s+65536\n$/);
    expect(statSync(dir.join("etc", "secret")).uid).toBe(0);
  });

  test("is read-only, and no file of root's is made on the host through it", async () => {
    using dir = rootFolder();
    const { stderr } = await inRoot(dir, "echo x > /etc/new");
    expect(stderr).toContain("Read-only file system");
    const writable = await inRoot(dir, "/bin/busybox stat -c %u /etc/secret; echo x > /etc/new", [
      "--writable-root",
      ...MAPS,
    ]);
    expect(writable.stdout).toBe("65534\n");
    expect(writable.stderr).toContain("Permission denied");
  });

  test("stays as it is where it belongs to the map's ids already", async () => {
    using dir = rootFolder();
    await runCommand(["chown", "-R", "100000:100000", dir.path]);
    expect((await inRoot(dir, "/bin/busybox stat -c %u /etc/secret")).stdout).toBe("0\n");
  });

  test("which can't be mapped is refused in one line with a way out", async () => {
    using dir = tempDir();
    const command = `mount -t proc proc '${dir.path}' && exec "$@"`;
    const { stderr, exitCode } = await runCommand([
      "unshare",
      "-m",
      "sh",
      "-c",
      command,
      "sh",
      process.env["NSBOX_BIN"] ?? "dist/nsbox",
      "run",
      "--root",
      dir.path,
      ...MAPS,
      "--",
      "/bin/true",
    ]);
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(
      /^nsbox: Cannot map the ids of ".*": mount_setattr gave EINVAL \(Invalid argument\)\n {2}hint {2}this file system can't have its ids mapped: /,
    );
  });
});
