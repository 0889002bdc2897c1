// A value for each flag of `run` that it takes, and the options that it makes.
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";

export interface GoodValue {
  readonly name: string;
  /** undefined: the flag takes none. */
  readonly value?: string;
  readonly makes: Partial<RunOptions>;
}

const bind = { kind: "bind", source: "/a", destination: "/b" } as const;
const tmpfs = { kind: "tmpfs", destination: "/t", mode: undefined, readOnly: false, noexec: false } as const;
const host = { kind: "host" } as const;

const { network } = NO_OPTIONS;
const published = { protocol: "udp", hostIp: "127.0.0.1", hostPort: 5353, boxPort: 53 } as const;

export const GOOD_VALUES: readonly GoodValue[] = [
  { name: "root", value: "empty", makes: { root: { kind: "empty" } } },
  { name: "writable-root", makes: { writableRoot: true } },
  { name: "overlay", makes: { overlay: true } },
  { name: "overlay-dir", value: "kept", makes: { overlayDir: "kept" } },
  { name: "ro", value: "/a:/b", makes: { mounts: [{ ...bind, readOnly: true, flag: "--ro" }] } },
  { name: "rw", value: "/a:/b", makes: { mounts: [{ ...bind, readOnly: false, flag: "--rw" }] } },
  { name: "tmpfs", value: "/t:size=1k", makes: { mounts: [{ ...tmpfs, sizeBytes: 1024 }] } },
  { name: "mount", value: "src=/a,dst=/b", makes: { mounts: [{ ...bind, readOnly: false, flag: "--mount" }] } },
  { name: "proc", value: "bind", makes: { proc: "bind" } },
  { name: "dev", value: "none", makes: { dev: "none" } },
  { name: "home", value: "rw", makes: { home: "rw" } },
  { name: "userns", value: "host", makes: { namespaces: { user: host } } },
  { name: "mnt", value: "new", makes: { namespaces: { mnt: { kind: "new" } } } },
  { name: "pid", value: "42", makes: { namespaces: { pid: { kind: "pid", pid: 42 } } } },
  { name: "ipc", value: "host", makes: { namespaces: { ipc: host } } },
  { name: "uts", value: "/run/uts", makes: { namespaces: { uts: { kind: "path", path: "/run/uts" } } } },
  { name: "net", value: "none", makes: { namespaces: { net: { kind: "new" } } } },
  { name: "cgroup", value: "host", makes: { namespaces: { cgroup: host } } },
  { name: "time", value: "new", makes: { namespaces: { time: { kind: "new" } } } },
  { name: "boottime", value: "-86400", makes: { boottimeSeconds: -86400 } },
  { name: "monotonic", value: "60", makes: { monotonicSeconds: 60 } },
  { name: "no-namespaces", makes: { noNamespaces: true } },
  { name: "unix-sockets", makes: { unixSockets: true } },
  {
    name: "allow-host",
    value: "*.a.b:5",
    makes: { allowHosts: [{ kind: "name", name: "a.b", below: true, ports: 5 }] },
  },
  { name: "deny-host", value: "*", makes: { denyHosts: [{ kind: "any", ports: "web" }] } },
  { name: "net-log", value: "net.jsonl", makes: { netLog: "net.jsonl" } },
  { name: "publish", value: "127.0.0.1:5353:53/udp", makes: { network: { ...network, publish: [published] } } },
  { name: "ip", value: "10.88.0.9", makes: { network: { ...network, ip: "10.88.0.9" } } },
  { name: "ip6", value: "fd00:0::9", makes: { network: { ...network, ip6: "fd00::9" } } },
  { name: "mac", value: "02:00:0A:58:00:09", makes: { network: { ...network, mac: "02:00:0a:58:00:09" } } },
  { name: "mtu", value: "1400", makes: { network: { ...network, mtu: 1400 } } },
  { name: "dns", value: "192.0.2.53", makes: { network: { ...network, dns: ["192.0.2.53"] } } },
  { name: "dns-search", value: "example.org", makes: { network: { ...network, dnsSearch: ["example.org"] } } },
  { name: "add-host", value: "db:::1", makes: { network: { ...network, addHosts: [{ name: "db", ip: "::1" }] } } },
  { name: "user", value: "5:6", makes: { user: { uid: 5, gid: 6 } } },
  { name: "uid-map", value: "0:9:3", makes: { uidMap: [{ containerID: 0, hostID: 9, size: 3 }] } },
  { name: "gid-map", value: "1:8:2", makes: { gidMap: [{ containerID: 1, hostID: 8, size: 2 }] } },
  { name: "subids", makes: { subids: true } },
  { name: "keep-id", makes: { keepId: true } },
  { name: "hostname", value: "alpha", makes: { hostname: "alpha" } },
  { name: "domainname", value: "example", makes: { domainname: "example" } },
  { name: "workdir", value: "/x", makes: { workdir: "/x" } },
  { name: "env", value: "A=b=c", makes: { env: [{ kind: "set", name: "A", value: "b=c" }] } },
  { name: "env-file", value: "vars.env", makes: { envFiles: ["vars.env"] } },
  { name: "env-all", makes: { envAll: true } },
  { name: "rlimit", value: "core=1:2", makes: { rlimits: [{ type: "RLIMIT_CORE", soft: 1, hard: 2 }] } },
  { name: "oom-score-adj", value: "-5", makes: { oomScoreAdj: -5 } },
  { name: "umask", value: "077", makes: { umask: 0o77 } },
  { name: "cap-add", value: "sys_time,CAP_SYSLOG", makes: { capAdd: ["CAP_SYS_TIME", "CAP_SYSLOG"] } },
  { name: "cap-drop", value: "all", makes: { capDrop: ["ALL"] } },
  { name: "allow-new-privs", makes: { allowNewPrivs: true } },
  { name: "landlock", makes: { landlock: true } },
  { name: "no-landlock", makes: { landlock: false } },
  { name: "seccomp", value: "profile.json", makes: { seccomp: "profile.json" } },
  { name: "audit", value: "audit.jsonl", makes: { audit: "audit.jsonl" } },
  { name: "nested", makes: { nested: true } },
  { name: "hide", value: "/etc/ssh", makes: { hide: ["/etc/ssh"] } },
  { name: "no-protect", makes: { protect: false } },
  { name: "tty", makes: { tty: true } },
  { name: "no-tty", makes: { tty: false } },
  { name: "interactive", makes: { interactive: true } },
  { name: "no-init", makes: { init: false } },
  { name: "pass-fd", value: "5", makes: { passFds: [5] } },
  { name: "timeout", value: "500ms", makes: { timeoutMs: 500 } },
  { name: "name", value: "web-1", makes: { name: "web-1" } },
  { name: "detach", makes: { detach: true } },
  { name: "rm", makes: { rm: true } },
  { name: "label", value: "tier=web", makes: { labels: [{ name: "tier", value: "web" }] } },
  { name: "restart", value: "on-failure:3", makes: { restart: { kind: "on-failure", max: 3 } } },
  { name: "log", value: "box.log", makes: { log: "box.log" } },
  { name: "log-size", value: "64m", makes: { logSize: 64 * 2 ** 20 } },
  { name: "pids", value: "100", makes: { pidsLimit: 100 } },
  { name: "config", value: "box.toml", makes: { config: "box.toml" } },
  { name: "dry-run", makes: { dryRun: true } },
  { name: "json", makes: { json: true } },
];
