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
import { tempDir, waitFor } from "#test/support/nsbox.ts";

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
