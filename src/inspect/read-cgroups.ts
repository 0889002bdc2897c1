// The cgroups of a process, through whatever mounts of cgroup file systems we see ourselves.
import { closeFile, readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { CGROUP_FILES, type CgroupView, findCgroup } from "./groups/cgroups.ts";
import { type MountInfo, parseMountinfo } from "./parse-mountinfo.ts";
import { openFolder, optionalTextAt } from "./proc-dir.ts";
import { type CgroupLine, parseCgroups } from "./proc-text.ts";

/** `text` is that of /proc/PID/cgroup. */
export function readCgroups(text: string): readonly CgroupView[] {
  const yours = readCgroupMounts();
  return parseCgroups(text).map((line) => {
    const folder = findCgroup(line, yours);
    const version = isSecond(line) ? 2 : 1;
    return { ...line, version, folder, files: version === 2 && folder !== undefined ? readFiles(folder) : {} };
  });
}

/** Of the process that inspects. Only their lines are parsed: a machine may have hundreds of others. */
function readCgroupMounts(): readonly MountInfo[] {
  const lines = readText("/proc/self/mountinfo").split("\n");
  return parseMountinfo(lines.filter((line) => line.includes(" - cgroup")).join("\n"));
}

function isSecond({ hierarchy, controllers }: CgroupLine): boolean {
  return hierarchy === 0 && controllers.length === 0;
}

/** Those that are there: which ones depends on the controllers, and the root has hardly any. */
function readFiles(folder: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  try {
    const dir = openFolder(folder);
    for (const name of CGROUP_FILES) {
      const text = optionalTextAt(dir, name);
      if (text !== undefined) files[name] = text.trim();
    }
    closeFile(dir);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  return files;
}
