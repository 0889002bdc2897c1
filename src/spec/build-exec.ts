// What `exec` says, and what it enters → the Spec of a command there. Pure.
import { CAPS } from "#ffi/uapi/capability.ts";
import { checkStreams } from "./check-streams.ts";
import { buildEnv } from "./build-env.ts";
import type { HostFacts } from "./facts.ts";
import type { NamespaceOption, RunOptions } from "./options.ts";
import { normalPath } from "./path.ts";
import type { Capabilities, Landlock, NamespaceType, Spec, User } from "./spec.ts";

/** What the flags of `exec` say. */
export interface ExecOptions {
  readonly tty: boolean | undefined;
  readonly interactive: boolean;
  readonly detach: boolean;
  readonly env: RunOptions["env"];
  readonly workdir: string | undefined;
  readonly user: RunOptions["user"];
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** Of a PID: these only; undefined: all. */
  readonly namespaces: readonly NamespaceType[] | undefined;
  /** Each in place of the caller's own, or of the one that the box or PID has. */
  readonly joins: Readonly<Partial<Record<NamespaceType, NamespaceOption>>>;
  readonly preserveCredentials: boolean;
  readonly root: boolean;
  readonly wd: boolean;
  readonly json: boolean;
}

/** A command in a box: as free as the box's own command, unless more is asked for. */
export function buildBoxExec(spec: Spec, args: readonly string[], options: ExecOptions, facts: HostFacts): Spec {
  const terminal = wantsTerminal(options, facts);
  if (!terminal && !options.detach) checkStreams(facts);
  const { process, box } = spec;
  const user = userOf(process.user, options);
  return {
    ...spec,
    process: {
      ...process,
      args,
      env: mergeEnv(process.env, options, facts),
      cwd: options.workdir === undefined ? process.cwd : normalPath(options.workdir, process.cwd),
      terminal,
      user,
      capabilities: adjustCapabilities(process.capabilities, user.uid !== process.user.uid, user.uid, options),
    },
    box: {
      ...box,
      init: false,
      detached: undefined,
      passFds: [],
      timeoutMs: undefined,
      landlock: box.landlock === undefined ? undefined : ownFiles(box.landlock, terminal || options.detach, facts),
    },
  };
}

/** A process that is not of a box of ours, as far as it says what isolates it; or the caller, where none is entered. */
export interface ExecTarget {
  readonly capabilities: Capabilities;
  readonly noNewPrivileges: boolean;
  /** Its ids as its own user namespace has them. */
  readonly user: User;
  readonly cwd: string;
  /** Its files are entered. */
  readonly ownFiles: boolean;
}

/** Who enters a user namespace by its file has every capability in there, and is root as with nsenter(1), or these. */
export function insideUser(target: ExecTarget, ids: Pick<User, "uid" | "gid"> = { uid: 0, gid: 0 }): ExecTarget {
  const sets = { bounding: CAPS, effective: CAPS, permitted: CAPS, inheritable: [], ambient: [] };
  return { ...target, capabilities: sets, user: { ...target.user, ...ids } };
}

/** A command beside any process: with its ids, its capabilities at most, and its no_new_privs. */
export function buildProcessExec(
  target: ExecTarget,
  args: readonly string[],
  options: ExecOptions,
  facts: HostFacts,
): Spec {
  if (!wantsTerminal(options, facts) && !options.detach) checkStreams(facts);
  const user = userOf(target.user, options);
  const changed = user.uid !== target.user.uid;
  const join = { kind: "join", path: "" } as const;
  return {
    process: {
      args,
      env: buildEnv(
        { env: options.env, envAll: false, allowHosts: [], root: target.ownFiles ? { kind: "empty" } : undefined },
        facts,
      ),
      cwd: options.workdir ?? (options.wd ? target.cwd : target.ownFiles ? "/" : facts.cwd),
      terminal: wantsTerminal(options, facts),
      user,
      rlimits: [],
      oomScoreAdj: undefined,
      capabilities: adjustCapabilities(target.capabilities, changed, user.uid, options),
      noNewPrivileges: target.noNewPrivileges,
    },
    root: { source: { kind: "host" }, writes: { kind: "none" } },
    hostname: undefined,
    domainname: undefined,
    mounts: [],
    linux: {
      namespaces: { user: join, mnt: join, pid: join, ipc: join, uts: join, net: join, cgroup: join, time: join },
      uidMappings: [],
      gidMappings: [],
      timeOffsets: { monotonic: 0, boottime: 0 },
      maskedPaths: [],
      readonlyPaths: [],
      // What filters the process can't be read from it.
      seccomp: undefined,
      cgroup: undefined,
    },
    box: {
      name: undefined,
      hidden: [],
      protected: [],
      landlock: undefined,
      egress: undefined,
      network: undefined,
      keyring: facts.keyctl,
      init: false,
      dev: "none",
      proc: "none",
      audit: undefined,
      timeoutMs: undefined,
      detached: undefined,
      passFds: [],
    },
  };
}

function wantsTerminal({ tty, detach }: ExecOptions, facts: HostFacts): boolean {
  return detach ? false : (tty ?? facts.terminal);
}

function userOf(user: User, { user: wanted }: ExecOptions): User {
  return wanted === undefined ? user : { ...user, uid: wanted.uid, gid: wanted.gid ?? wanted.uid };
}

/** The box's variables, then what was said. */
function mergeEnv(env: readonly string[], options: ExecOptions, facts: HostFacts): readonly string[] {
  const variables = new Map(env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry] as const));
  for (const option of options.env) {
    const value = option.kind === "set" ? option.value : facts.env[option.name];
    if (value !== undefined) variables.set(option.name, `${option.name}=${value}`);
  }
  return [...variables.values()];
}

function adjustCapabilities(
  sets: Capabilities,
  otherUser: boolean,
  uid: number,
  { capAdd, capDrop }: ExecOptions,
): Capabilities {
  if (!otherUser && capAdd.length === 0 && capDrop.length === 0) return sets;
  const added = capAdd.includes("ALL") ? CAPS.filter((name) => !capDrop.includes(name)) : capAdd;
  const adjust = (names: readonly string[]): readonly string[] => {
    const kept = capDrop.includes("ALL") ? [] : names.filter((name) => !capDrop.includes(name));
    return [...new Set([...kept, ...added])];
  };
  const bounding = adjust(sets.bounding);
  if (uid === 0) {
    const held = otherUser ? bounding : adjust(sets.permitted);
    return { bounding, effective: held, permitted: held, inheritable: [], ambient: [] };
  }
  const held = otherUser ? added : adjust(sets.permitted);
  return { bounding, effective: held, permitted: held, inheritable: held, ambient: held };
}

/** The streams that the command gets are others than those of the box's own. */
function ownFiles(landlock: Landlock, terminal: boolean, facts: HostFacts): Landlock {
  const files = landlock.files?.filter((rule) => !("fd" in rule));
  if (files === undefined || terminal) return { ...landlock, files };
  return { ...landlock, files: [...files, ...facts.passedFiles] };
}
