// A plan's tapes in the simulator, with a kernel that says yes, or no at one record.
import { assemble, type Tape } from "#ffi/tape/assemble.ts";
import { type Kernel, type Memory, type Outcome, ProcessEnd, simulate } from "#ffi/tape/simulate.ts";
import { syscallName } from "#ffi/uapi/syscalls.ts";
import { lowerCommand, lowerInit, lowerLaunch, type LoweredTape } from "#src/plan/lower-plan.ts";
import { COMMAND } from "#src/plan/steps/init.ts";
import type { Plan } from "#src/plan/plan.ts";

export const BASE = 0x10000;
const FDS = {
  report: 90,
  "report-reader": 91,
  "init-image": 92,
  go: 93,
  "go-writer": 94,
  "terminal-socket": 95,
  "egress-socket": 98,
  "tree-socket": 99,
  "tree-writer": 89,
  null: 101,
  log: 102,
  status: 103,
  "listener-socket": 109,
  "log-end": 104,
  "log-times": 105,
  "log-pipe": 106,
  "log-out": 107,
  "log-sink": 108,
  "join-net": 96,
  "join-user": 97,
};

/** A plan's tape, ready to run anywhere that knows BASE. */
export function placeTape(lowered: LoweredTape, base: number, labels: Readonly<Record<string, number>>): Tape {
  return assemble(lowered.calls, { arch: "x64", base, fds: FDS, fdBase: 700, failStatus: 125, labels });
}

export interface SimulatedTape {
  readonly name: "launch" | "init" | "command";
  readonly lowered: LoweredTape;
  readonly tape: Tape;
}

function place(
  name: SimulatedTape["name"],
  lowered: LoweredTape,
  base: number = BASE,
  labels: Readonly<Record<string, number>> = {},
): SimulatedTape {
  return { name, lowered, tape: placeTape(lowered, base, labels) };
}

/** All tapes of a plan; the init's only where there is one. */
export function planTapes(plan: Plan): readonly SimulatedTape[] {
  const launch = place("launch", lowerLaunch(plan));
  if (plan.init.length === 0) return [launch];
  const command = place("command", lowerCommand(plan), 0x80000);
  return [launch, place("init", lowerInit(plan), BASE, { [COMMAND]: command.tape.entry }), command];
}

export interface Run {
  readonly outcome: Outcome;
  /** The bytes of each write to the report. */
  readonly reports: readonly Uint8Array[];
  /** Names of the calls issued. */
  readonly calls: readonly string[];
}

export interface RunOptions {
  /** This record fails with this (positive) errno. */
  readonly failRecord?: number;
  readonly errno?: number;
  /** Which side of a clone the simulation follows. */
  readonly side: "parent" | "child";
}

const EXEC = ["execve", "execveat"];

/** Runs a tape to its exec, its end, or its return. */
export function runTape(tape: Tape, options: RunOptions): Run {
  const reports: Uint8Array[] = [];
  const calls: string[] = [];
  let signals = 0;
  const kernel: Kernel = (nr, args, memory, record) => {
    const name = syscallName("x64", nr) ?? String(nr);
    calls.push(name);
    if (record === options.failRecord) return -BigInt(options.errno ?? 5);
    if (name === "exit_group") throw new ProcessEnd(Number((args[0] ?? 0n) & 0xffn));
    if (EXEC.includes(name)) throw new ProcessEnd(0);
    if (name === "write" && Number(args[0]) === FDS.report) reports.push(bytesAt(memory, args));
    if (name.startsWith("clone")) return options.side === "child" ? 0n : 4321n;
    if (name === "rt_sigtimedwait") return [15n, 17n][signals++] ?? 17n;
    if (name === "waitid") return waitid(memory, Number(args[2]));
    if (name === "recvmsg") return 1n;
    if (name === "read" || name === "write") return args[2] ?? 0n;
    if (["fsopen", "fsmount", "open_tree", "openat", "socket", "setsid"].includes(name)) return 7n;
    return 0n;
  };
  const outcome = simulate({ ...tape, bytes: tape.bytes.slice() }, kernel);
  return { outcome, reports, calls };
}

function bytesAt(memory: Memory, args: readonly bigint[]): Uint8Array {
  const at = Number(args[1]) - memory.base;
  return new Uint8Array(memory.view.buffer, memory.view.byteOffset + at, Number(args[2])).slice();
}

/** The command, pid 4321, was killed by signal 9. */
function waitid(memory: Memory, address: number): bigint {
  if (address === 0) return 0n;
  const at = address - memory.base;
  memory.view.setInt32(at + 8, 2, true); // CLD_KILLED
  memory.view.setInt32(at + 16, 4321, true);
  memory.view.setInt32(at + 24, 9, true);
  return 0n;
}
