// Plan → text for people: every process, every step, every call with its flags by name.
import type { Arg, Call } from "#ffi/tape/call.ts";
import { CLONE } from "#ffi/uapi/clone.ts";
import { AT, CLOSE_RANGE, F, O } from "#ffi/uapi/fcntl.ts";
import { flagNames } from "#ffi/uapi/flags.ts";
import { TIOC } from "#ffi/uapi/ioctl.ts";
import { FSCONFIG, MNT, MOUNT_ATTR, MOVE_MOUNT, MS, OPEN_TREE } from "#ffi/uapi/mount.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SECCOMP } from "#ffi/uapi/seccomp.ts";
import { SIG_HOW } from "#ffi/uapi/signal.ts";
import { lowerCommand, lowerInit, lowerLaunch, type LoweredTape, type Origin, planSteps } from "./lower-plan.ts";
import type { Actor, Plan } from "./plan.ts";
import { explainLauncherStep, type LauncherStep } from "./steps/launch.ts";
import { explainStep, phaseOf, type Step } from "./steps.ts";

/** What each process is, above its steps. */
const ACTOR_MEANING: Readonly<Record<Actor, string>> = {
  launcher: "nsbox itself, outside",
  join: "a helper that enters existing namespaces and makes the box from there",
  setup: "the box's first process, in its new namespaces, before it runs anything",
  init: "what that process becomes: PID 1 of the box",
  command: "a child of the init (or the first process itself, without one), up to its exec",
};

/** One step as plain data: what `--dry-run --json` prints. */
export interface ExplainedStep {
  readonly process: Actor;
  readonly index: number;
  readonly phase: string;
  readonly kind: string;
  readonly explain: string;
  readonly calls: readonly string[];
}

/** Every step of a plan with its calls. */
export function explainSteps(plan: Plan): readonly ExplainedStep[] {
  const calls = callsByStep(plan);
  return planSteps(plan).map(({ actor, index, step }) => ({
    process: actor,
    index,
    phase: actor === "launcher" ? "launch" : phaseOf(step as Step), // launcher steps stand under no other actor
    kind: step.kind,
    explain: actor === "launcher" ? explainLauncherStep(step as LauncherStep) : explainStep(step as Step), // as above
    calls: calls.get(key({ actor, index })) ?? [],
  }));
}

function key({ actor, index }: Origin): string {
  return `${actor} ${index}`;
}

function callsByStep(plan: Plan): ReadonlyMap<string, readonly string[]> {
  const calls = new Map<string, string[]>();
  const tapes: readonly LoweredTape[] =
    plan.init.length > 0 ? [lowerLaunch(plan), lowerInit(plan), lowerCommand(plan)] : [lowerLaunch(plan)];
  for (const { calls: list, origins } of tapes) {
    for (const [n, call] of list.entries()) {
      const origin = origins[n];
      if (origin === undefined) continue;
      const texts = calls.get(key(origin)) ?? [];
      texts.push(explainCall(call));
      calls.set(key(origin), texts);
    }
  }
  return calls;
}

/** The whole plan as text. */
export function explainPlan(plan: Plan): string {
  const lines: string[] = [];
  let actor: Actor | undefined;
  for (const step of explainSteps(plan)) {
    if (step.process !== actor) {
      actor = step.process;
      lines.push(...(lines.length > 0 ? [""] : []), `${actor}: ${ACTOR_MEANING[actor]}`);
    }
    lines.push(`  ${String(step.index).padStart(3)}  ${step.phase.padEnd(10)}  ${step.explain}`);
    for (const call of step.calls) lines.push(`${" ".repeat(19)}${call}`);
  }
  return `${lines.join("\n")}\n`;
}

type Decoder = (word: number) => string;
const hex: Decoder = (word) => `0x${word.toString(16)}`;
const octal: Decoder = (word) => `0${word.toString(8)}`;

function flags(table: Readonly<Record<string, number>>, prefix: string): Decoder {
  return (word) => flagNames(table, prefix, word);
}

/** The one name with exactly this value. */
function name(table: Readonly<Record<string, number>>, prefix: string): Decoder {
  return (word) => {
    const found = Object.entries(table).find(([, value]) => value === word);
    return found === undefined ? String(word) : prefix + found[0];
  };
}

