// Reaching the host's files: lines 1–13 of docs/security.md.
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { type Attack, testAttacks } from "#test/support/attack.ts";
import { inBox } from "#test/support/box.ts";
import { compiledBox } from "#test/support/compiled.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, tempDir } from "#test/support/nsbox.ts";

const PYTHON_HANDLE = `
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
handle = ctypes.create_string_buffer(struct.pack('II', 128, 0) + bytes(128))
mount = ctypes.c_int()
assert libc.name_to_handle_at(-100, b'/etc', handle, ctypes.byref(mount), 0) == 0
fd = libc.open_by_handle_at(os.open('/etc', os.O_RDONLY), handle, os.O_RDONLY)
print('PWNED' if fd >= 0 else os.strerror(ctypes.get_errno()))
`;

const ATTACKS: readonly Attack[] = [
  {
    line: 6,
    name: "the old root through ..",
    script: "cd /; cd ../../../../..; cat ./DIR/secret && echo PWNED",
    control: { flags: ["--ro", "DIR"] },
  },
  {
    line: 6,
    name: "the old root through /proc/1/root and /proc/1/cwd",
    script: "for p in root cwd; do cat /proc/1/$p/DIR/secret && echo PWNED; done",
    control: { flags: ["--ro", "DIR", "--cap-add", "sys_ptrace"] },
  },
  {
    line: 5,
    name: "remounting what is read-only",
    script: "mount -o remount,bind,rw /usr && echo PWNED; mount -o remount,rw /proc/sys && echo PWNED",
    control: { none: "the kernel locks mounts that come from a more privileged namespace, whatever the flags" },
  },
  {
    line: 5,
    name: "mounting over a mask",
    script: "mount -t tmpfs none /proc/sys && echo PWNED; mount -t proc none /mnt && echo PWNED",
    control: { flags: ["--cap-add", "sys_admin"] },
  },
  {
    line: 5,
    name: "unmounting a mask",
    script: "umount /proc/sys && echo PWNED; umount /proc/keys && echo PWNED",
    control: { flags: ["--cap-add", "sys_admin"] },
  },
  {
    line: 7,
    name: "open_by_handle_at",
    script: `python3 -c "${PYTHON_HANDLE}"`,
    control: "outside",
    needs: ["python3", "root"],
  },
  {
    line: 8,
    name: "making a device",
    script: "mknod DIR/null c 1 3 && echo hi > DIR/null && echo PWNED",
    flags: ["--rw", "DIR"],
    control: "outside",
    needs: ["root"],
  },
  {
    line: 8,
    name: "a device in a folder that is shown",
    script: "echo hi > DIR/null && echo PWNED",
    flags: ["--rw", "DIR"],
    control: "outside",
    needs: ["root"],
    prepare: "mknod DIR/null c 1 3",
  },
  {
    line: 39,
    name: "the mode and owner of the machine's devices, which root's box would own",
    // As they are already: the same attempt outside must not change the machine.
    script:
      "for f in null zero full random urandom tty; do chmod 0666 /dev/$f && echo PWNED; chown 0:0 /dev/$f && echo PWNED; done",
    control: "outside",
    needs: ["root"],
  },
  {
    line: 39,
    name: "the mode of the machine's /dev/null, by way of what it covers",
    script:
      "chmod 0666 /proc/keys && echo PWNED; chmod 0666 /etc/shadow && echo PWNED; touch -c -d 2001-01-01 /proc/kallsyms && echo PWNED",
    control: { none: "outside they are other files, whose mode must stay" },
    needs: ["root"],
  },
  {
    line: 9,
    name: "a setuid-root program",
    script: '[ "$(DIR/id -u)" = 0 ] && echo PWNED',
    flags: ["--user", "1234:1234", "--ro", "DIR"],
    control: { none: "nosuid is on every mount, whatever the flags" },
    needs: ["root"],
    prepare: "cp /usr/bin/id DIR/id && chown 0 DIR/id && chmod 4755 DIR/id && chmod 755 DIR",
  },
  {
    line: 12,
    name: "passwords of the host, from a box of root's",
    script: "grep -q : /etc/shadow && echo PWNED; grep -q : /etc/gshadow && echo PWNED",
    control: { flags: ["--ro", "/etc/shadow"] },
    needs: ["root"],
  },
  {
    line: 12,
    name: "sockets of services in /run",
    script: '[ -n "$(ls -A /run)" ] && echo PWNED',
    control: { flags: ["--ro", "DIR:/run"] },
  },
];

