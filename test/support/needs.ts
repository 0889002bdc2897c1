// What a test needs of the machine. A missing need skips the test, by name; NSBOX_TEST_MUST (a comma list) makes it fail.
// Never return early from a test instead: that looks like a pass.
import { describe, test } from "bun:test";
import { pidsFolder } from "./cgroup-folder.ts";
import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { NSBOX } from "./nsbox.ts";

/** Needs that say who runs the test. A test for another actor is skipped whatever else it needs. */
const ACTORS = ["root", "unprivileged"] as const;

/** The name of something that a test cannot do without. */
export type Need =
  | "root"
  | "unprivileged"
  | "x64"
  | "userns"
  | "cgroup2"
  | "own-cgroup"
  | "own-pids"
  | "no-cgroup"
  | "vm"
  | "pids-cgroup"
  | "memfd-noexec"
  | "cc"
  | "as"
  | "aarch64-as"
  | "qemu-aarch64"
  | "aarch64-libc"
  | "landlock"
  | "keyctl"
  | "libseccomp"
  | "ia32"
  | "podman"
  | "podman-profile"
  | "git"
  | "curl"
  | "npm"
  | "wget"
  | "legacy-tiocsti"
  | "busybox"
  | "bwrap"
  | "newuidmap"
  | "runc"
  | "crun"
  | "python3"
  | "tmux"
  | "lsns"
  | "ip"
  | "nft"
  | "iptables"
  | "pasta"
  | "slirp4netns"
  | "ping"
  | "dig"
  | "macvlan"
  | "ipvlan"
  | "ps"
  | "capsh"
  | "strace"
  | "debootstrap"
  | "chromium"
  | "dot";

interface NeedRow {
  readonly probe: () => boolean;
  /** Where it comes from: the Debian package, or what to change. */
  readonly from: string;
}

const inPath = (...tools: readonly string[]): boolean => tools.every((tool) => Bun.which(tool) !== null);

function succeeds(...command: readonly string[]): boolean {
  const [tool = ""] = command;
  if (Bun.which(tool) === null) return false;
  return Bun.spawnSync([...command], { stdio: ["ignore", "ignore", "ignore"] }).exitCode === 0;
}

function readSetting(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

/** True if /etc/subuid or /etc/subgid gives this user a range, by name or by number; see subuid(5). */
function hasRange(file: string): boolean {
  if (!existsSync(file)) return false;
  const { uid } = userInfo();
  const names = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => fields[2] === String(uid))
    .map((fields) => fields[0]);
  const owners = [String(uid), ...names];
  return readFileSync(file, "utf8")
    .split("\n")
    .some((line) => owners.includes(line.split(":")[0]));
}

/** Root writes any map by itself and needs no range. */
const canMapRanges = (): boolean =>
  inPath("newuidmap", "newgidmap") &&
  (process.getuid?.() === 0 || (hasRange("/etc/subuid") && hasRange("/etc/subgid")));

/** The cgroup above one's own. */
function cgroupAbove(): string {
  return `/sys/fs/cgroup${dirname(/^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/")}`;
}

function mayMakeCgroups(): boolean {
  if (!existsSync("/sys/fs/cgroup/cgroup.controllers")) return false;
  return succeeds("test", "-w", `${cgroupAbove()}/cgroup.procs`);
}

function mayLimitPids(): boolean {
  return (
    mayMakeCgroups() && readSetting(`${cgroupAbove()}/cgroup.subtree_control`)?.split(" ").includes("pids") === true
  );
}

