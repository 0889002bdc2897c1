// Makes real boxes, as `run` would, to see whether they can be made.
import { closeFile, openFile } from "#ffi/libc/fd.ts";
import { sendSignal, waitFor } from "#ffi/libc/process.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { MOUNT_ATTR, MOUNT_ATTR_STRUCT, OPEN_TREE } from "#ffi/uapi/mount.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { explainErrno, errnoOf, NsboxError } from "#src/error.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { launch } from "#src/run/launch.ts";
import { runBox } from "#src/run/run-box.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { BOX_NAMESPACES, type Trial, type TrialName } from "./observations.ts";

/** Reads the arguments of `nsbox run`. */
export type ParseRun = (argv: readonly string[]) => RunOptions;

const SHARED: readonly string[] = BOX_NAMESPACES.flatMap((type) => [`--${type}`, "host"]);

/** A user namespace, one more, and nothing else. */
function alone(type: string): readonly string[] {
  return ["--no-init", ...SHARED.join(" ").replace(`--${type} host`, `--${type} new`).split(" ")];
}

/** What each trial says to `run`. */
const TRIALS: Readonly<Record<Exclude<TrialName, "idmapped-mount">, readonly string[]>> = {
  default: [],
  "no-namespaces": ["--no-namespaces"],
  user: alone("user"),
  mnt: alone("mnt"),
  pid: alone("pid"),
  ipc: alone("ipc"),
  uts: alone("uts"),
  net: alone("net"),
  cgroup: alone("cgroup"),
  time: [...SHARED, "--boottime", "1"],
  "proc-bind": ["--proc", "bind"],
  overlay: ["--overlay"],
  subids: ["--subids"],
};

const TRIAL_SECONDS = 10;
const END: readonly string[] = ["--no-tty", "--timeout", `${TRIAL_SECONDS}s`, "--", "true"];

/** Every trial; those that can't succeed any more, as there is no user namespace, are left out. */
export function tryBoxes(parse: ParseRun): Readonly<Record<TrialName, Trial>> {
  const user = tryBox("user", parse);
  const untried: Trial = { kind: "not tried", why: "there is no user namespace to try it in" };
  const inUser = (name: keyof typeof TRIALS): Trial => (user.kind === "worked" ? tryBox(name, parse) : untried);
  const usual = tryBox("default", parse);
  return {
    default: usual,
    "no-namespaces": tryBox("no-namespaces", parse),
    user,
    mnt: inUser("mnt"),
    pid: inUser("pid"),
    ipc: inUser("ipc"),
    uts: inUser("uts"),
    net: inUser("net"),
    cgroup: inUser("cgroup"),
    time: inUser("time"),
    "proc-bind": usual.kind === "worked" ? usual : inUser("proc-bind"),
    overlay: inUser("overlay"),
    subids: inUser("subids"),
    // Last: a box that changes its uid leaves this process unable to open its own /proc files, see PR_SET_DUMPABLE.
    "idmapped-mount": user.kind === "worked" ? tryIdmappedMount(parse) : untried,
  };
}

function tryBox(name: keyof typeof TRIALS, parse: ParseRun): Trial {
  try {
    const options = parse([...TRIALS[name], ...END]);
    const facts = readFacts(options);
    const { exitCode, timedOut } = runBox(buildSpec(options, facts), facts, { watcherArgv: undefined });
    if (exitCode === 0) return { kind: "worked" };
    const state = timedOut ? `did not end within ${TRIAL_SECONDS} s` : `ended with exit code ${exitCode}`;
    return { kind: "failed", message: `the box was made, and true ${state}`, hint: undefined, errno: undefined };
  } catch (error) {
    return failedTrial(error);
  }
}

function failedTrial(error: unknown): Trial {
  if (error instanceof SyscallError) return refused(`${error.syscall} of ${error.operand}`, error.errno);
  if (!(error instanceof NsboxError)) throw error;
  return { kind: "failed", message: error.message, hint: error.hint, errno: error.errno?.name };
}

/** A detached copy of "/", mapped with the user namespace of a box that waits meanwhile; see mount_setattr(2). */
function tryIdmappedMount(parse: ParseRun): Trial {
  if (rawSyscall("geteuid") !== 0) return { kind: "not tried", why: "only root may map a mount of the host" };
  const options = parse([...TRIALS.user, "--uid-map", "0:100000:65536", "--no-tty", "--", "sleep", "60"]);
  const facts = readFacts(options);
  try {
    const box = launch(buildPlan(buildSpec(options, facts), facts), facts);
    try {
      return idmapRoot(`/proc/${box.pid}/ns/user`);
    } finally {
      sendSignal(box.pidfd, SIG.KILL);
      waitFor(box.pidfd);
      closeFile(box.pidfd);
    }
  } catch (error) {
    return failedTrial(error);
  }
}

function idmapRoot(userNamespace: string): Trial {
  const userns = openFile(userNamespace, O.RDONLY);
  try {
    const tree = rawSyscall("open_tree", AT.FDCWD, "/", OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC);
    if (tree < 0) return refused("open_tree of /", -tree);
    const attr = MOUNT_ATTR_STRUCT.pack({ attr_set: MOUNT_ATTR.IDMAP, userns_fd: userns });
    const result = rawSyscall("mount_setattr", tree, "", AT.EMPTY_PATH, attr, attr.length);
    rawSyscall("close", tree);
    return result < 0 ? refused("mount_setattr of a copy of /", -result) : { kind: "worked" };
  } finally {
    closeFile(userns);
  }
}

function refused(call: string, errno: number): Trial {
  return {
    kind: "failed",
    message: `${call} gave ${explainErrno(errno)}`,
    hint: undefined,
    errno: errnoOf(errno)?.name,
  };
}
