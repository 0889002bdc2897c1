// What lies around a network namespace: the others that processes are in, and the packet filter of yours. Read where it is
// first asked for, and once, however many processes are looked at.
import { listNumbers, readLinkAt } from "#ffi/libc/dir.ts";
import { closeFile, type Fd, openFile } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { parseNatRules, type NatRule } from "./groups/nat-rules.ts";
import { oldestOf } from "./descent.ts";
import type { Readable } from "./groups/group.ts";
import { gather } from "./groups/lists.ts";
import { parseStat, type Stat } from "./namespace-text.ts";
import { tryTextAt } from "./proc-dir.ts";

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
  /** PIDs by network namespace, ascending. */
  #members: ReadonlyMap<number, readonly number[]> | undefined;
  #rules: Readable<readonly NatRule[]> | undefined;

  /** This process. */
  get self(): Inhabitant {
    this.#self ??= { namespace: withProc((proc) => netnsOf(proc, "self")) ?? 0, pid: process.pid };
    return this.#self;
  }

  /** A process of each network namespace. */
  get inhabitants(): readonly Inhabitant[] {
    this.#inhabitants ??= firstOfEach(this.#membersOfAll());
    return this.#inhabitants;
  }

  /** Of those in a network namespace the one that the others descend from, of several the oldest. */
  firstIn(namespace: number): number | undefined {
    const pids = this.#membersOfAll().get(namespace) ?? [];
    return pids.length < 2 ? pids[0] : withProc((proc) => oldestOf(gather(pids, (pid) => readStat(proc, pid))));
  }

  #membersOfAll(): ReadonlyMap<number, readonly number[]> {
    this.#members ??= readMembers();
    return this.#members;
  }

  get natRules(): Readable<readonly NatRule[]> {
    this.#rules ??= readNatRules();
    return this.#rules;
  }
}

function firstOfEach(members: ReadonlyMap<number, readonly number[]>): readonly Inhabitant[] {
  const inhabitants: Inhabitant[] = [];
  for (const [namespace, [pid]] of members) if (pid !== undefined) inhabitants.push({ namespace, pid });
  return inhabitants;
}

function withProc<T>(use: (proc: Fd) => T): T {
  const proc = openFile("/proc", O.RDONLY);
  try {
    return use(proc);
  } finally {
    closeFile(proc);
  }
}

function readMembers(): ReadonlyMap<number, readonly number[]> {
  return withProc((proc) => {
    const found = new Map<number, number[]>();
    for (const pid of listNumbers(proc).toSorted((a, b) => a - b)) {
      const namespace = netnsOf(proc, String(pid));
      if (namespace === undefined) continue;
      const known = found.get(namespace);
      if (known === undefined) found.set(namespace, [pid]);
      else known.push(pid);
    }
    return found;
  });
}

/** Nothing where it has ended. */
function readStat(proc: Fd, pid: number): readonly (Stat & { readonly pid: number })[] {
  const text = tryTextAt(proc, `${pid}/stat`);
  return typeof text === "number" ? [] : [{ pid, ...parseStat(text) }];
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
  const { exitCode, stdout, stderr } = Bun.spawnSync([nft, "list", "ruleset"], { stdin: "ignore", env: process.env });
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
