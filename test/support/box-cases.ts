// Boxes of every kind, each with what it prints of itself: what makes a box in another way than `run` must make the same.
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { Need } from "./needs.ts";

/** DIR is the folder that furnish() fills. */
export interface BoxCase {
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
export const BOX_CASES: readonly BoxCase[] = [
  { flags: [], script: LOOK },
  { flags: [], script: "env | sort" },
  { flags: [], script: "cat; echo err >&2; exit 7", stdin: "from outside" },
  { flags: [], script: "kill -KILL $$" },
  { flags: [], script: "readlink /proc/1/exe; cat /proc/1/comm; echo x >>/proc/1/exe" },
  { flags: [], script: "ls -l /proc/self/fd >/tmp/a; ls /proc >/tmp/b; wc -l </tmp/a; grep -c '^[0-9]' /tmp/b" },
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

/** What all of them start with. */
export const ENV: Readonly<Record<string, string>> = {
  ...{ PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: "/root", LANG: "C.UTF-8", LC_ALL: "C" },
  ...{ TERM: "xterm", TZ: "UTC", SECRET: "hunter2" },
};

/** Puts there what the cases name. */
export function furnish(dir: string): void {
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

/** A word of a case, for a folder. */
export function placed(word: string, dir: string): string {
  return word.replaceAll("DIR", dir);
}

/** Without numbers that differ from box to box: of steps, passed files, namespaces, mounts' devices; in one order. */
export function outside(text: string, dir: string): string {
  return text
    .replaceAll(dir.slice(1), "DIR")
    .replaceAll(basename(dir), "DIR")
    .replace(/step {2}(\w+) \d+ of \d+/g, "step  $1")
    .replace(/\d+:\d+ /g, "")
    .replace(/shared:\d+/g, "")
    .split("\n")
    .sort()
    .join("\n");
}
