// Steps that make a process what the command is to be: credentials, limits, signals, exec.
import { PR, PR_CAP_AMBIENT } from "#ffi/uapi/prctl.ts";
import { CAPABILITY_VERSION_3, CAPS, capMask, capNumber } from "#ffi/uapi/capability.ts";
import { AT, CLOSE_RANGE, F, FD_CLOEXEC, O } from "#ffi/uapi/fcntl.ts";
import type { ErrnoName } from "#ffi/uapi/errno.ts";
import { PERSONALITY } from "#ffi/uapi/personality.ts";
import { RLIM_INFINITY, RLIMIT } from "#ffi/uapi/resource.ts";
import { SIG, SIG_HOW, signalName } from "#ffi/uapi/signal.ts";
import { type Call, call, type Case, fd, result, strings, tolerate, words } from "#ffi/tape/call.ts";
import type { Capabilities, OomScore, Rlimit } from "#src/spec/spec.ts";
import { quote, type StepKind } from "../step.ts";

/** Die with the parent, even if it is killed; see PR_SET_PDEATHSIG(2const). */
export interface ParentDeathStep {
  readonly kind: "parent-death";
  /** The process shares the launcher's descriptors and can ask whether it has died already. */
  readonly check: boolean;
}

export const parentDeathStep: StepKind<ParentDeathStep> = {
  phase: "ids",
  explain: () => "die when the launcher dies (PR_SET_PDEATHSIG)",
  // The launcher may have died before the prctl: then nobody reads the report, and poll(2) says so at once.
  lower: (step) => [
    call("prctl", [PR.SET_PDEATHSIG, SIG.KILL]),
    ...(step.check
      ? [
          // A helper that joins namespaces has closed it already.
          call("close", [fd("report-reader")], tolerate("EBADF")),
          launcherCheckCall(),
        ]
      : []),
  ],
};

/** Ends the process where nobody reads its report any more. */
export function launcherCheckCall(): Call {
  return call("ppoll", [words(fd("report")), 1, new Uint8Array(16), 0, 8], { cases: [{ equals: 1, then: "report" }] });
}

/** Be the uid and gid that the maps give to the box's first process. */
export interface SetIdsStep {
  readonly kind: "set-ids";
  readonly uid: number;
  readonly gid: number;
  /** undefined where the box must not change them. */
  readonly groups: readonly number[] | undefined;
  /** KERNEL: a change from uid 0 to another clears the permitted set, see PR_SET_KEEPCAPS(2const). */
  readonly keepCapabilities: boolean;
}

export const setIdsStep: StepKind<SetIdsStep> = {
  phase: "privileges",
  explain: (step) =>
    `become uid ${step.uid}, gid ${step.gid}${step.groups === undefined ? "" : `, groups [${step.groups.join(" ")}]`}`,
  lower: (step) => [
    ...(step.groups === undefined
      ? []
      : [call("setgroups", [step.groups.length, new Uint8Array(new Uint32Array(step.groups).buffer)])]),
    call("setresgid", [step.gid, step.gid, step.gid]),
    ...(step.keepCapabilities ? [call("prctl", [PR.SET_KEEPCAPS, 1, 0, 0, 0])] : []),
    call("setresuid", [step.uid, step.uid, step.uid]),
  ],
};

/** Be uid 0 of the box while it is set up, where the caller's own id has no place in its maps. */
export interface BecomeRootStep {
  readonly kind: "become-root";
}

export const becomeRootStep: StepKind<BecomeRootStep> = {
  phase: "ids",
  explain: () => "become uid 0, gid 0 of the box",
  lower: () => [call("setresgid", [0, 0, 0]), call("setresuid", [0, 0, 0])],
};

/** Give up capabilities for good: what is not in the bounding set can't come back. See capabilities(7). */
export interface BoundingStep {
  readonly kind: "bounding";
  readonly capabilities: readonly string[];
}

export const boundingStep: StepKind<BoundingStep> = {
  phase: "privileges",
  explain: (step) => `keep no capability beyond ${step.capabilities.join(" ") || "none"}`,
  // A capability that this kernel doesn't know yet is EINVAL, and nobody can have it.
  lower: (step) => {
    const calls: Call[] = [];
    let number = 0;
    for (const name of CAPS) {
      if (!step.capabilities.includes(name))
        calls.push(call("prctl", [PR.CAPBSET_DROP, number, 0, 0, 0], tolerate("EINVAL")));
      number++;
    }
    return calls;
  },
};

/** Set what is held right now; exec then computes the rest, see capabilities(7). */
export interface CapabilitiesStep {
  readonly kind: "capabilities";
  readonly sets: Capabilities;
}

