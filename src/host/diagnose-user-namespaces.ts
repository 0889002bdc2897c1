// Why the kernel refuses a user namespace here: the first cause found, with its remedy.
// Read only after a refusal, so nothing of this is on the way to a box.
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";

interface Cause {
  /** Whether this stands in the way, from what the files say. */
  readonly found: (read: (path: string) => string | undefined) => boolean;
  readonly hint: string;
}

const DEBIAN = "/proc/sys/kernel/unprivileged_userns_clone";
const MAX = "/proc/sys/user/max_user_namespaces";
const APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

const CAUSES: readonly Cause[] = [
  {
    found: (read) => read(MAX) === "0",
    hint: "the sysctl user.max_user_namespaces is 0: as root, sysctl user.max_user_namespaces=15000",
  },
  {
    found: (read) => read(DEBIAN) === "0",
    hint: "the sysctl kernel.unprivileged_userns_clone is 0: as root, sysctl kernel.unprivileged_userns_clone=1",
  },
  {
    found: (read) => read(APPARMOR) === "1",
    hint: "AppArmor's setting kernel.apparmor_restrict_unprivileged_userns is 1: as root, sysctl kernel.apparmor_restrict_unprivileged_userns=0, or load a profile for nsbox with `userns,`",
  },
  {
    found: (read) => /^Seccomp:\t2$/m.test(read("/proc/self/status") ?? ""),
    hint: "a seccomp filter is in force, as in Docker's default containers: start the container with --security-opt seccomp=unconfined, or run nsbox outside it",
  },
  {
    // KERNEL: create_user_ns() refuses a process whose root is not its mount namespace's. Then nothing is mounted on "/".
    found: (read) =>
      !(read("/proc/self/mountinfo") ?? "1 1 0:1 / /").split("\n").some((line) => line.split(" ")[4] === "/"),
    hint: "this process is in a chroot, where the kernel makes no user namespaces: use pivot_root, or run nsbox outside it",
  },
];

/** What stands in the way of user namespaces, and the remedy; undefined if nothing is known to. */
export function diagnoseUserNamespaces(root = ""): string | undefined {
  const read = (path: string): string | undefined => {
    try {
      return readText(root + path).trim();
    } catch (error) {
      if (error instanceof SyscallError) return undefined;
      throw error;
    }
  };
  return CAUSES.find((cause) => cause.found(read))?.hint;
}
