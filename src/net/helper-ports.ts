// Ports that pasta publishes: what the very process that serves a box was started with.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
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
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const words = readWords(entry);
    const program = words[0]?.split("/").at(-1) ?? "";
    if (!PROGRAMS.includes(program)) continue;
    const box = words.findLast((word) => /^\d+$/.test(word)) ?? "";
    if (linkOf(`/proc/${box}/ns/net`) !== netns || !isTrusted(readIfThere(`/proc/${entry}/status`))) continue;
    return { program, pid: Number(entry), ports: parseHelperPorts(words) };
  }
  return undefined;
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
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isGone(error)) return "";
    throw error;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** It has ended, or is not for this user to see. */
function isGone(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && ["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(String(error.code))
  );
}