export const capabilitiesStep: StepKind<CapabilitiesStep> = {
  phase: "privileges",
  explain: ({ sets }) =>
    `hold ${sets.permitted.join(" ") || "no capabilities"}, ${sets.ambient.length > 0 ? "over exec too" : "inherit none by file"}`,
  lower: (step) => {
    const calls = [call("prctl", [PR.CAP_AMBIENT, PR_CAP_AMBIENT.CLEAR_ALL, 0, 0, 0]), capsetCall(step.sets)];
    for (const name of step.sets.ambient)
      // A capability that this kernel doesn't know yet is EINVAL, and nobody can have it.
      calls.push(call("prctl", [PR.CAP_AMBIENT, PR_CAP_AMBIENT.RAISE, capNumber(name) ?? 0, 0, 0], tolerate("EINVAL")));
    return calls;
  },
};

/** Three of the five sets, see capset(2). */
export function capsetCall({ effective, permitted, inheritable }: Omit<Capabilities, "bounding" | "ambient">): Call {
  const data = new Uint8Array(24); // two of {effective, permitted, inheritable}, 32 bits each
  const view = new DataView(data.buffer);
  let at = 0;
  for (const names of [effective, permitted, inheritable]) {
    const mask = capMask(names);
    view.setUint32(at, Number(mask & 0xffffffffn), true);
    view.setUint32(12 + at, Number(mask >> 32n), true);
    at += 4;
  }
  const header = new Uint8Array(8);
  new DataView(header.buffer).setUint32(0, CAPABILITY_VERSION_3, true);
  return call("capset", [header, data]);
}

/** Never gain privileges again, see PR_SET_NO_NEW_PRIVS(2const). */
export interface NoNewPrivsStep {
  readonly kind: "no-new-privs";
}

export const noNewPrivsStep: StepKind<NoNewPrivsStep> = {
  phase: "privileges",
  explain: () => "never gain privileges again (no_new_privs)",
  lower: () => [call("prctl", [PR.SET_NO_NEW_PRIVS, 1, 0, 0, 0])],
};

export interface RlimitStep {
  readonly kind: "rlimit";
  readonly limit: Rlimit;
}

export const rlimitStep: StepKind<RlimitStep> = {
  phase: "limits",
  explain: ({ limit }) => `limit ${limit.type} to ${limit.soft}, at most ${limit.hard}`,
  lower: ({ limit }) => {
    const resource = RLIMIT[limit.type.replace("RLIMIT_", "") as keyof typeof RLIMIT]; // the Spec's check names only these
    const word = (value: number | "unlimited"): bigint => (value === "unlimited" ? RLIM_INFINITY : BigInt(value));
    const pair = new BigUint64Array([word(limit.soft), word(limit.hard)]);
    // A caller whose limit of core dumps is 0 already may not raise it; his boxes dump to no file all the same.
    const isNoCore = limit.type === "RLIMIT_CORE" && limit.hard === 1;
    return [call("prlimit64", [0, resource, new Uint8Array(pair.buffer), 0], isNoCore ? tolerate("EPERM") : {})];
  },
};

/** How readily the kernel ends the command when memory runs out, see proc_pid_oom_score_adj(5). */
export interface OomScoreStep extends OomScore {
  readonly kind: "oom-score";
}

export const oomScoreStep: StepKind<OomScoreStep> = {
  phase: "limits",
  explain: ({ value, insist }) => `set oom_score_adj to ${value}${insist ? "" : ", if it is not lower than now"}`,
  lower: ({ value, insist }) => {
    const text = new TextEncoder().encode(String(value));
    // KERNEL: written by a process that shares its memory, and not just until exec, it would hold for both.
    return [
      call("openat", [AT.FDCWD, "/proc/self/oom_score_adj", O.WRONLY | O.CLOEXEC], { label: "oom_score_adj" }),
      call("write", [result("oom_score_adj"), text, text.length], insist ? {} : tolerate("EACCES")),
    ];
  },
};

export interface UmaskStep {
  readonly kind: "umask";
  readonly umask: number;
}

export const umaskStep: StepKind<UmaskStep> = {
  phase: "limits",
  explain: (step) => `set the umask to ${step.umask.toString(8).padStart(3, "0")}`,
  lower: (step) => [call("umask", [step.umask])],
};

export interface ChdirStep {
  readonly kind: "chdir";
  readonly path: string;
}

export const chdirStep: StepKind<ChdirStep> = {
  phase: "limits",
  explain: (step) => `go to ${quote(step.path)}`,
  lower: (step) => [call("chdir", [step.path])],
};

/** A session (and so no controlling terminal) of its own, see setsid(2). */
export interface SessionStep {
  readonly kind: "session";
}

export const sessionStep: StepKind<SessionStep> = {
  phase: "terminal",
  // SECURITY: without a controlling terminal TIOCSTI can't push input into the caller's (CVE-2017-5226).
  explain: () => "leave the caller's session and terminal (setsid)",
  lower: () => [call("setsid", [])],
};

/** A process group of its own, so that it can be stopped and continued alone. */
export interface GroupStep {
  readonly kind: "process-group";
}

