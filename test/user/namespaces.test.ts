// Each statement of namespaces(7) that a box rests on, looked at from inside and from outside.
import { expect, test } from "bun:test";
import { hostname } from "node:os";
import { existsSync, readFileSync } from "node:fs";
import { inBox, isAlive, liveBox, namespaceOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { runCommand, startNsbox, waitFor } from "#test/support/nsbox.ts";

describeWith(["userns"], "namespaces of a box", () => {
  test.each(["user", "mnt", "pid", "ipc", "uts", "net", "cgroup"])("%s is its own by default", async (type) => {
    await using box = await liveBox();
    expect(namespaceOf(box.command, type)).not.toBe(namespaceOf("self", type));
    expect(namespaceOf(box.command, type)).toBe(namespaceOf(box.init, type));
  });

  test("time is the host's by default, its own with an offset", async () => {
    await using usual = await liveBox();
    expect(namespaceOf(usual.command, "time")).toBe(namespaceOf("self", "time"));
    await using ahead = await liveBox(["--boottime", "1000000"]);
    expect(namespaceOf(ahead.command, "time")).not.toBe(namespaceOf("self", "time"));
    const inside = Number((await ahead.ask("cat /proc/uptime")).split(" ")[0]);
    const outside = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    expect(inside - outside).toBeGreaterThan(999_990);
    expect(inside - outside).toBeLessThan(1_000_010);
  });

  test("uts: host and domain name change inside only", async () => {
    const before = hostname();
    const { stdout } = await inBox(
      ["--hostname", "alpha", "--domainname", "example.org"],
      "hostname; cat /proc/sys/kernel/domainname",
    );
    expect(stdout).toBe("alpha\nexample.org\n");
    expect(hostname()).toBe(before);
  });

  test("pid: the command is 2 inside and another number outside; ps shows only the box", async () => {
    await using box = await liveBox();
    expect(await box.ask("echo $$")).toBe("2");
    expect(box.command).toBeGreaterThan(2);
    expect(await box.ask("ls -d /proc/[0-9]* | wc -l")).toMatch(/^[2-6]$/);
    const names = (await box.ask("cat /proc/[0-9]*/comm")).split(" ");
    expect(names).toContain("nsbox-init");
    // Its PID may be one that the box has, too.
    expect(names).not.toContain(readFileSync("/proc/self/comm", "utf8").trim());
  });

  test("pid: without an init the command itself is 1", async () => {
    const { stdout } = await inBox(["--no-init"], "echo $$");
    expect(stdout).toBe("1\n");
  });

  test("pid: an orphan becomes the init's child and is reaped", async () => {
    await using box = await liveBox();
    const orphan = await box.ask("sh -c '(sleep 0.1 & echo $!)'");
    await waitFor(
      async () => (await box.ask(`test -e /proc/${orphan} || echo gone`)) === "gone",
      "the orphan to be reaped",
    );
  });

  test("pid: killing the init ends all that is in the box", async () => {
    await using box = await liveBox();
    await box.ask("sleep 1000 >/dev/null 2>&1 & setsid sleep 1000 >/dev/null 2>&1 & echo started");
    process.kill(box.init, "SIGKILL");
    expect(await box.exited).toBe(128 + 9);
    expect(isAlive(box.command)).toBe(false);
  });

  test("mnt: a mount made inside is not seen outside", async () => {
    await using box = await liveBox();
    const outside = readFileSync("/proc/self/mountinfo", "utf8");
    expect(readFileSync(`/proc/${box.command}/mountinfo`, "utf8")).not.toBe(outside);
    expect(outside).not.toContain(namespaceOf(box.command, "mnt"));
    expect(outside.split("\n").length).toBe(readFileSync("/proc/self/mountinfo", "utf8").split("\n").length);
  });

  test("mnt: what the host has mounted is there until something is mounted over it", async () => {
    const { stdout } = await inBox(["--home", "ro"], "ls -id /usr; ls -id /tmp");
    const [usr, tmp] = stdout.split("\n");
    const outside = (await runCommand(["ls", "-id", "/usr", "/tmp"])).stdout.split("\n").map((line) => line.trim());
    expect(outside).toContain(String(usr).trim());
    expect(outside).not.toContain(String(tmp).trim());
  });

  test("mnt: the old root is gone, and .. of / is /", async () => {
    const { stdout } = await inBox([], "stat -c %i / /..; awk '$5 == \"/\"' /proc/self/mountinfo | wc -l");
    const [root, parent, roots] = stdout.trim().split("\n");
    expect(parent).toBe(root);
    expect(roots).toBe("1");
  });

  test("net: only loopback, up, with none of the host's addresses or sockets", async () => {
    const { stdout } = await inBox(
      [],
      "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; cat /sys/class/net/lo/operstate; tail -n +2 /proc/net/tcp | wc -l",
    );
    expect(stdout).toBe("lo\nunknown\n0\n");
  });

  test("ipc: what is made inside is not seen outside, nor the reverse", async () => {
    await using box = await liveBox();
    const made = (await runCommand(["ipcmk", "-M", "4096", "-Q", "-S", "1"])).stdout;
    const ids = [...made.matchAll(/id: (\d+)/g)].map((match) => match[1] ?? "");
    try {
      expect(ids.length).toBe(3);
      for (const file of ["shm", "msg", "sem"]) {
        expect(await box.ask(`tail -n +2 /proc/sysvipc/${file} | wc -l`)).toBe("0");
      }
      await box.ask("ipcmk -M 4096; ipcmk -Q; ipcmk -S 1");
      for (const file of ["shm", "msg", "sem"]) {
        expect(await box.ask(`tail -n +2 /proc/sysvipc/${file} | wc -l`)).toBe("1");
        const outside = readFileSync(`/proc/sysvipc/${file}`, "utf8").trim().split("\n").length - 1;
        const inside = readFileSync(`/proc/${box.command}/root/proc/sysvipc/${file}`, "utf8");
        expect(inside.trim().split("\n").length).not.toBe(outside + 2);
      }
    } finally {
      const [shm = "", queue = "", sem = ""] = ids;
      await runCommand(["ipcrm", "-m", shm, "-q", queue, "-s", sem]);
    }
  });

  test("ipc: a POSIX queue made inside is seen in no other box, nor outside", async () => {
    await using first = await liveBox();
    await using second = await liveBox();
    expect(await first.ask("touch /dev/mqueue/q && ls /dev/mqueue")).toBe("q");
    expect(await second.ask("ls -A /dev/mqueue | wc -l")).toBe("0");
    expect(existsSync("/dev/mqueue/q")).toBe(false);
  });

  test("net: two boxes listen on the same port at once, and neither is heard outside", async () => {
    const listen =
      'perl -MIO::Socket::INET -e \'$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8099", Listen => 1) or die $!; print "bound\\n"; close STDOUT; sleep 30\' & wait';
    const boxes = [startNsbox(["run", "--", "sh", "-c", listen]), startNsbox(["run", "--", "sh", "-c", listen])];
    for (const box of boxes) {
      const { value } = await box.stdout.getReader().read();
      expect(new TextDecoder().decode(value)).toBe("bound\n");
    }
    const outside = readFileSync("/proc/net/tcp", "utf8");
    expect(outside).not.toContain("0100007F:1FA3");
    for (const box of boxes) box.kill("SIGKILL");
    await Promise.all(boxes.map((box) => box.exited));
  });

  test("a box can't see or signal another box's processes, or reach its files", async () => {
    await using first = await liveBox();
    await using second = await liveBox();
    await first.ask("echo secret > /tmp/file");
    expect(await second.ask(`kill -9 ${first.command} 2>&1 | grep -c 'No such process'`)).toBe("1");
    expect(await second.ask("test -e /tmp/file || echo none")).toBe("none");
    expect(await second.ask(`cat /proc/${first.command}/root/tmp/file 2>&1 | grep -c 'No such file'`)).toBe("1");
    expect(await first.ask("cat /tmp/file")).toBe("secret");
  });

  test("cgroup: the box's own cgroup is the root of what it sees", async () => {
    const { stdout } = await inBox([], "cut -d: -f3 /proc/self/cgroup | sort -u");
    expect(stdout).toBe("/\n");
  });

  test("host: a namespace that is the host's is the same", async () => {
    await using box = await liveBox(["--net", "host", "--ipc", "host", "--uts", "host", "--cgroup", "host"]);
    for (const type of ["net", "ipc", "uts", "cgroup"])
      expect(namespaceOf(box.command, type)).toBe(namespaceOf("self", type));
    expect(namespaceOf(box.command, "pid")).not.toBe(namespaceOf("self", "pid"));
  });

  test("join: a box enters the namespaces of another, by its PID and by a path", async () => {
    await using first = await liveBox();
    const path = `/proc/${first.command}/ns/uts`;
    await using second = await liveBox([
      "--userns",
      String(first.command),
      "--net",
      String(first.command),
      "--uts",
      path,
    ]);
    for (const type of ["user", "net", "uts"])
      expect(namespaceOf(second.command, type)).toBe(namespaceOf(first.command, type));
    for (const type of ["pid", "mnt", "ipc"])
      expect(namespaceOf(second.command, type)).not.toBe(namespaceOf(first.command, type));
  });

  test("join: a box enters the clocks of another", async () => {
    await using first = await liveBox(["--boottime", "1000000"]);
    await using second = await liveBox(["--userns", String(first.command), "--time", String(first.command)]);
    expect(namespaceOf(second.command, "time")).toBe(namespaceOf(first.command, "time"));
    expect(Number((await second.ask("cat /proc/uptime")).split(" ")[0])).toBeGreaterThan(1_000_000);
  });
});
