// Steps that confine by other means than namespaces: Landlock, keyrings, a process that can't be traced.
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { KEYCTL } from "#ffi/uapi/keyctl.ts";
import {
  LANDLOCK_ACCESS_FS as FS,
  LANDLOCK_ACCESS_NET as NET,
  LANDLOCK_RULE,
  LANDLOCK_RULESET_ATTR,
  LANDLOCK_SCOPE as SCOPE,
} from "#ffi/uapi/landlock.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SECCOMP, SOCK_FILTER } from "#ffi/uapi/seccomp.ts";
import { timespec } from "#ffi/uapi/timespec.ts";
import { type Arg, type Call, call, type CallOptions, fd, result, tolerate, words } from "#ffi/tape/call.ts";
import type { Landlock, LandlockRule, Seccomp } from "#src/spec/spec.ts";
import { quote, type StepKind } from "../step.ts";
import { sendResultCall } from "./files.ts";

/** Possess no key of the caller's: a session keyring of the box's own, see session-keyring(7). */
export interface KeyringStep {
  readonly kind: "session-keyring";
  /** The box can't read keys anyway, and may go without where the caller's quota of keys is used up. */
  readonly optional: boolean;
}

export const keyringStep: StepKind<KeyringStep> = {
  phase: "identity",
  explain: (step) => `have a session keyring of its own${step.optional ? ", if the quota of keys allows it" : ""}`,
  // KERNEL: an ordinary user may have 200 keys, see keyrings(7). EPERM: a filter around, which the box inherits.
  lower: (step) => (step.optional ? [joinCall(tolerate("EDQUOT", "EPERM"))] : patientJoinCalls()),
};

const JOINED = "keyring joined";

/** KERNEL: the keyring of a process that has ended counts until RCU lets go of its credentials: busy, for seconds. */
const PAUSES_MS = [20, 80, 300, 1000, 3000] as const;

function joinCall(options: CallOptions = {}): Call {
  return call("keyctl", [KEYCTL.JOIN_SESSION_KEYRING, 0], options);
}

/** Waits for those of boxes that have just ended, where there are no more to be had. */
function patientJoinCalls(): readonly Call[] {
  return [
    ...PAUSES_MS.flatMap((ms) => [
      joinCall({ ...tolerate("EDQUOT"), then: JOINED }),
      call("nanosleep", [timespec(ms), 0]),
    ]),
    joinCall(),
    call("getpid", [], { label: JOINED }),
  ];
}

/** Can't be traced or read by what lives in the namespaces it enters (CVE-2016-9962). */
export interface NotDumpableStep {
  readonly kind: "not-dumpable";
  /** Said by the command while it shares the init's memory; its exec makes it one that can be traced again. */
  readonly forInit?: true;
}

export const notDumpableStep: StepKind<NotDumpableStep> = {
  phase: "join",
  explain: ({ forInit }) =>
    forInit === true
      ? "let nobody trace the init, whose memory this still is (PR_SET_DUMPABLE 0)"
      : "let no process of the namespaces it enters trace it (PR_SET_DUMPABLE 0)",
  lower: () => [call("prctl", [PR.SET_DUMPABLE, 0, 0, 0, 0])],
};

/** A second wall behind the mounts, which the kernel keeps even for a process that gets around them; landlock(7). */
export interface LandlockStep {
  readonly kind: "landlock";
  readonly abi: number;
  readonly rules: Landlock;
  /** Its rules have been made by a step before. */
  readonly ruled?: true;
}

/** Make Landlock's rules, which hold from the step on that is about that. */
export interface LandlockRulesStep extends Omit<LandlockStep, "kind" | "ruled"> {
  readonly kind: "landlock-rules";
}

const READ = FS.READ_FILE | FS.READ_DIR | FS.EXECUTE;
/** Rights that a rule for a single file may name. */
const OF_FILES = FS.EXECUTE | FS.WRITE_FILE | FS.READ_FILE | FS.TRUNCATE | FS.IOCTL_DEV;
/** The rights that each ABI brought; what a kernel doesn't know must not be asked of it. */
const FS_SINCE: readonly (readonly [abi: number, rights: number])[] = [
  [1, 0x1fff],
  [2, FS.REFER],
  [3, FS.TRUNCATE],
  [5, FS.IOCTL_DEV],
];
const NET_ABI = 4;
const SCOPE_ABI = 6;

/** Every right over files that this ABI knows. */
export function landlockRights(abi: number): number {
  let all = 0;
  for (const [since, rights] of FS_SINCE) if (abi >= since) all |= rights;
  return all;
}

