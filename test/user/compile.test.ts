// A compiled box is the box that `run` makes: one table of cases drives both.
import { expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { RUN_OPTIONS } from "#src/cli/run-options.ts";
import { compiledBox } from "#test/support/compiled.ts";
import { describeWith, type Need, testWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, type RunOptions, tempDir } from "#test/support/nsbox.ts";

interface Case {
  readonly flags: readonly string[];
  readonly script?: string;
  readonly command?: readonly string[];
  readonly needs?: readonly Need[];
  readonly stdin?: string;
}

const ME: string = String(process.getuid?.() ?? 0);
const LOOK = "id -u; id -g; hostname; pwd; cat /proc/self/status | grep -E 'Cap|NoNew|Groups|Umask'; ls /dev | sort";
const NAMESPACES = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup", "time"] as const;
/** Which namespaces are the caller's own. */
const SAME = "for n in user mnt pid ipc uts net cgroup time; do readlink /proc/self/ns/$n; done";
const isRoot = process.getuid?.() === 0;

/** DIR is a folder with a file `data`, a script, a root file system of busybox and some configuration. */
const CASES: readonly Case[] = [
  { flags: [], script: LOOK },
  { flags: [], script: "env | sort" },
  { flags: [], script: "cat; echo err >&2; exit 7", stdin: "from outside" },
  { flags: [], script: "kill -KILL $$" },
  { flags: [], script: "readlink /proc/1/exe; cat /proc/1/comm; echo x >>/proc/1/exe" },
  { flags: [], script: "ls -l /proc/self/fd | wc -l; ls /proc | grep -c '^[0-9]'" },
  { flags: [], script: "cat /proc/self/mountinfo | cut -d' ' -f5- | sort" },
  { flags: [], script: "echo $((1 + 1)); cat /proc/self/limits; cat /proc/self/status | grep Sig" },
  { flags: [], script: "touch /etc/x; touch /tmp/x && ls /tmp" },
  { flags: [], command: ["no-such-command"] },
  { flags: [], command: ["/no/such/command"] },
  { flags: [], command: ["/etc/passwd"] },
  // "off" has it as a file that can't be executed, "on" as one that can; "data" is no folder.
  ...["data:none:off:on:off", "off:none", "none:off:data", "data:none:data", "none:data"].map((folders) => ({
    flags: ["--ro", "DIR:/tmp/in", "-e", `PATH=${folders.replace(/\w+/g, "/tmp/in/$&")}`],
    command: ["in-path"],
  })),
  {
    flags: ["--no-init", "--ro", "DIR:/tmp/in", "-e", "PATH=/tmp/in/off:/tmp/in/none"],
    command: ["in-path"],
  },
  { flags: ["--root", "empty", "--ro", "DIR/rootfs/bin:/bin"], command: ["/bin/sh", "-c", "ls /"], needs: ["busybox"] },
  {
    flags: ["--root", "DIR/rootfs"],
    command: ["/bin/sh", "-c", "ls / /etc; env | sort; touch /x"],
    needs: ["busybox"],
  },
  {
    flags: ["--root", "DIR/rootfs", "--writable-root"],
    command: ["/bin/sh", "-c", "echo y >/w; cat /w"],
    needs: ["busybox"],
  },
  { flags: ["--overlay"], script: "echo x >/etc/new && cat /etc/new" },
  { flags: ["--overlay-dir", "DIR/over"], script: "echo x >/etc/new && cat /etc/new" },
  { flags: ["--ro", "DIR:/tmp/in"], script: "cat /tmp/in/data; touch /tmp/in/x" },
  { flags: ["--rw", "DIR:/tmp/in"], script: "echo more >>/tmp/in/data; cat /tmp/in/data; touch /tmp/in/.bashrc" },
  {
    flags: ["--rw", "DIR:/tmp/in", "--no-protect"],
    script: "touch /tmp/in/.bashrc && rm /tmp/in/.bashrc && echo gone",
  },
  { flags: ["--rw", "DIR:/tmp/in", "--workdir", "/no/such"], script: "never" },
  { flags: ["--tmpfs", "/srv:size=1m,mode=0700"], script: "stat -c %a /srv; stat -f -c %T /srv" },
  { flags: ["--mount", "type=bind,src=DIR,dst=/tmp/m,readonly"], script: "cat /tmp/m/data" },
  { flags: ["--proc", "none"], script: "ls /proc | head -1" },
  { flags: ["--dev", "none"], script: "ls /dev | head -1" },
  { flags: ["--home", "ro"], script: "ls -d /root /home" },
  { flags: ["--userns", "new"], script: "cat /proc/self/uid_map" },
  ...(isRoot ? [{ flags: ["--userns", "host"], script: "cat /proc/self/uid_map" }] : []),
  ...NAMESPACES.slice(1).map((type) => ({
    flags: [`--${type}`, type === "mnt" || type === "pid" ? "new" : "host"],
    script: `readlink /proc/self/ns/${type} | cut -c1-4`,
  })),
  { flags: ["--net", "host", "--ipc", "host", "--cgroup", "host"], script: `${SAME} | sed -n '4p;6p;7p'` },
  { flags: ["--boottime", "86400", "--monotonic", "3600"], script: "cat /proc/self/timens_offsets | grep -c ' '" },
  { flags: ["--user", "7:8"], script: LOOK },
  { flags: ["--uid-map", `5:${ME}:1`, "--gid-map", `6:${process.getgid?.() ?? 0}:1`, "--user", "5:6"], script: LOOK },
  { flags: ["--keep-id"], script: "id -u; id -g" },
  { flags: ["--hostname", "alpha", "--domainname", "beta"], script: "hostname; cat /proc/sys/kernel/domainname" },
  { flags: ["--name", "gamma"], script: "hostname" },
  { flags: ["--workdir", "/usr"], script: "pwd" },
  { flags: ["--workdir", "/no/such"], script: "pwd" },
  { flags: ["-e", "A=b", "-e", "TERM=dumb", "-e", "SECRET", "-e", "UNSET"], script: "env | sort" },
  { flags: ["-e", "LC_TIME=C", "-e", "HOME=/x", "--root", "DIR/rootfs"], command: ["/bin/env"], needs: ["busybox"] },
  { flags: ["--env-file", "DIR/env"], script: "env | sort" },
  { flags: ["--env-all", "-e", "A=b"], script: "env | sort" },
  { flags: [], script: "ulimit -Sn; ulimit -Hn" },
  { flags: ["--rlimit", "nofile=100:200", "--rlimit", "core=unlimited"], script: "ulimit -n; ulimit -Hn; ulimit -c" },
  { flags: ["--umask", "077"], script: "umask" },
  { flags: ["--cap-add", "sys_ptrace", "--cap-drop", "kill,chown"], script: LOOK },
  { flags: ["--cap-drop", "all", "--user", "7"], script: LOOK },
  { flags: ["--allow-new-privs"], script: LOOK },
  { flags: ["--landlock"], script: "echo x >/dev/stdout", needs: ["landlock"] },
  { flags: ["--seccomp", "none"], script: "grep Seccomp: /proc/self/status" },
  { flags: ["--no-landlock"], script: "touch /tmp/x && ls /tmp" },
  { flags: ["--nested"], script: "unshare -Ur true && echo nested" },
  { flags: ["--hide", "DIR/data"], script: "cat DIR/data | wc -c" },
  { flags: ["--no-tty", "--interactive"], script: "test -t 0 || echo no terminal", stdin: "x" },
  { flags: ["--no-init"], script: "echo $$; exit 9" },
  { flags: ["--no-init"], command: ["no-such-command"] },
  { flags: ["--no-init", "--workdir", "/no/such"], script: "pwd" },
  { flags: ["--pass-fd", "5"], script: "cat <&5" },
  { flags: ["--timeout", "100ms"], script: "sleep 30" },
  { flags: ["--oom-score-adj", "900"], script: "cat /proc/self/oom_score_adj" },
  { flags: ["--no-namespaces"], script: "id -u; touch /etc/x" },
  { flags: ["--config", "DIR/box.toml"], script: "hostname" },
];

/** Flags without a compiled counterpart: refused, or about what nsbox prints. */
const LEFT_OUT: readonly string[] = [
  ...["allow-host", "deny-host", "net-log", "audit", "unix-sockets", "tty", "subids", "dry-run", "json"],
  ...["add-host", "dns", "dns-search", "ip", "ip6", "mac", "mtu", "publish"],
  ...["detach", "label", "log", "log-size", "pids", "restart", "rm"],
];

const ENV: Readonly<Record<string, string>> = {
  ...{ PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: "/root", LANG: "C.UTF-8", LC_ALL: "C" },
  ...{ TERM: "xterm", TZ: "UTC", SECRET: "hunter2" },
};

function furnish(dir: string): void {
  const write = (name: string, text: string): void => writeFileSync(`${dir}/${name}`, text);
  write("data", "data\n");
  write("env", "FROM_FILE=1\nSECRET\n");
  write("box.toml", 'hostname = "delta"\n');
  for (const name of [
    "rootfs/bin",
    "rootfs/etc",
    "rootfs/dev",
    "rootfs/proc",
    "rootfs/sys",
    "rootfs/tmp",
    "over",
    "off",
    "on",
  ])
    mkdirSync(`${dir}/${name}`, { recursive: true });
  for (const name of ["off", "on"]) write(`${name}/in-path`, "#!/bin/sh\necho in $0\n");
  chmodSync(`${dir}/on/in-path`, 0o755);
  const busybox = Bun.which("busybox");
  if (busybox === null) return;
  for (const name of ["sh", "ls", "env", "sort", "touch", "cat"]) {
    copyFileSync(busybox, `${dir}/rootfs/bin/${name}`);
    chmodSync(`${dir}/rootfs/bin/${name}`, 0o755);
  }
}

/** Numbers that differ from box to box: of steps, of passed files and namespaces, of mounts' devices. */
function outside(text: string): string {
  return text
    .replace(/step {2}(\w+) \d+ of \d+/g, "step  $1")
    .replace(/\d+:\d+ /g, "")
    .replace(/shared:\d+/g, "");
}

function ordered(text: string): string {
  return text.split("\n").sort().join("\n");
}

describeWith(["userns"], "a compiled box", () => {
  for (const { flags, script, command, needs = [], stdin } of CASES) {
    const title = `does as run: ${flags.join(" ")} -- ${command?.join(" ") ?? script}`;
    testWith(needs, title, async () => {
      const seen: unknown[] = [];
      for (const way of ["run", "compile"] as const) {
        using dir = tempDir();
        furnish(dir.path);
        // The same names in both: what is printed may hold them.
        const place = (text: string): string => text.replaceAll("DIR", dir.path);
        const words = command ?? ["sh", "-c", script ?? ""];
        const box = ["--", ...words].map(place);
        const options: RunOptions = { cwd: dir.path, env: ENV, ...(stdin === undefined ? {} : { stdin }) };
        const passed = flags.map(place);
        const fifth = flags.includes("--pass-fd") ? ["sh", "-c", `exec "$@" 5<"$0"`, dir.join("data")] : [];
        const result = await start(way, fifth, [...passed, ...box], options);
        const { stdout, stderr, exitCode } = result;
        const same = (text: string): string =>
          ordered(outside(text.replaceAll(dir.path.slice(1), "DIR").replaceAll(basename(dir.path), "DIR")));
        const files = readdirSync(dir.path).sort();
        seen.push({ stdout: same(stdout), stderr: same(stderr), exitCode, files });
      }
      expect(seen[1]).toEqual(seen[0]);
    });
  }

  test("is tried with every flag that can be compiled", () => {
    const used = CASES.flatMap(({ flags }) => flags).filter((flag) => flag.startsWith("-"));
    const names = RUN_OPTIONS.filter(
      ({ name, short }) => !used.includes(`--${name}`) && !used.includes(`-${short ?? " "}`),
    ).map(({ name }) => name);
    expect(names.sort()).toEqual([...LEFT_OUT].sort());
  });
});

/** `before` is what starts it, or nothing. */
async function start(way: "run" | "compile", before: readonly string[], args: readonly string[], options: RunOptions) {
  if (way === "run") return runCommand([...before, NSBOX, "run", ...args], options);
  using box = await compiledBox(args, options);
  return await runCommand([...before, box.path], options);
}

describeWith(["userns"], "nsbox compile", () => {
  test("gives the same bytes for the same input", async () => {
    using first = await compiledBox(["--", "sh", "-c", "id"]);
    using second = await compiledBox(["--", "sh", "-c", "id"]);
    expect(readFileSync(first.path).equals(readFileSync(second.path))).toBe(true);
  });

  test.each([
    [["-t"], "relayed"],
    [["--net", "1"], "another process's"],
    [["--net", "container:other"], "may be another box"],
    [["--allow-host", "example.org"], "proxy"],
    [["-d"], "lives on"],
    [["--audit", "/tmp/audit"], "asks somebody"],
    ...(isRoot ? [] : [[["--uid-map", "0:100000:1000"], "newuidmap"] as const]),
  ] as const)("refuses what no file can do, with the reason: %j", async (flags, reason) => {
    using dir = tempDir();
    const { stderr, exitCode } = await nsbox(["compile", "-o", dir.join("box"), ...flags, "--", "true"]);
    expect(stderr).toContain("nsbox: Cannot compile the box: ");
    expect(stderr).toContain(reason);
    expect(exitCode).toBe(125);
  });

  test.each([
    [["compile", "--", "true"], "-o is missing"],
    [["compile", "-o", "/tmp/x", "--net", "bridge", "--", "true"], "the network is set up when a box starts"],
    [["compile", "-o", "/tmp/x", "--net", "no-such-pin", "--", "true"], "no namespaces are pinned under this name"],
    [["compile", "-o", "/tmp/x"], "no command is given"],
    [["compile", "-o", "/no/such/folder/x", "--", "true"], "ENOENT"],
    [["compile", "--show", "/bin/sh"], "it is not a box"],
    [["compile", "--show", "/no/such"], "ENOENT"],
  ])("says what is wrong: %j", async (args, words) => {
    const { stderr, exitCode } = await nsbox(args);
    expect(stderr).toContain(words);
    expect(exitCode).toBe(125);
  });

  test("--show reads steps and calls back out of the file", async () => {
    using box = await compiledBox(["--hostname", "alpha", "--", "sh", "-c", "id"]);
    const { stdout } = await nsbox(["compile", "--show", box.path]);
    expect(stdout).toContain('runs ["sh","-c","id"]');
    expect(stdout).toContain('  set the host name to "alpha"\n      sethostname("alpha", 5)\n');
    for (const process of ["launcher", "setup", "init", "command"]) expect(stdout).toContain(`\n${process}:\n`);
    const json = JSON.parse((await nsbox(["compile", "--show", box.path, "--json"])).stdout);
    expect(json.command).toEqual(["sh", "-c", "id"]);
    expect(json.calls.length).toBeGreaterThan(200);
  });
});
