// A caller in a chroot: a box must not be confined by that alone, since CAP_SYS_CHROOT gets out of one.
import { expect, test } from "bun:test";
import { mkdirSync, readlinkSync } from "node:fs";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, tempDir, waitFor } from "#test/support/nsbox.ts";

/** Leaves a chroot by the known way, then says whether a file is seen that lies outside of it. */
const ESCAPE = `
import os, sys
os.mkdir("/tmp/inner")
os.chroot("/tmp/inner")
for _ in range(99): os.chdir("..")
os.chroot(".")
print("outside" if os.path.exists(sys.argv[1]) else "inside")
`;

/** Runs it in a chroot that shows all of the host but what is mounted on \`outside\` afterwards. */
function inChroot(command: readonly string[]): string {
  using dir = tempDir();
  const [root, outside] = [dir.join("root"), dir.join("outside")];
  for (const folder of [root, outside]) mkdirSync(folder);
  const script = [
    'mount --rbind / "$1"',
    'mount -t tmpfs none "$2"',
    'touch "$2/file"',
    'root=$1 file=$2/file; shift 2; exec chroot "$root" "$@" "$file"',
  ].join("; ");
  const { stdout, stderr } = Bun.spawnSync(["unshare", "-m", "sh", "-ec", script, "sh", root, outside, ...command]);
  return stdout.toString().trim() || stderr.toString();
}

describeWith(["root", "python3"], "a box whose caller is in a chroot", () => {
  test("control: the chroot alone is got out of", () => {
    using dir = tempDir();
    expect(inChroot(["python3", "-c", ESCAPE.replaceAll("/tmp/inner", dir.join("inner"))])).toBe("outside");
  });

  test("keeps a command in that has CAP_SYS_CHROOT over the host's user namespace", () => {
    expect(inChroot([NSBOX, "run", "--userns", "host", "--", "python3", "-c", ESCAPE])).toBe("inside");
  });

  test("is not made where the mounts are locked to it by the user namespace that it joins", async () => {
    const pinned = Bun.spawn(["unshare", "-Ur", "sleep", "1000"]);
    try {
      const userNamespace = (who: number | "self"): string => readlinkSync(`/proc/${who}/ns/user`);
      await waitFor(() => userNamespace(pinned.pid) !== userNamespace("self"), "a user namespace to join");
      const said = inChroot([NSBOX, "run", "--userns", String(pinned.pid), "--", "python3", "-c", ESCAPE]);
      expect(said).toContain("what lies beyond a chroot: pivot_root");
    } finally {
      pinned.kill();
    }
  });
});
