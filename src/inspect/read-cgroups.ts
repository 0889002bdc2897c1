// The cgroups of a process, through whatever mounts of cgroup file systems we see ourselves.
import { closeFile } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { FIRST_FILES, LIMIT_FILES, limitsOf } from "./groups/cgroup-limits.ts";
import { gather, keep, mapList } from "./groups/lists.ts";
import { CGROUP_FILES, type CgroupView, findCgroup } from "./groups/cgroups.ts";
import { type MountInfo, parseMountinfo } from "./parse-mountinfo.ts";
import { openFolder, readTextOf, tryTextAt } from "./proc-dir.ts";
import { type CgroupLine, parseCgroups } from "./proc-text.ts";

/** `text` is that of /proc/PID/cgroup. */
export function readCgroups(text: string): readonly CgroupView[] {
  const yours = readCgroupMounts();
  return mapList(parseCgroups(text), (line) => {
    const folder = findCgroup(line, yours);
    const version = isSecond(line) ? 2 : 1;
    // KERNEL: the root of a hierarchy of version 1 has no limits.
    const first = line.path === "/" ? [] : gather(line.controllers, (name) => FIRST_FILES[name] ?? []);
    const names = version === 2 ? CGROUP_FILES : first;
    const files = folder === undefined || names.length === 0 ? {} : readFiles(folder, names);
    return { ...line, version, folder, files, above: readAbove(line, yours, version === 2 ? LIMIT_FILES : first) };
  });
}

/** Groups above that limit it. Those beyond the root of your cgroup namespace, or of the mount, are out of sight. */
function readAbove(line: CgroupLine, mounts: readonly MountInfo[], names: readonly string[]): CgroupView["above"] {
  const above: { readonly path: string; readonly files: Readonly<Record<string, string>> }[] = [];
  for (let { path } = line; path !== "/" && names.length > 0;) {
    path = path.slice(0, path.lastIndexOf("/")) || "/";
    const folder = findCgroup({ ...line, path }, mounts);
    if (folder === undefined) return above;
    const files = readFiles(folder, names);
    if (limitsOf(files).length > 0) above.push({ path, files });
  }
  return above;
}

/** Of the process that inspects. Only their lines are parsed: a machine may have hundreds of others. */
function readCgroupMounts(): readonly MountInfo[] {
  const lines = readTextOf("/proc/self/mountinfo").split("\n");
  return parseMountinfo(keep(lines, (line) => line.includes(" - cgroup")).join("\n"));
}

function isSecond({ hierarchy, controllers }: CgroupLine): boolean {
  return hierarchy === 0 && controllers.length === 0;
}

/** Those that are there: which ones depends on the controllers, and the root has hardly any. */
function readFiles(folder: string, names: readonly string[]): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  try {
    const dir = openFolder(folder);
    for (const name of names) {
      const text = tryTextAt(dir, name);
      if (typeof text === "string") files[name] = text.trim();
    }
    closeFile(dir);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  return files;
}
