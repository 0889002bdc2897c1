import { describe, expect, test } from "bun:test";
import { type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";
import { findHint } from "#src/hints.ts";

const hintOf = (kind: string, errno: ErrnoName, operand?: string): string | undefined =>
  findHint({ syscall: "x", errno: errnoNumber(errno), kind, operand });

describe("findHint()", () => {
  test.each<[kind: string, errno: ErrnoName, operand: string | undefined, hint: string]>([
    ["clone", "EPERM", undefined, "kernel.unprivileged_userns_clone=1"],
    ["clone", "EPERM", undefined, "kernel.apparmor_restrict_unprivileged_userns=0"],
    ["clone", "EPERM", undefined, "seccomp filter"],
    ["clone", "ENOSPC", undefined, "user.max_user_namespaces"],
    ["clone", "EUSERS", undefined, "32 deep"],
    ["clone", "EAGAIN", undefined, "ulimit -u"],
    ["clone", "EINVAL", undefined, "lacks one of these namespaces"],
    ["time-namespace", "EINVAL", undefined, "Linux 5.6"],
    ["time-namespace", "ERANGE", undefined, "below 0"],
    ["own-id-map", "EPERM", undefined, "AppArmor"],
    ["own-id-map", "EACCES", undefined, "AppArmor"],
    ["private-mounts", "EACCES", undefined, "AppArmor"],
    ["new-filesystem", "EPERM", "proc", "--proc bind"],
    ["new-filesystem", "EPERM", "sysfs", "--proc bind"],
    ["new-filesystem", "EINVAL", "overlay", "Linux 5.11"],
    ["new-filesystem", "EINVAL", "upperdir", "--overlay-dir"],
    ["new-filesystem", "ENODEV", "mqueue", "no such file system"],
    ["new-filesystem", "ENOSYS", undefined, "Linux 5.12"],
    ["open-tree", "ENOSYS", undefined, "Linux 5.12"],
    ["open-tree", "ENOENT", "/x", "exists on the host"],
    ["open-tree", "EACCES", "/x", "may not reach"],
    ["attach", "ENOTDIR", "/x", "a folder can only be mounted on a folder"],
    ["attach", "ENOENT", "/x", "leads out of the box's root"],
    ["attach", "ELOOP", "/x", "loop of symbolic links"],
    ["mkdir", "EROFS", "/x", "--overlay"],
    ["touch", "EROFS", "/x", "--overlay"],
    ["mkdir", "EACCES", "/x", "may not make folders"],
    ["touch", "EACCES", "/x", "may not make files"],
    ["mkdir", "ENOTDIR", "/x", "is not a folder"],
    ["chdir", "ENOENT", "/x", "--workdir"],
    ["seccomp", "EPERM", undefined, "leave out --allow-new-privs"],
    ["seccomp", "EINVAL", undefined, "CONFIG_SECCOMP_FILTER"],
    ["seccomp", "ENOMEM", undefined, "a shorter profile"],
    ["session-keyring", "EDQUOT", undefined, "--seccomp default"],
    ["exec", "EPERM", "/x", "refuses execve"],
    ["chdir", "EACCES", "/x", "--workdir"],
    ["chdir", "ENOTDIR", "/x", "--workdir"],
    ["set-ids", "EINVAL", undefined, "--uid-map and --gid-map"],
    ["rlimit", "EPERM", undefined, "only be lowered"],
    ["rlimit", "EINVAL", undefined, "soft limit"],
    ["close-files", "EBADF", undefined, "--pass-fd"],
    ["join", "EPERM", undefined, "--userns PID"],
    ["join", "EINVAL", undefined, "not such a namespace"],
    ["exec", "EACCES", "/x", "chmod +x"],
    ["exec", "ENOEXEC", "/x", "#!"],
    ["exec", "ENOENT", "/bin/x", "does not exist inside the box"],
    ["exec", "E2BIG", "/x", "too long"],
  ])("of %s with %s on %p says what to do: %s", (kind, errno, operand, hint) => {
    expect(hintOf(kind, errno, operand)).toContain(hint);
  });

  test.each<[kind: string, errno: ErrnoName, operand: string | undefined]>([
    ["new-filesystem", "EPERM", "tmpfs"],
    ["new-filesystem", "EINVAL", undefined],
    ["exec", "ENOENT", "plain"],
    ["exec", "ENOENT", undefined],
    ["clone", "EIO", undefined],
    ["bogus", "EPERM", undefined],
  ])("of %s with %s on %p says nothing rather than something wrong", (kind, errno, operand) => {
    expect(hintOf(kind, errno, operand)).toBeUndefined();
  });

  test("says nothing of an errno that Linux has not, or of a step that is not known", () => {
    expect(findHint({ syscall: "x", errno: 99999, kind: "clone", operand: undefined })).toBeUndefined();
    expect(
      findHint({ syscall: "clone", errno: errnoNumber("EPERM"), kind: undefined, operand: undefined }),
    ).toBeUndefined();
  });
});
