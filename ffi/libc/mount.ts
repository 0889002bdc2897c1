// mount(2) and umount2(2) for what nsbox itself mounts on the host; a box's mounts are made by its plan.
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { MNT, MS, UMOUNT } from "#ffi/uapi/mount.ts";
import { rawSyscall, syscall } from "./syscall.ts";

/** Shows what is at `source` at `target` too. Throws SyscallError. */
export function bindMount(source: string, target: string): void {
  syscall(target, "mount", source, target, 0, MS.BIND, 0);
}

/** No mount below this mount point is passed on to other mount namespaces, see mount_namespaces(7). */
export function makePrivate(mountPoint: string): void {
  syscall(mountPoint, "mount", 0, mountPoint, 0, MS.PRIVATE, 0);
}

/** Takes the topmost mount at this path away, also while it is in use; false if there is none. Throws SyscallError. */
export function unmount(path: string): boolean {
  const result = rawSyscall("umount2", path, MNT.DETACH | UMOUNT.NOFOLLOW);
  if (result === -errnoNumber("EINVAL")) return false;
  if (result < 0) syscall(path, "umount2", path, MNT.DETACH | UMOUNT.NOFOLLOW);
  return true;
}
