// A container that podman made, entered and looked at.
import { expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { namespaceOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { nsbox } from "#test/support/nsbox.ts";
import { podmanContainer } from "#test/support/podman.ts";

const TYPES = ["mnt", "pid", "ipc", "uts", "net"] as const;
const FILTER_NOTE = "has a seccomp filter, which nobody can copy: this command runs without it";

function statusLine(status: string, name: string): string {
  return new RegExp(`^${name}:.*$`, "m").exec(status)?.[0] ?? "";
}

describeWith(["root", "podman", "busybox"], "a container of podman's", () => {
  test("exec PID enters all that isolates it, with its capabilities and no more", async () => {
    await using container = await podmanContainer();
    const pid = String(container.pid);
    const script = "hostname; id -u; ls /; cat /proc/1/cmdline; cat /proc/self/status";
    const { stdout, stderr, exitCode } = await nsbox(["exec", "--all", pid, "sh", "-c", script]);
    expect(stdout).toStartWith("foreign\n0\nbin\ndev\netc\nproc\nrun\nsrv\nsys\ntmp\n/bin/sleep\x001000\0");
    expect(stderr).toContain(FILTER_NOTE);
    expect(exitCode).toBe(0);
    const own = readFileSync(`/proc/${pid}/status`, "utf8");
    for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"])
      expect(statusLine(stdout, name)).toBe(statusLine(own, name));
    expect(statusLine(stdout, "CapBnd")).not.toBe(statusLine(readFileSync("/proc/self/status", "utf8"), "CapBnd"));
    const links = await nsbox([
      "exec",
      pid,
      "sh",
      "-c",
      TYPES.map((type) => `readlink /proc/self/ns/${type}`).join(";"),
    ]);
    expect(links.stdout.trim().split("\n")).toEqual(TYPES.map((type) => namespaceOf(container.pid, type)));
  });

  test.each(TYPES.filter((type) => type !== "mnt"))(
    "exec --ns %s enters that alone, with the host's files",
    async (type) => {
      await using container = await podmanContainer();
      const others = TYPES.filter((other) => other !== type && other !== "mnt");
      const script = [type, "mnt", ...others].map((name) => `readlink /proc/self/ns/${name}`).join("; ");
      const { stdout } = await nsbox(["exec", "--ns", type, String(container.pid), "sh", "-c", script]);
      const [entered, ...rest] = stdout.trim().split("\n");
      expect(entered).toBe(namespaceOf(container.pid, type));
      expect(rest).toEqual(["mnt", ...others].map((other) => readlinkSync(`/proc/self/ns/${other}`)));
    },
  );

  test("its user, working folder and environment: ours with --preserve-credentials, its own folder with --wd", async () => {
    await using container = await podmanContainer(["--user", "7:7", "--workdir", "/srv"]);
    const pid = String(container.pid);
    const ids = async (...flags: readonly string[]) => (await nsbox(["exec", ...flags, pid, "id", "-u"])).stdout;
    expect(await ids()).toBe("7\n");
    expect(await ids("--preserve-credentials")).toBe("0\n");
    expect((await nsbox(["exec", "--wd", pid, "pwd"])).stdout).toBe("/srv\n");
    expect((await nsbox(["exec", pid, "pwd"])).stdout).toBe("/\n");
  });

  test("inspect says what isolates it, and diff what of that is not ours", async () => {
    await using container = await podmanContainer();
    const pid = String(container.pid);
    const seen = JSON.parse((await nsbox(["inspect", "--json", pid])).stdout);
    expect(JSON.stringify(seen)).toContain("foreign");
    const text = (await nsbox(["inspect", pid])).stdout;
    for (const part of ["host name  foreign", "seccomp       1 filter", "parent   ", "(conmon)", "rootfs]"])
      expect(text).toContain(part);
    const difference = (await nsbox(["diff", String(process.pid), pid])).stdout;
    for (const type of TYPES) expect(difference).toContain(type);
  });

  test("a command that is not there is said to be missing there", async () => {
    await using container = await podmanContainer();
    const { stderr, exitCode } = await nsbox(["exec", String(container.pid), "/no/such"]);
    expect(stderr).toContain('Cannot run "/no/such"');
    expect(exitCode).toBe(127);
  });
});