const at: Decoder = (word) => (word === AT.FDCWD ? "AT_FDCWD" : String(word));
const openTreeFlags = flags({ ...OPEN_TREE, AT_RECURSIVE: AT.RECURSIVE, AT_EMPTY_PATH: AT.EMPTY_PATH }, "");

/** How the words of each call are shown; a call or word not named here is shown as a number. */
const DECODERS: Readonly<Record<string, readonly (Decoder | undefined)[]>> = {
  clone: [flags(CLONE, "CLONE_")],
  clone3: [flags(CLONE, "CLONE_")],
  setns: [undefined, flags(CLONE, "CLONE_")],
  unshare: [flags(CLONE, "CLONE_")],
  openat: [at, undefined, flags(O, "O_"), octal],
  open_tree: [at, undefined, openTreeFlags],
  move_mount: [at, undefined, at, undefined, flags(MOVE_MOUNT, "MOVE_MOUNT_")],
  mount_setattr: [
    at,
    undefined,
    flags({ AT_EMPTY_PATH: AT.EMPTY_PATH, AT_RECURSIVE: AT.RECURSIVE }, ""),
    flags(MOUNT_ATTR, "MOUNT_ATTR_"),
  ],
  landlock_create_ruleset: [hex],
  rt_sigprocmask: [name(SIG_HOW, "SIG_")],
  fsconfig: [undefined, name(FSCONFIG, "FSCONFIG_")],
  fsmount: [undefined, undefined, flags(MOUNT_ATTR, "MOUNT_ATTR_")],
  mount: [undefined, undefined, undefined, flags(MS, "MS_")],
  umount2: [undefined, flags(MNT, "MNT_")],
  mkdirat: [at, undefined, octal],
  fchmodat: [at, undefined, octal],
  mknodat: [at, undefined, octal],
  symlinkat: [undefined, at],
  prctl: [name(PR, "PR_")],
  umask: [octal],
  seccomp: [name(SECCOMP, "SECCOMP_")],
  fcntl: [undefined, name(F, "F_")],
  ioctl: [undefined, name(TIOC, "TIOC")],
  close_range: [undefined, hex, flags(CLOSE_RANGE, "CLOSE_RANGE_")],
};

/** One call as strace(1) would show it. */
export function explainCall(call: Call): string {
  const decoders = DECODERS[call.name] ?? [];
  const args = call.args.map((arg, n) => explainArg(arg, decoders[n]));
  const tolerated = (call.cases ?? []).flatMap((row) => (typeof row.equals === "string" ? [row.equals] : []));
  const named = call.as === undefined ? "" : ` = <${call.as}>`;
  return `${call.name}(${args.join(", ")})${named}${tolerated.length > 0 ? `  or ${tolerated.join(", ")}` : ""}`;
}

const TEXT_MAX = 72;

function explainArg(arg: Arg, decode: Decoder | undefined): string {
  if (typeof arg === "number") return decode === undefined ? String(arg) : decode(arg);
  if (typeof arg === "bigint") return `0x${arg.toString(16)}`;
  if (typeof arg === "string") return JSON.stringify(arg);
  if (arg instanceof Uint8Array) return explainBytes(arg);
  switch (arg.kind) {
    case "fd":
      return `<${arg.name}>`;
    case "strings":
      return shorten(JSON.stringify(arg.texts));
    case "words":
      return `{${arg.words.map((word, n) => explainArg(word, n === 0 ? decode : undefined)).join(", ")}}`;
    case "memory":
      return `&${arg.name}`;
    case "failure":
      return "&failure";
    case "address":
      return `&${arg.label}`;
    case "result":
      return `result of ${arg.label}`;
  }
}

function shorten(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…`;
}

function explainBytes(bytes: Uint8Array): string {
  const isText = bytes.length > 0 && bytes.every((byte) => byte === 10 || (byte >= 32 && byte < 127));
  return isText ? shorten(JSON.stringify(new TextDecoder().decode(bytes))) : `{${bytes.length} bytes}`;
}
