// A compiled box that joins a namespace by its path: it is entered when the box starts.
import { expect } from "bun:test";
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
});
