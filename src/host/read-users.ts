// Who has which uid, see passwd(5).
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";

/** Names of /etc/passwd by uid; of several, the first. Other sources of names are not asked. */
export function readUsers(): ReadonlyMap<number, string> {
  const users = new Map<number, string>();
  for (const line of readPasswd().split("\n")) {
    const [name = "", , uid = ""] = line.split(":");
    if (name !== "" && /^\d+$/.test(uid) && !users.has(Number(uid))) users.set(Number(uid), name);
  }
  return users;
}

function readPasswd(): string {
  try {
    return readText("/etc/passwd");
  } catch (error) {
    if (error instanceof SyscallError) return "";
    throw error;
  }
}