testAttacks("files", ATTACKS);

describeWith(["userns"], "files, 1: inherited descriptors", () => {
  test("a folder that is open outside is not reached, unless it is passed on purpose", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("secret"), "x");
    const script = "ls /proc/self/fd/9/ 2>/dev/null; cd /proc/self/fd/9 2>/dev/null && ls";
    const run = (flags: string): Promise<{ readonly stdout: string }> =>
      runCommand(["sh", "-c", `exec '${NSBOX}' run ${flags} -- sh -c '${script}' 9<'${dir.path}'`]);
    expect((await run("")).stdout).not.toContain("secret");
    expect((await run("--pass-fd 9 --no-landlock")).stdout).toContain("secret");
  });

  test.each([["0"], ["1"], ["2"]])(
    "a folder as descriptor %s is refused: it would be a way out behind all mounts",
    async (fd) => {
      using dir = tempDir();
      writeFileSync(dir.join("secret"), "x");
      const script = ["sh", "-c", "ls /proc/self/fd/*/"];
      using box = await compiledBox(["--", ...script]);
      for (const way of [[NSBOX, "run", "--", ...script], [box.path]]) {
        const { stdout, exitCode } = await runCommand(["sh", "-c", `exec "$@" ${fd}<'${dir.path}'`, "sh", ...way]);
        expect(stdout).not.toContain("secret");
        expect(exitCode).toBe(125);
      }
    },
  );

  test("--workdir does not lead out through one (CVE-2024-21626)", async () => {
    using dir = tempDir();
    writeFileSync(dir.join("secret"), "x");
    for (let fd = 3; fd < 12; fd++) {
      const command = `exec '${NSBOX}' run --workdir /proc/self/fd/${fd} -- ls -A ${fd}<'${dir.path}'`;
      expect((await runCommand(["sh", "-c", command])).stdout).not.toContain("secret");
    }
  });
});

describeWith(["userns", "busybox"], "files, 2: links in a root file system", () => {
  test("a mount's destination that changes into a link while boxes start never shows the host (CVE-2021-30465)", async () => {
    using root = tempDir();
    using volume = tempDir();
    for (const path of ["bin", "vol", "proc", "sys", "dev", "tmp", "etc"]) mkdirSync(root.join(path));
    writeFileSync(root.join("bin/busybox"), readFileSync(Bun.which("busybox") ?? ""), { mode: 0o755 });
    writeFileSync(volume.join("mine"), "x");
    symlinkSync("/etc", root.join("link"));
    const swap = `cd '${root.path}'; while :; do mv -T vol a; mv -T link vol; mv -T vol link; mv -T a vol; done`;
    const swapper = Bun.spawn(["sh", "-c", swap], { stdio: ["ignore", "ignore", "ignore"] });
    try {
      const before = readFileSync("/proc/self/mountinfo", "utf8");
      for (let round = 0; round < 40; round++) {
        const flags = ["--root", root.path, "--ro", `${volume.path}:/vol`];
        const { stdout, exitCode } = await nsbox(["run", ...flags, "--", "/bin/busybox", "ls", "/vol", "/etc"]);
        // Either the launch failed, or the volume is in the box's own root; the host's /etc is never there.
        if (exitCode !== 125) expect(stdout).not.toContain("passwd");
      }
      expect(existsSync("/etc/mine")).toBe(false);
      expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(before);
    } finally {
      swapper.kill("SIGKILL");
      await swapper.exited;
    }
  });

  test("a plain bind mount would follow the link: the attack is a real one", async () => {
    using root = tempDir();
    symlinkSync("/etc", root.join("vol"));
    const script = `mount --bind /var '${root.path}/vol' && ls /etc | grep -q log && echo followed`;
    expect((await runCommand(["unshare", "-Urm", "sh", "-c", script])).stdout).toBe("followed\n");
  });

  test("one in the place of proc, sys or dev leads no mount outside, and no setting of the box's to another file (CVE-2019-16884, CVE-2025-52881)", async () => {
    for (const name of ["proc", "sys", "dev"]) {
      using root = tempDir();
      using target = tempDir();
      for (const path of ["bin", "proc", "sys", "dev", "tmp", "etc"])
        if (path === name) symlinkSync(target.path, root.join(path));
        else mkdirSync(root.join(path));
      writeFileSync(root.join("bin/busybox"), readFileSync(Bun.which("busybox") ?? ""), { mode: 0o755 });
      const before = readFileSync("/proc/self/mountinfo", "utf8");
      const script = `busybox mount | busybox grep -c ' /${name} '; busybox grep Seccomp: /proc/self/status`;
      const flags = ["--root", root.path, "-e", "PATH=/bin", "--oom-score-adj", "900"];
      const { stdout, exitCode } = await nsbox(["run", ...flags, "--", "/bin/busybox", "sh", "-c", script]);
      if (exitCode !== 125) expect(stdout).toBe("1\nSeccomp:\t2\n");
      expect(readdirSync(target.path)).toEqual([]);
      expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(before);
    }
  });
});

