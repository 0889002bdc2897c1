// A compiled box that joins a namespace by its path: it is entered when the box starts.
import { expect, test } from "bun:test";
import { readlinkSync } from "node:fs";
import { describeWith, testWith } from "#test/support/needs.ts";
import { NSBOX, runCommand, tempDir } from "#test/support/nsbox.ts";

describeWith(["root", "userns"], "a compiled box", () => {
  for (const flags of ["", "--no-init"]) {
    testWith(["ip"], `enters the network of a path, as run does ${flags}`, async () => {
      using dir = tempDir();
      // The mount that keeps the namespace alive goes with the shell's own mount namespace.
      const script = `
        set -e; mkdir "$1/ns"; mount -t tmpfs none "$1/ns"; mount --make-private "$1/ns"; touch "$1/ns/net"
        unshare --net="$1/ns/net" ip link add left type veth peer name right
        "$2" run --net "$1/ns/net" ${flags} -- ip -o link
        echo --
        "$2" compile -o "$1/box" --net "$1/ns/net" ${flags} -- ip -o link
        "$1/box"
        umount "$1/ns/net"
        "$1/box" 2>&1 || echo "ended with $?"`;
      const args = ["unshare", "-m", "sh", "-c", script, "sh", dir.path, NSBOX];
      const { stdout, stderr } = await runCommand(args, { cwd: "/" });
      const [run = "", compiled = ""] = stdout.split("--\n");
      expect({ stderr, run }).toMatchObject({ stderr: "", run: expect.stringContaining("left@right") });
      expect(compiled).toStartWith(run);
      expect(compiled.slice(run.length)).toMatch(
        /^nsbox: Cannot enter the net namespace of .* gave EINVAL[\s\S]*ended with 125\n$/,
      );
    });
  }

  test("enters the network of a pinned name", async () => {
    using dir = tempDir();
    const env = { ...process.env, NSBOX_STATE_DIR: dir.join("state") };
    const run = (...command: readonly string[]) => runCommand(command, { cwd: "/", env });
    const box = dir.join("box");
    expect((await run(NSBOX, "ns", "pin", "web", "--net")).stderr).toBe("");
    try {
      const look = ["--net", "web", "--", "readlink", "/proc/self/ns/net"];
      const { stdout } = await run(NSBOX, "run", ...look);
      expect(stdout).not.toBe(`${readlinkSync("/proc/self/ns/net")}\n`);
      expect((await run(NSBOX, "compile", "-o", box, ...look)).stderr).toBe("");
      expect((await run(box)).stdout).toBe(stdout);
    } finally {
      await run(NSBOX, "ns", "rm", "web");
    }
  });

  test("starts from a file system that is read-only, without setuid bits and devices", async () => {
    using dir = tempDir();
    const script = `
      set -e; mkdir "$1/on"; mount -t tmpfs none "$1/on"; "$2" compile -o "$1/on/box" -- sh -c 'id -u; exit 5'
      mount -o remount,ro,nosuid,nodev "$1/on"; "$1/on/box" || echo "ended with $?"`;
    const { stdout, stderr } = await runCommand(["unshare", "-m", "sh", "-c", script, "sh", dir.path, NSBOX], {
      cwd: "/",
    });
    expect({ stdout, stderr }).toEqual({ stdout: "0\nended with 5\n", stderr: "" });
  });
});
