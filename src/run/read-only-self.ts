// nsbox's own executable, out of reach of whatever it starts next.
//
// Until it becomes the command, the process that enters a container is this executable: a command that leads back to it,
// such as a script for /proc/self/exe, gets it opened inside, and root in there could write to it (CVE-2019-5736). The
// init of a box is a sealed file of its own; where there is none, this process first becomes the same executable by way
// of a mount that can't be written through.
import { asFd, closeFile, fillAndSeal, type Fd, openFile, openMemfd } from "#ffi/libc/fd.ts";
import { execFile } from "#ffi/libc/exec.ts";
import { setSignalMask } from "#ffi/libc/process.ts";
import { rawSyscall, syscall } from "#ffi/libc/syscall.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { MOUNT_ATTR, MOUNT_ATTR_STRUCT, OPEN_TREE } from "#ffi/uapi/mount.ts";

const SELF = "/proc/self/exe";
const W_OK = 2;
const STATFS_BYTES = 120;
/** f_flags of struct statfs, the same on x86-64 and arm64. */
const F_FLAGS = 80;
const ST_RDONLY = 1n;

/** Returns where nobody can write to the executable as this user, or never; `mask` is what the caller had blocked. */
export function becomeReadOnly(mask: bigint): void {
  if (rawSyscall("faccessat2", AT.FDCWD, SELF, W_OK, AT.EACCESS) !== 0 || isOnReadOnlyMount()) return;
  const file = openReadOnlyMount() ?? openSealedCopy();
  setSignalMask(mask);
  const env = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  execFile(file, [process.argv0, ...process.argv.slice(2)], env);
}

/** A sealed memfd can't be written to either, and says so to nobody who asks for access: it is known by its name. */
function isOnReadOnlyMount(): boolean {
  const file = openFile(SELF, O.RDONLY);
  const bytes = new Uint8Array(STATFS_BYTES);
  const result = rawSyscall("fstatfs", file, bytes);
  const seals = rawSyscall("fcntl", file, F_GET_SEALS);
  closeFile(file);
  const flags = new DataView(bytes.buffer).getBigUint64(F_FLAGS, true);
  return (result === 0 && (flags & ST_RDONLY) !== 0n) || (seals > 0 && (seals & F_SEAL_WRITE) !== 0);
}

const F_GET_SEALS = 1034;
const F_SEAL_WRITE = 8;

/** Only who may mount can have it. */
function openReadOnlyMount(): Fd | undefined {
  const number = rawSyscall("open_tree", AT.FDCWD, SELF, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC);
  if (number < 0) return undefined;
  const tree = asFd(number);
  const attr = MOUNT_ATTR_STRUCT.pack({ attr_set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID });
  if (rawSyscall("mount_setattr", tree, "", AT.EMPTY_PATH, attr, attr.length) === 0) return tree;
  closeFile(tree);
  return undefined;
}

const CHUNK = 1 << 30;

/** Costs as much memory as the executable is large, until the command runs. Throws SyscallError. */
function openSealedCopy(): Fd {
  const self = openFile(SELF, O.RDONLY);
  const copy = openMemfd("nsbox");
  while (syscall("this program", "sendfile", copy, self, 0, CHUNK) > 0);
  fillAndSeal(copy, new Uint8Array(0));
  closeFile(self);
  return copy;
}
