// What a box's command sees of files, and what it can change.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { inBox } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, tempDir, type TempDir } from "#test/support/nsbox.ts";

/** A root file system with nothing but busybox. */
function busyboxRoot(): TempDir {
  const dir = tempDir();
  mkdirSync(dir.join("bin"));
  Bun.spawnSync(["cp", Bun.which("busybox") ?? "busybox", dir.join("bin/busybox")]);
  for (const name of [
    "sh",
    "ls",
    "cat",
    "stat",
    "ps",
    "touch",
    "id",
    "mount",
    "hostname",
    "wc",
    "tail",
    "readlink",
    "tty",
    "awk",
  ]) {
    symlinkSync("busybox", dir.join("bin", name));
  }
  return dir;
}

describeWith(["userns"], "the host's root in a box", () => {
  test("is read-only, every mount of it", async () => {
    for (const path of ["/usr", "/etc", "/"]) {
      const { stderr, exitCode } = await inBox([], `touch ${path === "/" ? "" : path}/x`);
      expect(stderr).toContain("Read-only file system");
      expect(exitCode).toBe(1);
    }
    const { stdout } = await inBox(
      [],
      "awk '$6 ~ /^rw/ && $5 !~ /^.(proc|dev|tmp|run|var.tmp|home|root)/ {print $5}' /proc/self/mountinfo",
    );
    expect(stdout).toBe("");
  });

  test("hides homes and gives fresh /tmp, /run and /var/tmp, which can be written", async () => {
    const { stdout } = await inBox(
      [],
      "find /home /root /tmp /run /var/tmp ! -type d; for d in /tmp /run /var/tmp; do echo x > $d/x && cat $d/x; done",
      {
        cwd: "/usr",
      },
    );
    expect(stdout).toBe("x\nx\nx\n");
  });

  test("makes these folders of one file system, with their modes whatever the caller's umask is", async () => {
    const script = "stat -c '%n %a' /tmp /run /var/tmp /home; stat -c %d /tmp /run /var/tmp /home | sort -u | wc -l";
    const { stdout } = await runCommand(
      ["sh", "-c", 'umask 077; exec "$@"', "sh", NSBOX, "run", "--", "sh", "-c", script],
      {
        cwd: "/usr",
      },
    );
    expect(stdout).toBe("/tmp 1777\n/run 755\n/var/tmp 1777\n/home 755\n1\n");
  });

  test("shows the working folder read-only, and writable with --rw .", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("a"), "1");
    const readOnly = await inBox([], "pwd; ls; touch b", { cwd: dir.path });
    expect(readOnly.stdout).toBe(`${dir.path}\na\n`);
    expect(readOnly.stderr).toContain("Read-only file system");
    expect((await inBox(["--rw", "."], "touch b", { cwd: dir.path })).exitCode).toBe(0);
    expect(existsSync(dir.join("b"))).toBe(true);
  });

  test("--rw of a folder that every box has anew shows the host's instead", async () => {
    using dir = tempDir();
    const tmp = dir.path.split("/").slice(0, 2).join("/");
    expect((await inBox(["--rw", tmp], `touch ${dir.join("new")}`)).exitCode).toBe(0);
    expect(existsSync(dir.join("new"))).toBe(true);
  });

  test("does not show a home because it is the working folder", async () => {
    using home = tempDir();
    writeFileSync(home.join("secret"), "1");
    const { stdout } = await inBox([], "pwd; ls -A", { cwd: home.path, env: { ...environment(), HOME: home.path } });
    expect(stdout).toBe(`${home.path}\n`);
  });

  test("--overlay lets everything be changed, for the box's own eyes", async () => {
    const { stdout } = await inBox(["--overlay"], "echo hi > /usr/nsbox-made && cat /usr/nsbox-made");
    expect(stdout).toBe("hi\n");
    expect(existsSync("/usr/nsbox-made")).toBe(false);
  });

  test("--overlay-dir keeps what was written", async () => {
    using dir = tempDir();
    const made = await inBox(["--overlay-dir", dir.path], "echo hi > /usr/nsbox-made");
    expect(made).toMatchObject({ stderr: "", exitCode: 0 });
    expect(readFileSync(dir.join("upper/usr/nsbox-made"), "utf8")).toBe("hi\n");
    expect((await inBox(["--overlay-dir", dir.path], "cat /usr/nsbox-made")).stdout).toBe("hi\n");
  });

  test("--ro and --rw show files and folders elsewhere", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("file"), "f");
    mkdirSync(dir.join("folder"));
    const flags = ["--ro", `${dir.join("file")}:/tmp/a/b`, "--rw", `${dir.join("folder")}:/tmp/c`];
    const { stdout } = await inBox(flags, "cat /tmp/a/b; echo x > /tmp/c/made; echo x > /tmp/a/b || echo refused");
    expect(stdout).toBe("frefused\n");
    expect(readdirSync(dir.join("folder"))).toEqual(["made"]);
  });

  test("--tmpfs and --mount take Docker's words", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("file"), "f");
    const flags = [
      "--tmpfs",
      "/tmp/small:size=64k",
      "--mount",
      `type=bind,src=${dir.path},dst=/tmp/in,readonly`,
      "--mount",
      "type=tmpfs,dst=/tmp/t,tmpfs-mode=700",
    ];
    const { stdout } = await inBox(
      flags,
      "head -c 100000 /dev/zero > /tmp/small/x 2>/dev/null || echo full; cat /tmp/in/file; stat -c %a /tmp/t",
    );
    expect(stdout).toBe("full\nf700\n");
  });

  test("masks what tells of the machine, and keeps /proc/sys from being written", async () => {
    const { stdout } = await inBox(
      [],
      "wc -c < /proc/kallsyms; ls /sys/firmware | wc -l; echo x > /proc/sys/kernel/hostname || echo refused",
    );
    expect(stdout).toBe("0\n0\nrefused\n");
  });

  test("has a minimal /dev", async () => {
    const { stdout } = await inBox(
      [],
      "ls /dev; echo x > /dev/null; head -c 3 /dev/zero | wc -c; readlink /dev/fd; ls /dev/pts",
    );
    expect(stdout.split("\n")).toEqual([
      ...[
        "fd",
        "full",
        "mqueue",
        "null",
        "ptmx",
        "pts",
        "random",
        "shm",
        "stderr",
        "stdin",
        "stdout",
        "tty",
        "urandom",
        "zero",
      ],
      "3",
      "/proc/self/fd",
      "ptmx",
      "",
    ]);
  });

  test("--dev host has the host's devices, and they work", async () => {
    const { stdout } = await inBox(
      ["--dev", "host"],
      "head -c 2 /dev/zero | wc -c; echo x > /dev/null && echo written",
    );
    expect(stdout).toBe("2\nwritten\n");
  });

  test("--proc bind and none, --dev none leave them out", async () => {
    expect((await inBox(["--dev", "none"], "ls /dev/nsbox-no-such; test -e /dev/null && echo host")).stdout).toBe(
      "host\n",
    );
    expect((await inBox(["--proc", "none", "--net", "host"], "test -d /proc/self && echo host")).stdout).toBe("host\n");
  });
});

