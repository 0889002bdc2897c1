// nsbox cp: files into a box and out of it, by no path that the box could bend.
import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, runCommand, tempDir, waitFor } from "#test/support/nsbox.ts";

const UP = "echo up; sleep 1000";

describeWith(["userns"], "nsbox cp", () => {
  test("takes a folder out, with its files, links and modes", async () => {
    using dir = tempDir();
    await using boxes = openBoxState();
    const make =
      "mkdir -p /tmp/a/b; echo hi > /tmp/a/b/file; chmod 750 /tmp/a/b/file; ln -s /etc/passwd /tmp/a/link; mkfifo /tmp/a/pipe";
    await boxes.start("web", `${make}; ${UP}`);
    await waitFor(() => boxes.log("web") === "up\n", "the files");
    const { stderr, exitCode } = await boxes.nsbox(["cp", "web:/tmp/a", dir.path]);
    expect({ stderr, exitCode }).toEqual({
      stderr: 'nsbox: left out "pipe": it is neither a file, a folder nor a link\n',
      exitCode: 0,
    });
    expect(readFileSync(dir.join("a/b/file"), "utf8")).toBe("hi\n");
    expect(statSync(dir.join("a/b/file")).mode & 0o7777).toBe(0o750);
    expect(readlinkSync(dir.join("a/link"))).toBe("/etc/passwd");
    expect(readdirSync(dir.join("a")).sort()).toEqual(["b", "link"]);
  });

  test("takes a file in, under another name or into a folder", async () => {
    using dir = tempDir();
    await using boxes = openBoxState();
    await boxes.start("web", UP);
    writeFileSync(dir.join("file"), "x".repeat(1_000_000));
    expect((await boxes.nsbox(["cp", dir.join("file"), "web:/tmp/other"])).stderr).toBe("");
    expect((await boxes.nsbox(["cp", "--json", dir.join("file"), "web:/tmp/"])).stdout).toBe(
      '{"files":1,"skipped":[]}\n',
    );
    const { stdout } = await boxes.nsbox(["exec", "web", "sh", "-c", "ls /tmp; wc -c < /tmp/other"]);
    expect(stdout).toBe("file\nother\n1000000\n");
  });

  test("resolves links inside the box, in both directions", async () => {
    using dir = tempDir();
    await using boxes = openBoxState();
    mkdirSync(dir.join("outside"));
    writeFileSync(dir.join("outside/secret"), "secret");
    writeFileSync(dir.join("file"), "mine");
    // Inside, this path does not exist: /tmp is the box's own.
    await boxes.start("web", `ln -s ${dir.path}/outside /tmp/out; ln -s ../../../../../.. /tmp/up; ${UP}`);
    await waitFor(() => boxes.log("web") === "up\n", "the links");
    const out = await boxes.nsbox(["cp", "web:/tmp/out/secret", dir.join("stolen")]);
    expect(out.stderr).toContain("ENOENT");
    expect(existsSync(dir.join("stolen"))).toBe(false);
    const into = await boxes.nsbox(["cp", dir.join("file"), "web:/tmp/out/planted"]);
    expect(into.stderr).toContain("ENOENT");
    expect(existsSync(dir.join("outside/planted"))).toBe(false);
    const up = await boxes.nsbox(["cp", dir.join("file"), "web:/tmp/up/tmp/here"]);
    expect(up.stderr).toBe("");
    expect((await boxes.nsbox(["exec", "web", "cat", "/tmp/here"])).stdout).toBe("mine");
  });

  test("overwrites no file through a link that the box has put in its place", async () => {
    using dir = tempDir();
    await using boxes = openBoxState();
    writeFileSync(dir.join("victim"), "untouched");
    symlinkSync(dir.join("victim"), dir.join("file"));
    await boxes.start("web", `echo new > /tmp/file; ${UP}`);
    await waitFor(() => boxes.log("web") === "up\n", "the file");
    expect((await boxes.nsbox(["cp", "web:/tmp/file", dir.path])).stderr).toContain("ELOOP");
    expect(readFileSync(dir.join("victim"), "utf8")).toBe("untouched");
  });

  test("what is read-only in the box stays so, and set-user-ID bits stay behind", async () => {
    using dir = tempDir();
    await using boxes = openBoxState();
    writeFileSync(dir.join("file"), "x");
    chmodSync(dir.join("file"), 0o4755);
    await boxes.start("web", UP);
    const { stderr, exitCode } = await boxes.nsbox(["cp", dir.join("file"), "web:/usr/bin/"]);
    expect(stderr).toMatch(/EROFS|EACCES/);
    expect(exitCode).toBe(125);
    await boxes.nsbox(["cp", dir.join("file"), "web:/tmp/file"]);
    expect((await boxes.nsbox(["exec", "web", "stat", "-c", "%a", "/tmp/file"])).stdout).toBe("755\n");
  });

  test("says what it takes, and refuses a box that has ended", async () => {
    await using boxes = openBoxState();
    await boxes.start("web", "exit 2");
    await boxes.nsbox(["wait", "web"]);
    expect((await boxes.nsbox(["cp", "web:/tmp", "."])).stderr).toContain('Cannot cp "web": it exited with 2');
    expect((await boxes.nsbox(["cp", "wob:/tmp", "."])).stderr).toContain("did you mean web?");
    expect((await boxes.nsbox(["cp", "/tmp", "."])).stderr).toContain("neither side is in a box");
    expect((await boxes.nsbox(["cp", "/tmp"])).stderr).toContain("it takes what to copy, and where to");
  });
});

