// Why the kernel refuses a user namespace here: the first cause found, with its remedy.
// Read only after a refusal, so nothing of this is on the way to a box.
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";

/** What stands in the way, and what to type or change. */
export interface UserNamespaceCause {
  readonly cause: string;
  readonly remedy: string;
}

type Read = (path: string) => string | undefined;

interface CauseRow extends UserNamespaceCause {
  /** Whether this stands in the way, from what the files say. */
  readonly found: (read: Read) => boolean;
}

const DEBIAN = "/proc/sys/kernel/unprivileged_userns_clone";
const MAX = "/proc/sys/user/max_user_namespaces";
const APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

const CAUSES: readonly CauseRow[] = [
  {
    found: (read) => read(MAX) === "0",
    cause: "the sysctl user.max_user_namespaces is 0",
    remedy: "as root, sysctl user.max_user_namespaces=15000",
  },
  {
    found: (read) => read(DEBIAN) === "0",
    cause: "the sysctl kernel.unprivileged_userns_clone is 0",
    remedy: "as root, sysctl kernel.unprivileged_userns_clone=1",
  },
  {
    found: (read) => read(APPARMOR) === "1",
    cause: "AppArmor's setting kernel.apparmor_restrict_unprivileged_userns is 1",
    remedy:
      "as root, sysctl kernel.apparmor_restrict_unprivileged_userns=0, or load a profile for nsbox with `userns,`",
  },
  {
    // KERNEL: create_user_ns() refuses a process whose root is not its mount namespace's. Then nothing is mounted on
    // "/". It comes before the filter: it refuses whatever the filter lets through.
    found: (read) =>
      !(read("/proc/self/mountinfo") ?? "1 1 0:1 / /").split("\n").some((line) => line.split(" ")[4] === "/"),
    cause: "this process is in a chroot, where the kernel makes no user namespaces",
    remedy: "use pivot_root instead of chroot, or run nsbox outside it",
  },
  {
    found: (read) => /^Seccomp:\t2$/m.test(read("/proc/self/status") ?? ""),
    cause: "a seccomp filter is in force, as in Docker's default containers",
    remedy: "start the container with --security-opt seccomp=unconfined, or run nsbox outside it",
  },
];

/** What stands in the way of user namespaces; undefined if nothing is known to. */
export function findUserNamespaceCause(root = ""): UserNamespaceCause | undefined {
  const read: Read = (path) => {
    try {
      return readText(root + path).trim();
    } catch (error) {
      if (error instanceof SyscallError) return undefined;
      throw error;
    }
  };
  const row = CAUSES.find(({ found }) => found(read));
  return row === undefined ? undefined : { cause: row.cause, remedy: row.remedy };
}

/** The same as one hint. */
export function diagnoseUserNamespaces(root = ""): string | undefined {
  const found = findUserNamespaceCause(root);
  return found === undefined ? undefined : `${found.cause}: ${found.remedy}`;
}
