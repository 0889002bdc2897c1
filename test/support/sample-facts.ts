// A machine as data: what plans in unit tests are made for. Nothing of the real one.
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";

/** An ordinary user's machine. */
export const SAMPLE_FACTS: HostFacts = {
  arch: "x64",
  kernel: [6, 1],
  uid: 1000,
  gid: 1000,
  cwd: "/home/ann/project",
  env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/home/ann", LANG: "C.UTF-8", SECRET: "hunter2" },
  homes: ["/home", "/root", "/home/ann"],
  clone3: true,
  terminal: false,
  subuids: [{ start: 100000, count: 65536 }],
  subgids: [{ start: 200000, count: 65536 }],
  signalMask: 0n,
  rootEntries: [
    { kind: "symlink", name: "bin", target: "usr/bin" },
    { kind: "dir", name: "etc", hasMounts: false },
    { kind: "dir", name: "mnt", hasMounts: true },
    { kind: "dir", name: "proc", hasMounts: false },
    { kind: "file", name: "swapfile" },
    { kind: "dir", name: "usr", hasMounts: false },
  ],
  paths: {
    "/home": "dir",
    "/root": "dir",
    "/home/ann": "dir",
    "/home/ann/project": "dir",
    "/tmp": "dir",
    "/run": "dir",
    "/var/tmp": "dir",
    "/etc/resolv.conf": "file",
    "/proc/kcore": "file",
    "/proc/acpi": "dir",
    "/sys/firmware": "dir",
    "/srv/rootfs": "dir",
    "/data": "dir",
    "/data/file": "file",
  },
};

/** root on the same machine. */
export const ROOT_FACTS: HostFacts = { ...SAMPLE_FACTS, uid: 0, gid: 0, cwd: "/", homes: ["/home", "/root"] };

/** What `nsbox run -- true` says: nothing. */
export const NO_OPTIONS: RunOptions = {
  root: undefined,
  writableRoot: false,
  overlay: false,
  overlayDir: undefined,
  mounts: [],
  proc: undefined,
  dev: undefined,
  home: undefined,
  namespaces: {},
  boottimeSeconds: undefined,
  monotonicSeconds: undefined,
  user: undefined,
  uidMap: [],
  gidMap: [],
  subids: false,
  keepId: false,
  hostname: undefined,
  domainname: undefined,
  workdir: undefined,
  env: [],
  envFiles: [],
  envAll: false,
  rlimits: [],
  umask: undefined,
  tty: undefined,
  interactive: false,
  init: true,
  passFds: [],
  timeoutMs: undefined,
  name: undefined,
  dryRun: false,
  json: false,
  config: undefined,
  args: ["true"],
};