const OF_PASSED = {
  read: FS.READ_FILE | FS.IOCTL_DEV,
  write: FS.WRITE_FILE | FS.TRUNCATE | FS.IOCTL_DEV,
  both: FS.READ_FILE | FS.WRITE_FILE | FS.TRUNCATE | FS.IOCTL_DEV,
} as const;

function rightsOf(rule: LandlockRule, abi: number): number {
  const known = landlockRights(abi);
  if ("fd" in rule) return OF_PASSED[rule.access] & known;
  const rights = rule.writable ? known : READ;
  return rule.isFile ? rights & OF_FILES : rights;
}

const RULESET = "landlock ruleset";

// struct landlock_path_beneath_attr: a word of rights, an int that is the file.
function addRule(rights: number, file: Arg, options: CallOptions): Call {
  return call("landlock_add_rule", [fd(RULESET), LANDLOCK_RULE.PATH_BENEATH, words(rights, file), 0], options);
}

function ruleCalls(rule: LandlockRule, abi: number): readonly Call[] {
  const rights = rightsOf(rule, abi);
  // EBADFD: a pipe or socket, which no rule is needed for.
  if ("fd" in rule) return [addRule(rights, rule.fd, tolerate("EBADFD"))];
  const label = `landlock ${rule.path}`;
  return [call("openat", [AT.FDCWD, rule.path, O.PATH | O.CLOEXEC], { label }), addRule(rights, result(label), {})];
}

function rulesetCalls({ abi, rules }: Omit<LandlockStep, "kind">): readonly Call[] {
  // struct landlock_ruleset_attr: handled_access_fs, handled_access_net, scoped.
  const attr = words(
    rules.files === undefined ? 0 : landlockRights(abi),
    rules.tcp || abi < NET_ABI ? 0 : NET.BIND_TCP | NET.CONNECT_TCP,
    abi < SCOPE_ABI ? 0 : SCOPE.ABSTRACT_UNIX_SOCKET | SCOPE.SIGNAL,
  );
  const calls = [call("landlock_create_ruleset", [attr, LANDLOCK_RULESET_ATTR.size, 0], { as: RULESET })];
  for (const rule of rules.files ?? []) calls.push(...ruleCalls(rule, abi));
  return calls;
}

export const landlockRulesStep: StepKind<LandlockRulesStep> = {
  phase: "privileges",
  explain: () => "make the rules of Landlock",
  lower: rulesetCalls,
};

export const landlockStep: StepKind<LandlockStep> = {
  phase: "privileges",
  explain: ({ rules }) => {
    const writable = rules.files?.flatMap((rule) => ("path" in rule && rule.writable ? rule.path : []));
    const files = writable === undefined ? [] : [`write below ${writable.join(" ") || "nothing"} only`];
    const tcp = rules.tcp ? [] : ["use no TCP port"];
    return `with Landlock: ${[...files, ...tcp, "signal and name sockets among its own only"].join(", ")}`;
  },
  lower: (step) => [
    ...(step.ruled === true ? [] : rulesetCalls(step)),
    call("landlock_restrict_self", [fd(RULESET), 0]),
  ],
};

/** The socket that the listener of a filter is sent over: a file of LaunchOptions. */
export const LISTENER_SOCKET = "listener-socket";
const LISTENER = "listener";

/** Let the kernel look at every system call from here on, see seccomp(2). */
export interface SeccompStep extends Seccomp {
  readonly kind: "seccomp";
}

function filterOf({ filter }: SeccompStep): { readonly bytes: Uint8Array; readonly count: number } {
  const bytes = Uint8Array.fromBase64(filter);
  return { bytes, count: bytes.length / SOCK_FILTER.size };
}

export const seccompStep: StepKind<SeccompStep> = {
  phase: "exec",
  explain: (step) => {
    const asks = { audit: "; nsbox refuses and writes down", agent: "; an agent is asked" };
    const whom = step.listener === undefined ? "" : asks[step.listener.kind];
    return `filter system calls: profile ${quote(step.profile)}, ${filterOf(step).count} instructions${whom}`;
  },
  lower: (step) => {
    const { bytes, count } = filterOf(step);
    // struct sock_fprog: the count, padded to a word, and the address of the instructions.
    const set = [SECCOMP.SET_MODE_FILTER, step.flags, words(count, bytes)];
    if (step.listener === undefined) return [call("seccomp", set)];
    // The listener is close-on-exec from its beginning; profiles that ask let sendmsg through, see checkUsable().
    return [call("seccomp", set, { label: LISTENER }), sendResultCall(LISTENER_SOCKET, LISTENER)];
  },
};
