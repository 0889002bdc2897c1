// `nsbox exec` beside a process that is of no box, by somebody who can give up nothing: without CAP_SETPCAP.
import { expect } from "bun:test";
import { chmodSync, copyFileSync } from "node:fs";
import { testWith } from "#test/support/needs.ts";
import { NSBOX, runCommand, tempDir } from "#test/support/nsbox.ts";

const NOBODY_ELSE = "54321";

testWith(["root"], "a bounding set that lacks something anyway is no obstacle, as in a container", async () => {
  using dir = tempDir();
  const nsbox = dir.join("nsbox");
  copyFileSync(NSBOX, nsbox);
  chmodSync(nsbox, 0o755);
  const script = `sleep 60 & "${nsbox}" exec $! grep CapBnd /proc/self/status; code=$?; kill $!; exit $code`;
  const user = ["--reuid", NOBODY_ELSE, "--regid", NOBODY_ELSE, "--clear-groups"];
  const ran = await runCommand(["setpriv", ...user, "--bounding-set", "-sys_boot,-net_admin", "sh", "-c", script]);
  expect(ran.stderr).toBe("");
  const bounding = BigInt(`0x${ran.stdout.replace("CapBnd:", "").trim()}`);
  const [NET_ADMIN, SYS_BOOT, KILL] = [12n, 22n, 5n];
  expect([NET_ADMIN, SYS_BOOT, KILL].map((bit) => (bounding >> bit) & 1n)).toEqual([0n, 0n, 1n]);
});
