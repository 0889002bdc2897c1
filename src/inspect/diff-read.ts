// /proc/PID → what `diff` compares, beyond what `inspect` reads. What may not be read becomes a value that says so.
import { readFileSync, readlinkSync, statSync } from "node:fs";
import type { ComparedProcess, ComparedView, FilePlace } from "./diff-view.ts";
import { parseEnvNames, parseRlimits } from "./parse-limits.ts";
import { parseMountinfo } from "./parse-mountinfo.ts";
import type { Readable } from "./groups/group.ts";
import type { ProcessView } from "./process-view.ts";
import { readProcess } from "./read-process.ts";
import { peek } from "#src/run/peek.ts";

/** All that is compared of one process. Throws NsboxError ESPEC if there is none with this PID. */
export function readCompared(pid: number): ComparedProcess {
  const view = viewOf(readProcess(pid, peek));
  const at = (name: string): string => `/proc/${pid}/${name}`;
  const read = <T>(name: string, parse: (text: string) => T): Readable<T> =>
    attempt(() => parse(readFileSync(at(name), "utf8")));
  const place = (name: string): Readable<FilePlace> => attempt(() => readPlace(at(name)));
  return {
    view,
    root: place("root"),
    cwd: place("cwd"),
    exe: place("exe"),
    mounts: read("mountinfo", parseMountinfo),
    limits: read("limits", parseRlimits),
    envNames: read("environ", parseEnvNames),
  };
}

function viewOf({ identity, ids, confinement, namespaces, capabilities, cgroups }: ProcessView): ComparedView {
  return { ...identity, ...ids, ...confinement, namespaces: namespaces.list, capabilities, cgroups };
}

function readPlace(link: string): FilePlace {
  const path = readlinkSync(link);
  const { dev, ino } = statSync(link);
  return { path, device: deviceName(dev), inode: ino };
}

/** KERNEL: new_encode_dev(), as stat(2) has it. */
function deviceName(dev: number): string {
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "you may not: it takes the process's owner, or privilege over its user namespace",
  EPERM: "you may not: it takes the process's owner, or privilege over its user namespace",
  ENOENT: "it has none, or this kernel does not show it",
  EINVAL: "it has ended, and waits to be reaped",
  ESRCH: "the process has ended",
};

function attempt<T>(read: () => T): Readable<T> {
  try {
    return { value: read() };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    return { unreadable: code, reason: REASONS[code] ?? "the kernel refuses it", help: "" };
  }
}
