// Which process of a box has a connection: by its port in the box's network namespace, see proc_pid_net(5).
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { asFd, closeFile } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";

export interface BoxProcess {
  /** As seen from outside. */
  readonly pid: number;
  readonly command: string;
}

/** ioctl of a socket: a descriptor of its network namespace, see linux/sockios.h. */
const SIOCGSKNS = 0x894c;

/** A function that tells who has a port of the loopback of the namespace that this socket is in. */
export function processFinder(socket: number): (port: number) => BoxProcess | undefined {
  const namespace = asFd(rawSyscall("ioctl", socket, SIOCGSKNS));
  if (namespace < 0) return () => undefined;
  const name = readLink(`/proc/self/fd/${namespace}`);
  closeFile(namespace);
  return (port) => (name === undefined ? undefined : findProcess(name, port));
}

function findProcess(namespace: string, port: number): BoxProcess | undefined {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  const inside = pids.filter((pid) => readLink(`/proc/${pid}/ns/net`) === namespace);
  const [first] = inside;
  const inode = first === undefined ? undefined : socketInode(readFile(`/proc/${first}/net/tcp`), port);
  if (inode === undefined) return undefined;
  const owner = inside.find((pid) => hasFile(pid, `socket:[${inode}]`));
  if (owner === undefined) return undefined;
  const command = readFile(`/proc/${owner}/cmdline`).replace(/\0$/, "").replaceAll("\0", " ");
  return { pid: Number(owner), command };
}

/** The inode of the socket with this local port, from the text of /proc/net/tcp. */
export function socketInode(text: string, port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.find(([, local]) => local?.endsWith(suffix) === true)?.[9];
}

function hasFile(pid: string, target: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readLink(`/proc/${pid}/fd/${fd}`) === target);
  } catch {
    return false; // it has ended
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // it has ended, or is another's
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended
  }
}