const NEEDS: Readonly<Record<Need, NeedRow>> = {
  root: { probe: () => process.getuid?.() === 0, from: "run as root" },
  unprivileged: { probe: () => process.getuid?.() !== 0, from: "run as another user than root" },
  x64: { probe: () => process.arch === "x64", from: "a machine with an x86-64 processor" },
  userns: { probe: () => succeeds("unshare", "-Ur", "true"), from: "sysctl user.max_user_namespaces" },
  cgroup2: { probe: () => readFileSync("/proc/mounts", "utf8").includes(" cgroup2 "), from: "mount -t cgroup2" },
  "memfd-noexec": { probe: () => existsSync("/proc/sys/vm/memfd_noexec"), from: "Linux 6.3 or newer" },
  "pids-cgroup": { probe: () => pidsFolder() !== undefined, from: "a cgroup hierarchy with the controller pids" },
  "own-cgroup": { probe: mayMakeCgroups, from: "pure cgroup v2, and root or a delegated cgroup" },
  "own-pids": { probe: mayLimitPids, from: "pure cgroup v2, with the controller pids in the cgroup above one's own" },
  "no-cgroup": { probe: () => !mayMakeCgroups(), from: "a machine with cgroup v1, or a cgroup that is not yours" },
  vm: {
    probe: () =>
      existsSync("/dev/kvm") &&
      inPath("qemu-system-x86_64", "busybox", "xz", "apt-get") &&
      succeeds("apt-cache", "show", "linux-image-amd64"),
    from: "KVM, qemu-system-x86 busybox-static xz-utils, and apt-get download of a kernel",
  },
  cc: { probe: () => inPath("gcc"), from: "gcc libc6-dev" },
  as: { probe: () => inPath("as", "objdump", "objcopy"), from: "binutils" },
  "aarch64-as": {
    probe: () => inPath("aarch64-linux-gnu-as", "aarch64-linux-gnu-objcopy"),
    from: "binutils-aarch64-linux-gnu",
  },
  "qemu-aarch64": { probe: () => inPath("qemu-aarch64-static"), from: "qemu-user-static" },
  "aarch64-libc": {
    probe: () => existsSync("/usr/aarch64-linux-gnu/lib/libc.so.6"),
    from: "libc6-arm64-cross",
  },
  landlock: { probe: () => succeeds(NSBOX, "run", "--landlock", "--", "true"), from: "a kernel with lsm=landlock" },
  keyctl: { probe: () => inPath("keyctl"), from: "keyutils" },
  ia32: { probe: () => existsSync("/proc/sys/abi/vsyscall32"), from: "a kernel with CONFIG_IA32_EMULATION" },
  libseccomp: { probe: () => existsSync("/usr/include/seccomp.h"), from: "libseccomp-dev" },
  podman: { probe: () => inPath("podman", "conmon", "crun"), from: "podman crun" },
  "podman-profile": {
    probe: () => existsSync("/usr/share/containers/seccomp.json"),
    from: "golang-github-containers-common",
  },
  // KERNEL: since 6.2 it is a setting; before, every terminal took pushed input.
  "legacy-tiocsti": {
    probe: () => readSetting("/proc/sys/dev/tty/legacy_tiocsti") !== "0",
    from: "sysctl dev.tty.legacy_tiocsti=1",
  },
  npm: { probe: () => inPath("npm"), from: "npm" },
  wget: { probe: () => inPath("wget"), from: "wget" },
  curl: { probe: () => inPath("curl"), from: "curl" },
  git: { probe: () => inPath("git"), from: "git" },
  busybox: { probe: () => succeeds("busybox", "true"), from: "busybox-static" },
  bwrap: { probe: () => inPath("bwrap"), from: "bubblewrap" },
  newuidmap: { probe: canMapRanges, from: "uidmap, and a range in /etc/subuid and /etc/subgid" },
  runc: { probe: () => inPath("runc"), from: "runc" },
  crun: { probe: () => inPath("crun"), from: "crun" },
  python3: { probe: () => succeeds("python3", "-c", ""), from: "python3" },
  tmux: { probe: () => inPath("tmux"), from: "tmux" },
  lsns: { probe: () => inPath("lsns"), from: "util-linux" },
  nft: { probe: () => succeeds("unshare", "--net", "nft", "list", "tables"), from: "nftables" },
  iptables: { probe: () => succeeds("unshare", "--net", "iptables", "-t", "nat", "-S"), from: "iptables" },
  pasta: { probe: () => inPath("pasta") && existsSync("/dev/net/tun"), from: "passt, and /dev/net/tun" },
  slirp4netns: { probe: () => inPath("slirp4netns") && existsSync("/dev/net/tun"), from: "slirp4netns, /dev/net/tun" },
  ping: { probe: () => inPath("ping"), from: "iputils-ping" },
  dig: { probe: () => inPath("dig"), from: "dnsutils" },
  macvlan: {
    probe: () =>
      succeeds("unshare", "--net", "sh", "-c", "ip link add v0 type veth && ip link add m0 link v0 type macvlan"),
    from: "a kernel with macvlan",
  },
  ipvlan: {
    probe: () =>
      succeeds("unshare", "--net", "sh", "-c", "ip link add v0 type veth && ip link add i0 link v0 type ipvlan"),
    from: "a kernel with ipvlan, as Debian has: in a virtual machine with that one, if not here",
  },
  ip: { probe: () => inPath("ip"), from: "iproute2" },
  ps: { probe: () => inPath("ps"), from: "procps" },
  capsh: { probe: () => inPath("capsh"), from: "libcap2-bin" },
  strace: { probe: () => succeeds("strace", "-o", "/dev/null", "true"), from: "strace" },
  chromium: { probe: () => inPath("chromium"), from: "chromium" },
  dot: { probe: () => inPath("dot"), from: "graphviz" },
  debootstrap: { probe: () => inPath("debootstrap"), from: "debootstrap" },
};

const answers = new Map<Need, boolean>();

/** True if this machine has it; looked at once for each process. */
export function has(need: Need): boolean {
  const known = answers.get(need);
  if (known !== undefined) return known;
  const answer = NEEDS[need].probe();
  answers.set(need, answer);
  return answer;
}

/** The first need that is missing and thus skips the test; throws where `must` demands it. */
export function missingNeed(
  needs: readonly Need[],
  must: string,
  present: (need: Need) => boolean = has,
): Need | undefined {
  const demanded = must.split(",").map((name) => name.trim());
  const missing = needs.filter((need) => !present(need));
  const actor = missing.find((need) => ACTORS.some((name) => name === need) && !demanded.includes(need));
  if (actor !== undefined) return actor;
  const broken = missing.find((need) => demanded.includes(need));
  if (broken !== undefined)
    throw new Error(
      `Cannot run this test: NSBOX_TEST_MUST demands "${broken}", which is missing (${NEEDS[broken].from})`,
    );
  return missing[0];
}

function missingHere(needs: readonly Need[]): Need | undefined {
  return missingNeed(needs, process.env["NSBOX_TEST_MUST"] ?? "");
}

/** `describe` where the needs are met; one skipped test, and the body not run at all, where they are not. */
export function describeWith(needs: readonly Need[], title: string, body: () => void): void {
  const missing = missingHere(needs);
  if (missing === undefined) describe(title, body);
  else test.skip(`${title} [needs ${missing}]`, () => {});
}

/** `test` where the needs are met, a skipped test otherwise. */
export function testWith(
  needs: readonly Need[],
  title: string,
  body: () => void | Promise<void>,
  timeoutMs?: number,
): void {
  const missing = missingHere(needs);
  if (missing === undefined) test(title, body, timeoutMs);
  else test.skip(`${title} [needs ${missing}]`, () => {});
}
