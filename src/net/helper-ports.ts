// Ports that pasta publishes: what the very process that serves a box was started with.
import { listFolder, readLinkAt } from "#ffi/libc/dir.ts";
import { closeFile, type Fd, openFile, readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { parseIp } from "#ffi/uapi/inet.ts";
import type { PublishedPort } from "#src/spec/network.ts";

export interface HelperPorts {
  readonly program: string;
  readonly pid: number;
  readonly ports: readonly PublishedPort[];
}

const PROGRAMS: readonly string[] = ["pasta", "pasta.avx2", "passt", "slirp4netns"];
const FLAGS: Readonly<Record<string, PublishedPort["protocol"]>> = { "--tcp-ports": "tcp", "--udp-ports": "udp" };

/** What serves the network namespace with this name; undefined where nothing does. */
export function findHelperPorts(netns: string): HelperPorts | undefined {
  // Not by node:fs: inspect loads this, and that costs a millisecond.
  const proc = openFile("/proc", O.RDONLY);
  try {
    for (const entry of listFolder(proc)) {
      if (!/^\d+$/.test(entry)) continue;
      const words = readWords(entry);
      const program = words[0]?.split("/").at(-1) ?? "";
      if (!PROGRAMS.includes(program)) continue;
      const box = words.findLast((word) => /^\d+$/.test(word)) ?? "";
      if (linkAt(proc, `${box}/ns/net`) !== netns || !isTrusted(readIfThere(`/proc/${entry}/status`))) continue;
      return { program, pid: Number(entry), ports: parseHelperPorts(words) };
    }
    return undefined;
  } finally {
    closeFile(proc);
  }
}

/** The ports in the words that pasta was started with. Pure. */
export function parseHelperPorts(words: readonly string[]): readonly PublishedPort[] {
  return words.flatMap((word, n) => {
    const protocol = FLAGS[word];
    const match = /^(?:([0-9a-fA-F:.]+)\/)?(\d{1,5}):(\d{1,5})$/.exec(words[n + 1] ?? "");
    if (protocol === undefined || match === null) return [];
    const [, hostIp, hostPort, boxPort] = match;
    if (hostIp !== undefined && parseIp(hostIp) === undefined) return [];
    return [{ protocol, hostIp, hostPort: Number(hostPort), boxPort: Number(boxPort) }];
  });
}

/**
 * SECURITY: anybody can call a process of his pasta, a box too: only one of root's or of the caller's is believed, and
 * none that is in another PID namespace than the caller. All of that stands in /proc/PID/status.
 */
function isTrusted(status: string): boolean {
  const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? "NaN");
  const isHere = /^NSpid:\t\d+$/m.test(status);
  return isHere && (uid === 0 || uid === process.geteuid?.());
}

function readWords(pid: string): readonly string[] {
  return readIfThere(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
}

function readIfThere(path: string): string {
  return unlessGone(() => readText(path)) ?? "";
}

function linkAt(proc: Fd, path: string): string | undefined {
  return unlessGone(() => readLinkAt(proc, path));
}

/** undefined of what has ended, or is not for this user to see. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyscallError && GONE.some((name) => error.is(name))) return undefined;
    throw error;
  }
}

const GONE = ["ENOENT", "ESRCH", "EACCES", "EPERM"] as const;