export const groupStep: StepKind<GroupStep> = {
  phase: "terminal",
  explain: () => "lead a process group of its own",
  lower: () => [call("setpgid", [0, 0])],
};

const SIGACTION_BYTES = 32;

/** Give signals that the launcher ignores their default action again, and restore the caller's mask. */
export interface SignalsStep {
  readonly kind: "signals";
  readonly defaults: readonly number[];
  readonly mask: bigint;
}

export const signalsStep: StepKind<SignalsStep> = {
  phase: "exec",
  explain: (step) => `reset ${step.defaults.map(signalName).join(", ")} and the signal mask`,
  lower: (step) => {
    const calls: Call[] = [];
    for (const signal of step.defaults)
      calls.push(call("rt_sigaction", [signal, new Uint8Array(SIGACTION_BYTES), 0, 8]));
    calls.push(call("rt_sigprocmask", [SIG_HOW.SETMASK, words(step.mask), 0, 8]));
    return calls;
  },
};

/** Let no open file through but those that were passed on purpose (CVE-2024-21626). */
export interface CloseFilesStep {
  readonly kind: "close-files";
  /** Names of files of the plan, and numbers that the user gave. */
  readonly keep: readonly (string | number)[];
}

export const closeFilesStep: StepKind<CloseFilesStep> = {
  phase: "exec",
  explain: (step) => `close every file from 3 on at exec${step.keep.length > 0 ? ` but ${step.keep.join(", ")}` : ""}`,
  lower: (step) => {
    const calls = [call("close_range", [3, 0xffffffff, CLOSE_RANGE.CLOEXEC])];
    for (const file of step.keep) calls.push(call("fcntl", [typeof file === "number" ? file : fd(file), F.SETFD, 0]));
    return calls;
  },
};

/** The execution domain of what is executed from here on, see personality(2). */
export interface PersonalityStep {
  readonly kind: "personality";
  /** Lay out memory the same way each time: an init whose stack needs one page, and not up to four. */
  readonly fixedLayout: boolean;
}

export const personalityStep: StepKind<PersonalityStep> = {
  phase: "exec",
  explain: (step) => (step.fixedLayout ? "lay out the init's memory without chance" : "be a plain Linux process"),
  // A filter may refuse all but the plain one, which then is in force already: Docker's with EPERM, Podman's with ENOSYS.
  lower: (step) => [
    call(
      "personality",
      [step.fixedLayout ? PERSONALITY.ADDR_NO_RANDOMIZE : PERSONALITY.LINUX],
      tolerate("EPERM", "ENOSYS"),
    ),
  ],
};

/** Become the init: runner and tape in a sealed memfd, see memfd_create(2). */
export interface ExecInitStep {
  readonly kind: "exec-init";
}

export const execInitStep: StepKind<ExecInitStep> = {
  phase: "exec",
  explain: () => "become the init (a sealed memfd)",
  lower: () => [call("execveat", [fd("init-image"), "", strings(["nsbox-init"]), strings([]), AT.EMPTY_PATH])],
};

/** Become the command. */
export interface ExecStep {
  readonly kind: "exec";
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** Where to look, in order: one path if the command has a slash, else one for each entry of PATH. */
  readonly candidates: readonly string[];
}

/** Misses that only mean "look further". */
export const NOT_HERE: readonly ErrnoName[] = ["ENOENT", "ENOTDIR"];

export const execStep: StepKind<ExecStep> = {
  phase: "exec",
  explain: (step) => `run ${step.args.map(quote).join(" ")}`,
  // As execvp(3), every candidate is tried. One that is not there is passed over, one that can't be executed is
  // reported; once the last has missed, which is reported in any case, the launcher makes sense of the whole.
  lower: (step) => {
    const calls: Call[] = [];
    const last = step.candidates.length - 1;
    let n = 0;
    for (const path of step.candidates) {
      const [label, miss] = [`try ${n}`, `miss ${n}`];
      const cases: Case[] = [];
      if (n++ < last) for (const equals of NOT_HERE) cases.push({ equals, then: `try ${n}` });
      calls.push(
        call("execve", [path, strings(step.args), strings(step.env)], { label, cases, fail: miss }),
        // EBADF: the launcher of a command that is started again has gone.
        call("write", [fd("report"), { kind: "failure" }, 16], { label: miss, ...tolerate("EBADF") }),
      );
    }
    calls.push(call("exit_group", [127]));
    return calls;
  },
};

/** Keep FD_CLOEXEC on a file that crossed one exec but must not cross the next. */
export interface CloseOnExecStep {
  readonly kind: "close-on-exec";
  readonly file: string;
}

export const closeOnExecStep: StepKind<CloseOnExecStep> = {
  phase: "exec",
  explain: (step) => `close the ${step.file} when the command starts`,
  lower: (step) => [call("fcntl", [fd(step.file), F.SETFD, FD_CLOEXEC])],
};
