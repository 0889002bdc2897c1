// A whole Debian as the root of a box.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, runCommand, tempDir } from "#test/support/nsbox.ts";

describeWith(["root", "userns", "debootstrap"], "a debootstrap'ed Debian as --root", () => {
  const dir = tempDir();
  const root = dir.join("debian");

  beforeAll(async () => {
    const made = await runCommand(["debootstrap", "--variant=minbase", "bookworm", root], { timeoutMs: 400_000 });
    if (made.exitCode !== 0) throw new Error(`debootstrap failed: ${made.stdout.slice(-2000)}${made.stderr}`);
  }, 420_000);

  afterAll(() => dir[Symbol.dispose]());

  test("runs its own programs and sees only itself", async () => {
    const { stdout, stderr } = await nsbox([
      "run",
      "--root",
      root,
      "--",
      "sh",
      "-c",
      ". /etc/os-release; echo $VERSION_CODENAME; id -u; cat /etc/hostname; cat /proc/1/comm >/dev/null; ls -d /proc/[0-9]* | wc -l",
    ]);
    expect(stderr).toBe("");
    const [codename, uid, hostname, processes] = stdout.trim().split("\n");
    expect([codename, uid, hostname]).toEqual(["bookworm", "0", "nsbox"]);
    expect(Number(processes)).toBeLessThan(8);
  });

  test("--overlay lets dpkg work in it, and leaves it as it was", async () => {
    const script = "dpkg --force-all --purge mawk >/dev/null 2>&1; test -e /usr/bin/mawk || echo purged";
    expect((await nsbox(["run", "--root", root, "--overlay", "--", "sh", "-c", script])).stdout).toBe("purged\n");
    expect((await nsbox(["run", "--root", root, "--", "test", "-e", "/usr/bin/mawk"])).exitCode).toBe(0);
  });

  test("two boxes on one root listen on the same port at once", async () => {
    const perl =
      'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8099", Listen => 1) or die $!; print "bound\\n"; sleep 1';
    const results = await Promise.all([1, 2].map(() => nsbox(["run", "--root", root, "--", "perl", "-e", perl])));
    expect(results.map(({ stdout }) => stdout)).toEqual(["bound\n", "bound\n"]);
  });
});
