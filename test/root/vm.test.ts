// What this machine's kernel may not show, in a virtual one that has nothing but cgroup v2: as root, and as a user to
// whom a subtree is delegated. The tests that run there are those of test/user, which need just that.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, runCommand } from "#test/support/nsbox.ts";

const ROOT = join(import.meta.dir, "../..");
const SECONDS = 240;

/** The files whose every test runs there, and the needs that must be met. */
const FILES = ["test/user/box-cgroup.test.ts"];
const MUST = "userns,own-cgroup,own-pids";
const DEVICE_FILES = ["test/root/ipvlan.test.ts", "test/root/macvlan.test.ts"];
const DEVICE_MUST = "ipvlan,macvlan,ip,curl";

interface Ran {
  readonly said: string;
  readonly failed: string | undefined;
  readonly passed: number;
  readonly exitCode: number;
}

async function runThere(flags: readonly string[], files: readonly string[], must: string): Promise<Ran> {
  const env = ["env", `NSBOX_TEST_MUST=${must}`, `NSBOX_BIN=${NSBOX}`];
  const command = [...env, process.execPath, "test", "--timeout=60000", ...files.map((file) => `./${file}`)];
  const { stdout, stderr, exitCode } = await runCommand(
    [join(ROOT, "scripts/vm-run"), ...flags, "--timeout", String(SECONDS), "--", ...command],
    { cwd: ROOT, timeoutMs: (SECONDS + 30) * 1000 },
  );
  const said = stdout + stderr;
  const failed = /^ *\d+ fail$/m.exec(said)?.[0].trim();
  return { said, failed, passed: Number(/^ *(\d+) pass$/m.exec(said)?.[1]), exitCode };
}

describeWith(["root", "vm", "ip", "curl"], "in a machine with Debian's kernel", () => {
  test(
    "boxes have devices of kinds that this one may lack: ipvlan",
    async () => {
      const { said, failed, passed, exitCode } = await runThere(["--memory", "3G"], DEVICE_FILES, DEVICE_MUST);
      expect({ said, failed, exitCode }).toMatchObject({ failed: "0 fail", exitCode: 0 });
      expect(passed).toBeGreaterThanOrEqual(4);
    },
    (SECONDS + 60) * 1000,
  );
});

describeWith(["root", "vm"], "in a machine with cgroup v2 alone", () => {
  test.each([[[]], [["--user"]]])(
    "boxes have cgroups of their own, are frozen and bounded: %j",
    async (flags) => {
      const { said, failed, passed, exitCode } = await runThere(flags, FILES, MUST);
      // What is skipped there is for machines that have no cgroups.
      expect({ said, failed, exitCode }).toMatchObject({ failed: "0 fail", exitCode: 0 });
      expect(passed).toBeGreaterThanOrEqual(8);
    },
    (SECONDS + 60) * 1000,
  );
});

/** Prints the boxes that are ready, with their inodes: one that is made anew has another. */
const THREE_TIMES = `
run() { "$0" run -- sh -c 'echo box'; }
run; run; ls -i /run/nsbox/ready; run; ls -i /run/nsbox/ready`;

describeWith(["root", "vm"], "in a machine with Debian's kernel, whatever this one has", () => {
  test(
    "a box that is ready is taken up",
    async () => {
      const vm = [join(ROOT, "scripts/vm-run"), "--timeout", String(SECONDS), "--", "sh", "-c", THREE_TIMES, NSBOX];
      const { stdout, stderr, exitCode } = await runCommand(vm, { cwd: ROOT, timeoutMs: (SECONDS + 30) * 1000 });
      const [, , before, after] = stdout.split("box\n");
      expect({ stdout, stderr, exitCode }).toMatchObject({ exitCode: 0 });
      expect(before).toMatch(/^ *\d+ [a-p]{8}\n *\d+ seen\n$/);
      expect(after).toBe(before);
    },
    (SECONDS + 60) * 1000,
  );
});