describeWith(["userns", "busybox"], "files, 3: a link in the place of a device", () => {
  test("a link in the place of /dev/null is not what is written to (CVE-2025-31133)", async () => {
    using root = tempDir();
    for (const path of ["bin", "dev", "etc", "tmp", "proc", "sys"]) mkdirSync(root.join(path));
    writeFileSync(root.join("bin/busybox"), readFileSync(Bun.which("busybox") ?? ""), { mode: 0o755 });
    writeFileSync(root.join("etc/target"), "whole");
    symlinkSync("/etc/target", root.join("dev/null"));
    const script = "echo gone > /dev/null; [ -c /dev/null ] && echo device";
    const { stdout } = await nsbox([
      "run",
      "--root",
      root.path,
      "--writable-root",
      "--",
      "/bin/busybox",
      "sh",
      "-c",
      script,
    ]);
    expect(stdout).toBe("device\n");
    expect(readFileSync(root.join("etc/target"), "utf8")).toBe("whole");
  });
});

describeWith(["userns"], "files, 4: nsbox's own executable", () => {
  test("can't be written through /proc/1/exe or /proc/self/exe (CVE-2019-5736)", async () => {
    const hash = (): string => createHash("sha256").update(readFileSync(NSBOX)).digest("hex");
    const before = hash();
    const script =
      "for f in /proc/1/exe /proc/self/exe; do exec 3<$f; echo x > $f && echo PWNED; echo x > /proc/self/fd/3 && echo PWNED; done";
    const { stdout } = await nsbox(["run", "--ro", NSBOX, "--", "sh", "-c", script]);
    expect(stdout).not.toContain("PWNED");
    expect(hash()).toBe(before);
  });
});

describeWith(["userns", "unprivileged"], "files, 10: a setuid file on a writable mount", () => {
  test("belongs to the caller outside, never to root", async () => {
    using dir = tempDir();
    await inBox(
      ["--rw", dir.path],
      `cp /bin/sh ${dir.join("sh")}; chown 0:0 ${dir.join("sh")}; chmod 6755 ${dir.join("sh")}`,
    );
    expect(statSync(dir.join("sh")).uid).toBe(process.getuid?.() ?? -1);
    expect(statSync(dir.join("sh")).gid).toBe(process.getgid?.() ?? -1);
  });
});

describeWith(["userns"], "files, 12: keys in the caller's home", () => {
  test("are not there, unless the home is shown", async () => {
    using home = tempDir();
    mkdirSync(home.join(".ssh"));
    writeFileSync(home.join(".ssh/id"), "key");
    const env = { PATH: process.env["PATH"] ?? "", HOME: home.path };
    const read = (flags: readonly string[]) =>
      nsbox(["run", ...flags, "--", "cat", home.join(".ssh/id")], { env, cwd: "/" });
    expect((await read([])).stdout).toBe("");
    expect((await read(["--home", "rw"])).stdout).toBe("key");
  });
});

describeWith(["userns"], "files, 13: hard links and renames across an overlay", () => {
  test("don't reach the host's file", async () => {
    using upper = tempDir();
    using data = tempDir();
    writeFileSync(data.join("file"), "whole");
    const before = statSync(data.join("file"));
    const path = data.join("file");
    const script = `ln ${path} ${path}.2 && echo gone > ${path}.2; mv ${path} ${path}.3; ln -s / ${data.path}/root`;
    await inBox(["--overlay-dir", upper.path, "--tmpfs", "/tmp/x"], script);
    expect(readFileSync(path, "utf8")).toBe("whole");
    expect(statSync(path)).toMatchObject({ ino: before.ino, nlink: 1, mtimeMs: before.mtimeMs });
  });
});