describeWith(["userns", "busybox"], "a root file system of its own", () => {
  test("is all that is seen, with /proc, /dev and /sys provided", async () => {
    using root = busyboxRoot();
    const { stdout, stderr } = await nsbox([
      "run",
      "--root",
      root.path,
      "--",
      "/bin/sh",
      "-c",
      "ls /; test -e /proc/1/status && echo proc; cat /etc/hostname; pwd",
    ]);
    expect(stderr).toBe("");
    expect(stdout).toBe("bin\ndev\netc\nproc\nsys\ntmp\nproc\nnsbox\n/\n");
  });

  test("is read-only unless --writable-root is given", async () => {
    using root = busyboxRoot();
    expect((await nsbox(["run", "--root", root.path, "--", "touch", "/made"])).exitCode).toBe(1);
    expect((await nsbox(["run", "--root", root.path, "--writable-root", "--", "touch", "/made"])).exitCode).toBe(0);
    expect(existsSync(root.join("made"))).toBe(true);
    expect((await nsbox(["run", "--root", root.path, "--overlay", "--", "touch", "/gone"])).exitCode).toBe(0);
    expect(existsSync(root.join("gone"))).toBe(false);
  });

  test("can be empty, with what is shown in it", async () => {
    const busybox = Bun.which("busybox") ?? "";
    const { stdout } = await nsbox([
      "run",
      "--root",
      "empty",
      "--ro",
      `${busybox}:/bin/busybox`,
      "--",
      "/bin/busybox",
      "ls",
      "/",
    ]);
    expect(stdout).toBe("bin\ndev\nproc\nsys\n");
  });

  test("nothing outside is reached through links in it", async () => {
    using root = busyboxRoot();
    symlinkSync("/etc/passwd", root.join("absolute"));
    symlinkSync("../../../../../../etc/passwd", root.join("relative"));
    for (const link of ["/absolute", "/relative"]) {
      const { stdout, exitCode } = await nsbox(["run", "--root", root.path, "--", "cat", link]);
      expect(stdout).toBe("");
      expect(exitCode).toBe(1);
    }
  });

  test.each(["proc", "dev", "sys"])("is refused where its /%s is a link", async (name) => {
    using root = busyboxRoot();
    symlinkSync("bin", root.join(name));
    const { stderr, exitCode } = await nsbox(["run", "--root", root.path, "--", "/bin/sh"]);
    expect(stderr).toStartWith("nsbox: Cannot ");
    expect(exitCode).toBe(125);
    expect(readdirSync(root.join("bin"))).toContain("sh");
  });
});

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
