// What docker, bubblewrap and unshare call by another name: where a flag or a command of theirs is typed, the hint is ours.
// Functions, so that nothing of it is built by a start that has no use for it.

/** Words of theirs, and what to do instead. */
type Hints = readonly (readonly [words: readonly string[], hint: string])[];

/** Flags, for what `nsbox run` does. */
export const flagHints = (): Hints => [
  [["-v", "--volume", "--bind"], "show a path with --ro PATH[:DEST], or with --rw where the box may change it"],
  [["--ro-bind"], "show a path with --ro PATH[:DEST]"],
  [["--dev-bind"], "show a path with --rw PATH[:DEST], and the host's devices with --dev host"],
  [["--read-only"], "the root is read-only unless --overlay or --writable-root says otherwise"],
  [["--privileged"], "give away what is needed, each by its name: --cap-add, --nested, --seccomp none, --no-landlock"],
  [["--security-opt"], "there are --seccomp, --no-landlock and --allow-new-privs"],
  [["-m", "--memory"], "there is no limit of memory yet: systemd-run --user --scope -p MemoryMax=1G nsbox run …"],
  [["--cpus"], "there is no limit of processor time yet: systemd-run --user --scope -p CPUQuota=50% nsbox run …"],
  [["-u", "--uid"], "write --user UID[:GID]"],
  [["--gid"], "write --user UID:GID"],
  [
    ["--unshare-all", ...["user", "pid", "net", "ipc", "uts", "cgroup"].map((namespace) => `--unshare-${namespace}`)],
    "every namespace is new unless a flag says otherwise, such as --net host",
  ],
  [["--map-root-user"], "you are uid 0 inside unless --keep-id or --user says otherwise"],
  [["--mount-proc"], "/proc is fresh unless --proc says otherwise"],
  [["--fork"], "there is an init that starts the command, unless --no-init says otherwise"],
  [["--as-pid-1"], "write --no-init"],
  [["--share-net"], "write --net host"],
  [["--chdir"], "write --workdir PATH"],
  [["--chroot"], "write --root FOLDER"],
  [["--setenv"], "write -e NAME=VALUE"],
  [["--unsetenv", "--clearenv"], "only a few variables of yours pass by themselves; -e NAME lets one more"],
  [["--entrypoint"], "write the command and its arguments behind the flags"],
  [["--image"], IMAGES],
];

const IMAGES = "there are no images: --root FOLDER takes an unpacked root file system, such as debootstrap makes";

export const commandHints = (): Hints => [
  [["images", "image", "pull", "build"], IMAGES],
  [["start", "create"], "nsbox run -d --name NAME -- COMMAND starts a box that lives on"],
  [["shell", "enter"], "nsbox exec -t BOX sh is a shell in a box"],
  [["nsenter"], "nsbox exec PID COMMAND enters the namespaces of a process"],
  [["unshare"], "nsbox run COMMAND makes new namespaces"],
  [["list"], "nsbox ps lists boxes, nsbox ls namespaces"],
  [["network"], "nsbox net has networks"],
];

/** The hint for a flag of another tool's; undefined where it is none that is known. */
export function hintForFlag(flag: string): string | undefined {
  return hintIn(flagHints(), flag);
}

/** The same for a command. */
export function hintForCommand(name: string): string | undefined {
  return hintIn(commandHints(), name);
}

function hintIn(hints: Hints, word: string): string | undefined {
  return hints.find(([words]) => words.includes(word))?.[1];
}
