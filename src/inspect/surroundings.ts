// What lies around a network namespace: the others that processes are in, and the packet filter of yours. Read where it is
// first asked for, and once, however many processes are looked at.
import { listFolder, readLinkAt } from "#ffi/libc/dir.ts";
import { closeFile, type Fd, openFile } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { parseNatRules, type NatRule } from "./groups/nat-rules.ts";
import type { Readable } from "./groups/group.ts";

/** A process in a network namespace. */
export interface Inhabitant {
  readonly namespace: number;
  readonly pid: number;
}

/** nft is seldom in the PATH of who is not root. */
const SBIN = "/usr/sbin:/sbin";

export class Surroundings {
  #self: Inhabitant | undefined;
  #inhabitants: readonly Inhabitant[] | undefined;
  #rules: Readable<readonly NatRule[]> | undefined;

  /** This process. */
  get self(): Inhabitant {
    this.#self ??= { namespace: withProc((proc) => netnsOf(proc, "self")) ?? 0, pid: process.pid };
    return this.#self;
  }

  /** The first process of each network namespace. */
  get inhabitants(): readonly Inhabitant[] {
    this.#inhabitants ??= readInhabitants();
    return this.#inhabitants;
  }

  get natRules(): Readable<readonly NatRule[]> {
    this.#rules ??= readNatRules();
    return this.#rules;
  }
}

function withProc<T>(use: (proc: Fd) => T): T {
  const proc = openFile("/proc", O.RDONLY);
  try {
    return use(proc);
  } finally {
    closeFile(proc);
  }
}

function readInhabitants(): readonly Inhabitant[] {
  return withProc((proc) => {
    const found = new Map<number, number>();
    const pids = listFolder(proc).filter((name) => /^\d+$/.test(name));
    for (const pid of pids.map(Number).sort((a, b) => a - b)) {
      const namespace = netnsOf(proc, String(pid));
      if (namespace !== undefined && !found.has(namespace)) found.set(namespace, pid);
    }
    return [...found].map(([namespace, pid]) => ({ namespace, pid }));
  });
}

/** undefined where it has ended, or may not be looked at. */
function netnsOf(proc: Fd, name: string): number | undefined {
  try {
    return Number(/\[(\d+)\]/.exec(readLinkAt(proc, `${name}/ns/net`))?.[1] ?? 0);
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

function readNatRules(): Readable<readonly NatRule[]> {
  const nft = Bun.which("nft", { PATH: `${process.env["PATH"] ?? ""}:${SBIN}` });
  if (nft === null) return { unreadable: "ENOENT", reason: "nft, which tells of them, is not installed", help: "" };
  const { exitCode, stdout, stderr } = Bun.spawnSync([nft, "list", "ruleset"], { stdin: "ignore" });
  if (exitCode === 0) return { value: parseNatRules(stdout.toString()) };
  const denied = /not permitted/i.test(stderr.toString());
  return {
    unreadable: denied ? "EPERM" : `exit code ${exitCode}`,
    reason: denied
      ? "rules of a network namespace are told to its root alone"
      : `nft said: ${stderr.toString().trim()}`,
    help: denied ? "root may" : "",
  };
}