describeWith(["userns"], "nsbox cp and tar", () => {
  const LONG = "n".repeat(120);

  test("a folder of the box becomes an archive that tar unpacks", async () => {
    using dir = tempDir();
    await using boxes = openBoxState();
    const make = `mkdir -p /tmp/a/${LONG}/${LONG}; echo hi > /tmp/a/${LONG}/${LONG}/file; chmod 750 /tmp/a/${LONG};
      ln -s /etc/passwd /tmp/a/link; ln -s ${LONG}/${LONG} /tmp/a/far; head -c 1000000 /dev/urandom > /tmp/a/big; : > /tmp/a/none`;
    await boxes.start("web", `${make}; cksum < /tmp/a/big; ${UP}`);
    await waitFor(() => boxes.log("web").endsWith("up\n"), "the files");
    const script = `"$0" cp web:/tmp/a - | tar -x -C "$1" && cksum < "$1/a/big"`;
    const { stdout, stderr } = await runCommand(["sh", "-c", script, NSBOX, dir.path], { env: boxes.env });
    expect({ stdout: `${stdout}up\n`, stderr }).toEqual({ stdout: boxes.log("web"), stderr: "" });
    expect(readFileSync(dir.join("a", LONG, LONG, "file"), "utf8")).toBe("hi\n");
    expect(statSync(dir.join("a", LONG)).mode & 0o7777).toBe(0o750);
    expect([readlinkSync(dir.join("a/link")), readlinkSync(dir.join("a/far"))]).toEqual([
      "/etc/passwd",
      `${LONG}/${LONG}`,
    ]);
    expect(statSync(dir.join("a/none")).size).toBe(0);
  });

  test.each(["gnu", "pax", "ustar", "v7"])("what tar packs as %s is unpacked in the box", async (format) => {
    using dir = tempDir();
    await using boxes = openBoxState();
    await boxes.start("web", UP);
    const name = format === "v7" || format === "ustar" ? "short" : LONG;
    mkdirSync(dir.join(name, "sub"), { recursive: true });
    writeFileSync(dir.join(name, "sub", "file"), "content\n".repeat(1000), { mode: 0o640 });
    symlinkSync("sub/file", dir.join(name, "link"));
    chmodSync(dir.join(name, "sub"), 0o500);
    const script = `ln "$1/$2/sub/file" "$1/$2/hard"; tar --format=$3 -C "$1" -c "$2" | "$0" cp - web:/tmp && chmod 700 "$1/$2/sub"`;
    const packed = await runCommand(["sh", "-c", script, NSBOX, dir.path, name, format], { env: boxes.env });
    expect(packed).toEqual({ stdout: "", stderr: "", exitCode: 0 });
    const look = `cd /tmp/${name}; cksum < link; cksum < hard; stat -c %a sub sub/file; stat -c %h hard; readlink link`;
    const { stdout } = await boxes.nsbox(["exec", "web", "sh", "-c", look]);
    const [one, two, ...rest] = stdout.trim().split("\n");
    expect(one).toBe(two ?? "");
    expect(rest).toEqual(["500", "640", "2", "sub/file"]);
  });

  test("neither names nor links in an archive lead out of the folder", async () => {
    using dir = tempDir();
    await using boxes = openBoxState();
    await boxes.start("web", `mkdir /tmp/in /tmp/out; ln -s /tmp/out /tmp/in/there; ${UP}`);
    await waitFor(() => boxes.log("web") === "up\n", "the folders");
    mkdirSync(dir.join("there"));
    writeFileSync(dir.join("there/file"), "x");
    const through = await runCommand(
      ["sh", "-c", `tar -C "$1" -c there/file | "$0" cp - web:/tmp/in`, NSBOX, dir.path],
      {
        env: boxes.env,
      },
    );
    expect(through.stderr).toMatch(/^nsbox: Cannot copy "there": (?:ELOOP|ENOTDIR)/);
    const up = await runCommand(
      ["sh", "-c", `cd "$1/there" && tar -P -c ../there/file | "$0" cp - web:/tmp/in`, NSBOX, dir.path],
      {
        env: boxes.env,
      },
    );
    expect(up.stderr).toStartWith('nsbox: Cannot unpack "../there/file": it leads out of the folder');
    expect((await boxes.nsbox(["exec", "web", "ls", "-A", "/tmp/out"])).stdout).toBe("");
  });

  test("says what it takes where that is no archive, or one that was cut off", async () => {
    using dir = tempDir();
    await using boxes = openBoxState();
    await boxes.start("web", UP);
    writeFileSync(dir.join("file"), "x".repeat(5000));
    const cut = `tar -C "$1" -c file | head -c 2000 | "$0" cp - web:/tmp`;
    for (const script of [`echo hello | "$0" cp - web:/tmp`, `head -c 1024 "$1/file" | "$0" cp - web:/tmp`, cut]) {
      const { stderr, exitCode } = await runCommand(["sh", "-c", script, NSBOX, dir.path], { env: boxes.env });
      expect(stderr).toMatch(/^nsbox: Cannot unpack stdin: .*\n {2}hint {2}it takes what tar writes, not compressed/);
      expect(exitCode).toBe(125);
    }
  });
});
