// What to do about an error: the first row that fits. Pure, and tested row by row.
import { type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";

/** What is known of a failure. */
export interface FailureFacts {
  readonly syscall: string;
  readonly errno: number;
  /** The kind of the step. */
  readonly kind: string | undefined;
  readonly operand: string | undefined;
}

interface HintRow {
  readonly errno: ErrnoName;
  readonly syscall?: string;
  readonly kind?: string;
  readonly operand?: RegExp;
  readonly hint: string;
}

const HINTS: readonly HintRow[] = [
  {
    kind: "protect",
    errno: "EACCES",
    hint: "a part of what --rw shows is not yours: show a folder that is, or give the protection away with --no-protect",
  },
  {
    kind: "protect",
    errno: "EROFS",
    hint: "a part of what --rw shows is read-only: show it with --ro, or give the protection away with --no-protect",
  },
  {
    kind: "clone",
    errno: "EPERM",
    hint: "this machine forbids user namespaces to ordinary users: as root, sysctl kernel.unprivileged_userns_clone=1 (Debian) or kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), or lift the container's seccomp filter",
  },
  {
    kind: "clone-without-user",
    errno: "EPERM",
    hint: "only root makes namespaces without a user namespace of the box's own: leave out --userns",
  },
  {
    kind: "clone",
    errno: "ENOSPC",
    hint: "the limit of namespaces is reached: as root, raise the sysctls user.max_user_namespaces and user.max_*_namespaces",
  },
  { kind: "clone", errno: "EUSERS", hint: "user namespaces are nested 32 deep at most: start the box further out" },
  {
    kind: "clone",
    errno: "EAGAIN",
    hint: "the limit of processes is reached: see ulimit -u and the cgroup's pids.max",
  },
  {
    kind: "clone",
    errno: "EINVAL",
    hint: "this kernel lacks one of these namespaces: leave one out, for example with --cgroup host",
  },
  {
    kind: "join-cgroup",
    errno: "EACCES",
    hint: "you may not move a process there from your own cgroup: run it from where the box was started, or as root",
  },
  { kind: "time-namespace", errno: "EINVAL", hint: "time namespaces need Linux 5.6 and CONFIG_TIME_NS" },
  { kind: "time-namespace", errno: "ERANGE", hint: "an offset may not set a clock below 0 or far beyond it" },
  {
    kind: "own-id-map",
    errno: "EPERM",
    hint: "AppArmor or another security module restricts user namespaces: as root, sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give nsbox a profile with `userns,`",
  },
  {
    kind: "own-id-map",
    errno: "EACCES",
    hint: "AppArmor or another security module restricts user namespaces: as root, sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give nsbox a profile with `userns,`",
  },
  {
    kind: "private-mounts",
    errno: "EACCES",
    hint: "AppArmor restricts user namespaces: as root, sysctl kernel.apparmor_restrict_unprivileged_userns=0",
  },
  {
    kind: "new-filesystem",
    errno: "EPERM",
    operand: /^(proc|sysfs)$/,
    hint: "parts of /proc or /sys are hidden here (as in a container), so the kernel refuses fresh ones: use --proc bind",
  },
  {
    kind: "new-filesystem",
    errno: "EINVAL",
    operand: /overlay|upperdir|lowerdir|workdir|userxattr/,
    hint: "an overlay in a user namespace needs Linux 5.11, and 6.6 for --overlay, whose writes go to a tmpfs; --overlay-dir takes a folder on ext4, xfs or btrfs",
  },
  { kind: "new-filesystem", errno: "ENODEV", hint: "this kernel has no such file system, or its module is not loaded" },
  { kind: "new-filesystem", errno: "ENOSYS", hint: "nsbox needs Linux 5.12 or newer" },
  { kind: "open-tree", errno: "ENOSYS", hint: "nsbox needs Linux 5.12 or newer" },
  { kind: "open-tree", errno: "ENOENT", hint: "give a path that exists on the host" },
  { kind: "open-tree", errno: "EACCES", hint: "you may not reach this path; give one that you can" },
  {
    kind: "attach",
    errno: "ENOTDIR",
    hint: "a folder can only be mounted on a folder, a file on a file, and neither on a symbolic link",
  },
  {
    kind: "attach",
    errno: "ENOENT",
    hint: "the mount point is missing, or a symbolic link leads out of the box's root",
  },
  { kind: "attach", errno: "ELOOP", hint: "the mount point is reached through a loop of symbolic links" },
  {
    kind: "attach",
    errno: "EINVAL",
    hint: "a folder can only be mounted on a folder, a file on a file, and neither on a symbolic link",
  },
  { kind: "mount", errno: "ENOTDIR", hint: "a file system can only be mounted on a folder" },
  { kind: "mount", errno: "ENODEV", hint: "this kernel has no such file system, or its module is not loaded" },
  {
    kind: "mount",
    errno: "EPERM",
    operand: /^(proc|sysfs)$/,
    hint: "parts of /proc or /sys are hidden here (as in a container), so the kernel refuses fresh ones: use --proc bind",
  },
  { kind: "touch", errno: "ENOENT", hint: "the folder of the mount point is missing, or a link that leads nowhere" },
  { kind: "mkdir", errno: "EROFS", hint: "the root is read-only: use --overlay, or a destination below /tmp" },
  { kind: "touch", errno: "EROFS", hint: "the root is read-only: use --overlay, or a destination below /tmp" },
  {
    kind: "mkdir",
    errno: "EACCES",
    hint: "you may not make folders in this root: use --overlay, or a root that you own",
  },
  {
    kind: "touch",
    errno: "EACCES",
    hint: "you may not make files in this root: use --overlay, or a root that you own",
  },
  {
    kind: "mkdir",
    errno: "ENOENT",
    hint: "the folder that it is to lie in does not exist, or nothing can be made there",
  },
  { kind: "mkdir", errno: "ENOTDIR", hint: "something on the way there is not a folder" },
  {
    kind: "chdir",
    errno: "ENOENT",
    hint: "the folder does not exist inside the box: show it with --ro or --rw, or choose another with --workdir",
  },
  { kind: "chdir", errno: "EACCES", hint: "the command's user may not enter it: choose another with --workdir" },
  { kind: "chdir", errno: "ENOTDIR", hint: "give a folder to --workdir" },
  { kind: "set-ids", errno: "EINVAL", hint: "the id is not in the box's maps: add it with --uid-map and --gid-map" },
  { kind: "oom-score", errno: "EACCES", hint: "only root may go below the caller's own value: give a higher one" },
  { kind: "oom-score", errno: "ENOENT", hint: "it is set through /proc: leave out --proc none" },
  { kind: "oom-score", errno: "EROFS", hint: "it is set through /proc, which is the host's here: use --proc fresh" },
  {
    kind: "idmap-tree",
    errno: "EINVAL",
    hint: "this file system can't have its ids mapped: chown -R the folder to the ids of --uid-map, or use --overlay",
  },
  { kind: "rlimit", errno: "EPERM", hint: "a hard limit can only be lowered: give one at or below the caller's" },
  { kind: "rlimit", errno: "EINVAL", hint: "the soft limit may not exceed the hard one" },
  {
    kind: "close-files",
    errno: "EBADF",
    hint: "--pass-fd takes the number of a file that is open when nsbox starts, as in: nsbox run --pass-fd 5 … 5<file",
  },
  {
    kind: "join",
    errno: "EPERM",
    hint: "joining needs privilege over the namespace: run as root, or join its user namespace too (--userns PID); from inside another user namespace, such as a box's, nobody can",
  },
  {
    kind: "join-process",
    errno: "EPERM",
    hint: "entering needs privilege over the namespace: run as root, or enter its user namespace too: leave out --ns",
  },
  {
    kind: "join",
    errno: "EINVAL",
    hint: "that file is not such a namespace, or you are in its user namespace already",
  },
  {
    kind: "exec",
    errno: "EACCES",
    hint: "make it executable (chmod +x), and see that it isn't on a mount with noexec",
  },
  { kind: "exec", errno: "ENOEXEC", hint: "it is neither a program for this machine nor a script that begins with #!" },
  {
    kind: "exec",
    errno: "ENOENT",
    operand: /\//,
    hint: "it, or the interpreter or loader that it names, does not exist inside the box: show it with --ro",
  },
  {
    kind: "seccomp",
    errno: "EPERM",
    hint: "a filter takes no_new_privs or CAP_SYS_ADMIN: leave out --allow-new-privs, or go without a filter by --seccomp none",
  },
  {
    kind: "seccomp",
    errno: "EINVAL",
    hint: "this kernel has no filters of system calls (CONFIG_SECCOMP_FILTER): --seccomp none does without, and gives away a wall",
  },
  {
    kind: "seccomp",
    errno: "EBUSY",
    hint: "somebody listens to a filter around this one already, and there is room for one: leave out --audit, or the profile's listenerPath",
  },
  { kind: "seccomp", errno: "ENOMEM", hint: "filters add up to 32768 instructions at most: use a shorter profile" },
  {
    kind: "session-keyring",
    errno: "EDQUOT",
    hint: "an ordinary user may have 200 keys, see /proc/key-users: end some of your boxes, or use --seccomp default, which lets nobody read keys",
  },
  { kind: "exec", errno: "EPERM", hint: "the seccomp profile of --seccomp refuses execve: allow it there" },
  { kind: "exec", errno: "E2BIG", hint: "arguments and environment are too long together" },
  {
    errno: "EBADF",
    hint: "nsbox numbers its files from 700 on: allow it 1024 open files (ulimit -n 1024; LimitNOFILE= of a service)",
  },
];

/** One action that the user can take, if there is one. */
export function findHint({ errno, ...failure }: FailureFacts): string | undefined {
  return HINTS.find((row) => errnoNumber(row.errno) === errno && fits(row, failure))?.hint;
}

type Failure = Omit<FailureFacts, "errno">;

function fits({ syscall, kind, operand }: HintRow, failure: Failure): boolean {
  return (
    (syscall === undefined || syscall === failure.syscall) &&
    (kind === undefined || kind === failure.kind) &&
    (operand === undefined || operand.test(failure.operand ?? ""))
  );
}

/** What findHint() says for every errno that it knows something about: errno → hint. */
export function findHints(failure: Failure): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const row of HINTS) {
    const number = errnoNumber(row.errno);
    if (!found.has(number) && fits(row, failure)) found.set(number, row.hint);
  }
  return found;
}
