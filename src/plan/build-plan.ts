// (Spec, HostFacts) → Plan. Pure: the same input gives the same plan.
import { NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { DEFAULT_PROFILE } from "#src/spec/build-seccomp.ts";
import { EGRESS_SOCKET, PROXY_PORT } from "#src/spec/egress.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { IdMapping, NamespaceType, Spec } from "#src/spec/spec.ts";
import { commandCandidates } from "./command-candidates.ts";
import { mapText, mapsInside, mapsOutside } from "./id-maps.ts";
import type { Plan } from "./plan.ts";
import { isRootIdmapped, planMounts } from "./plan-mounts.ts";
import { planRlimits } from "./plan-rlimits.ts";
import { LISTENER_SOCKET } from "./steps/confine.ts";
import type { CloneStep, LauncherStep } from "./steps/launch.ts";
import { BOX_CGROUP } from "#src/spec/spec.ts";
import { planInterfaces } from "./steps/network.ts";
import { INIT_LOG_FILES } from "./steps/record-output.ts";
import type { Step } from "./steps.ts";

/** What Bun ignores, and must not be ignored in the command; SIGCHLD, whose being ignored would hide orphans. */
const RESET_SIGNALS: readonly number[] = [SIG.PIPE, SIG.XFSZ, SIG.CHLD];

/** What the box waits for, and the launcher signals. */
const ID_MAPS = "id maps";
export const INIT_IMAGE = "init image";
const NETWORK = "network";

/** Order of setns(2): the user namespace first gives the privilege for the others; mnt last, as paths change. */
export const JOIN_ORDER: readonly NamespaceType[] = ["user", "pid", "ipc", "uts", "net", "cgroup", "time", "mnt"];

/** The whole plan of a box. Throws NsboxError ESPEC where the Spec can't be had on this machine. */
export function buildPlan(spec: Spec, facts: HostFacts): Plan {
  const join = planJoin(spec);
  const maps = planIdMaps(spec, facts);
  const network = planNetwork(spec, maps.launcher.length === 0);
  const acts = maps.launcher.length > 0 || network.launcher.length > 0;
  const clone: CloneStep = {
    kind: "clone",
    namespaces: newNamespaces(spec),
    // With an init there is work for the launcher while the box sets itself up.
    vfork: !spec.box.init && !acts && !spec.process.terminal && join.length === 0,
    clone3: facts.clone3,
    sibling: join.length > 0,
    ...(spec.linux.cgroup === undefined ? {} : { cgroup: BOX_CGROUP }),
  };
  const parentDeath: Step = { kind: "parent-death", check: true };
  const setup: Step[] = [
    // Becoming another uid clears the parent-death signal, so it comes after that.
    ...(maps.launcher.length === 0 ? [parentDeath] : []),
    ...maps.setup,
    // KERNEL: who has changed its uid can't open its own /proc files any more, such as timens_offsets.
    ...planTime(spec),
    ...maps.become,
    // Its root is where the process is that makes it: in the box's cgroup by now.
    ...(isCgroupLate(spec) ? [{ kind: "cgroup-namespace" } as const] : []),
    ...(maps.launcher.length === 0 ? [] : [parentDeath]),
    ...(spec.box.keyring ? [{ kind: "session-keyring", optional: refusesKeys(spec) } as const] : []),
    ...planIdentity(spec),
    ...(spec.linux.namespaces.mnt.kind === "new" ? planMounts(spec, facts) : []),
    ...(spec.process.terminal ? [{ kind: "open-terminal" } as const] : []),
    ...network.setup,
    ...planLogStreams(spec),
  ];
  const command = planCommand(spec, facts);
  const { detached } = spec.box;
  const launcher: readonly LauncherStep[] = [
    clone,
    ...maps.launcher,
    ...planIdmappedRoot(spec, facts),
    ...network.launcher,
  ];
  if (!spec.box.init)
    return { launcher, join, setup: [...setup, ...planLimits(spec, facts, []), ...command], init: [], command: [] };
  return {
    launcher: [
      ...launcher,
      { kind: "init-image" },
      ...(detached !== undefined && spec.process.terminal ? [{ kind: "keep-terminal" } as const] : []),
      ...(detached === undefined ? [] : [{ kind: "record" } as const]),
      { kind: "signal", of: INIT_IMAGE },
    ],
    join,
    setup: [
      ...setup,
      { kind: "session" },
      ...planLimits(spec, facts, initNeeds(spec, facts)),
      ...planInitCapabilities(spec),
      { kind: "signals", defaults: RESET_SIGNALS, mask: 0xffff_ffff_ffff_ffffn },
      { kind: "close-files", keep: [...initFiles(spec), ...spec.box.passFds] },
      { kind: "wait", for: INIT_IMAGE, first: !acts },
      ...(detached === undefined ? [] : [{ kind: "outlive" } as const]),
      { kind: "personality", fixedLayout: true },
      { kind: "exec-init" },
    ],
    init: planInit(spec, facts),
    command: [...lateBounding(spec, facts), ...command],
  };
}

/** Where a box that lives on reads from and prints to, unless it has a terminal. */
function planLogStreams({ box: { detached }, process }: Spec): readonly Step[] {
  if (detached === undefined || process.terminal) return [];
  return [{ kind: "log-streams", to: detached.log === undefined ? "file" : "init" }];
}

/** The launcher's part of the network and the box's, which waits for it as late as it can. */
function planNetwork(spec: Spec, first: boolean): Omit<BothParts, "become"> {
  const { network } = spec.box;
  if (network === undefined) return { launcher: [], setup: [] };
  return {
    launcher: [
      ...network.interfaces.map((link) => ({ kind: "make-link", link }) as const),
      ...(network.helper === undefined ? [] : [{ kind: "start-network", command: network.helper } as const]),
      { kind: "signal", of: NETWORK },
    ],
    setup: [{ kind: "wait", for: NETWORK, first }, ...planInterfaces(network.interfaces)],
  };
}

function planInit(spec: Spec, facts: HostFacts): readonly Step[] {
  const start = {
    shareMemory: sharesMemory(spec),
    keep: initCapabilities(spec, facts),
  };
  const { detached, timeoutMs, passFds } = spec.box;
  const forward = FORWARDED_SIGNALS;
  if (detached === undefined) {
    return [
      ...closedOnExec(initFiles(spec)),
      ...(start.shareMemory ? [] : [...planOomScore(spec), { kind: "not-dumpable", forInit: true } as const]),
      { kind: "start-command", ...start },
      { kind: "supervise", forward, filter: initFilter(spec, facts) },
    ];
  }
  const { restart } = detached;
  const log = spec.process.terminal ? undefined : detached.log;
  // Who starts the command again needs all that it took to start it first.
  const keep = restart.kind === "no" ? start.keep : undefined;
  const filter = restart.kind === "no" ? initFilter(spec, facts) : undefined;
  return [
    ...planOomScore(spec),
    { kind: "run-detached", ...start, keep, forward, restart, timeoutMs, passFds, log, filter },
  ];
}

/** Whether the init and the command, up to its exec, have their memory in common. */
function sharesMemory({ linux }: Spec): boolean {
  return linux.namespaces.time.kind !== "new";
}

/** Without no_new_privs the init has the command's filter; without a filter there is none to get around. */
function initFilter({ process, linux }: Spec, { arch }: HostFacts): HostFacts["arch"] | undefined {
  return linux.seccomp !== undefined && process.noNewPrivileges ? arch : undefined;
}

/** The launcher's files that the init still has, and the command has not. */
function initFiles({ box: { detached, egress }, process, linux: { seccomp } }: Spec): readonly string[] {
  const listener = seccomp?.listener === undefined ? [] : [LISTENER_SOCKET];
  if (detached === undefined) return ["report", ...listener];
  const log = detached.log === undefined || process.terminal ? [] : INIT_LOG_FILES;
  // The proxy ends once nobody has the box's end of its socket: with the init, however that ends.
  return ["report", "status", ...log, ...listener, ...(egress === undefined ? [] : [EGRESS_SOCKET])];
}

function closedOnExec(files: readonly string[]): readonly Step[] {
  const steps: Step[] = [];
  for (const file of files) steps.push({ kind: "close-on-exec", file });
  return steps;
}

function newNamespaces(spec: Spec): number {
  let flags = 0;
  for (const [type, namespace] of Object.entries(spec.linux.namespaces)) {
    // The keys of Namespaces are exactly the types; time is entered by unshare(2), see the time-namespace step.
    if (namespace.kind === "new" && type !== "time" && !(type === "cgroup" && isCgroupLate(spec)))
      flags += NAMESPACE_FLAGS[type as NamespaceType];
  }
  return flags;
}

/** A cgroup namespace is made by the box itself where it has a cgroup of its own: clone(2) takes the caller's as root. */
function isCgroupLate({ linux: { cgroup, namespaces } }: Spec): boolean {
  return cgroup !== undefined && namespaces.cgroup.kind === "new";
}

function planJoin(spec: Spec): readonly Step[] {
  const steps: Step[] = [];
  for (const type of JOIN_ORDER) {
    const namespace = spec.linux.namespaces[type];
    if (namespace.kind === "join") steps.push({ kind: "join", type, path: namespace.path });
  }
  // SECURITY: whoever holds CAP_SYS_PTRACE in the user namespace, or is root and sees the box's first process in the PID
  // namespace, could write to the launcher's memory, which that process shares (CVE-2016-9962).
  const { user, pid } = spec.linux.namespaces;
  return user.kind === "join" || pid.kind === "join" ? [{ kind: "not-dumpable" }, ...steps] : steps;
}

/** What the launcher does and what the box does, for one thing. */
interface BothParts {
  readonly launcher: readonly LauncherStep[];
  readonly setup: readonly Step[];
  /** To be uid 0 of the map where it does not hold the caller. */
  readonly become: readonly Step[];
}

function isOwnId(maps: readonly IdMapping[], id: number): boolean {
  const [map] = maps;
  return maps.length === 1 && map !== undefined && map.size === 1 && map.hostID === id;
}

/** Who writes the id maps: the box itself (its caller's one id), the launcher (root), or newuidmap. */
function planIdMaps(spec: Spec, facts: HostFacts): BothParts {
  const { uidMappings: uids, gidMappings: gids, namespaces } = spec.linux;
  if (namespaces.user.kind !== "new") return { launcher: [], setup: [], become: [] };
  if (isOwnId(uids, facts.uid) && isOwnId(gids, facts.gid)) {
    const setup: readonly Step[] = [{ kind: "own-id-map", uidMap: mapText(uids), gidMap: mapText(gids) }];
    return { launcher: [], setup, become: [] };
  }
  const written: readonly LauncherStep[] =
    facts.uid === 0
      ? [
          { kind: "write-id-map", file: "uid_map", text: mapText(uids) },
          { kind: "write-id-map", file: "gid_map", text: mapText(gids) },
        ]
      : [newIdMap("newuidmap", uids), newIdMap("newgidmap", gids)];
  const needsRoot = !mapsOutside(uids, facts.uid) && mapsInside(uids, 0) && mapsInside(gids, 0);
  return {
    launcher: [...written, { kind: "signal", of: ID_MAPS }],
    setup: [{ kind: "wait", for: ID_MAPS, first: true }],
    become: needsRoot ? [{ kind: "become-root" }] : [],
  };
}

/** Done by the launcher, once the maps are written: it needs privilege over the file system. */
function planIdmappedRoot(spec: Spec, facts: HostFacts): readonly LauncherStep[] {
  const { source } = spec.root;
  return source.kind === "dir" && isRootIdmapped(spec, facts) ? [{ kind: "idmap-tree", source: source.path }] : [];
}

function newIdMap(tool: "newuidmap" | "newgidmap", maps: readonly IdMapping[]): LauncherStep {
  const args = maps.flatMap((map) => [String(map.containerID), String(map.hostID), String(map.size)]);
  return { kind: "new-id-map", tool, args };
}

function planTime({ linux }: Spec): readonly Step[] {
  return linux.namespaces.time.kind === "new" ? [{ kind: "time-namespace", ...linux.timeOffsets }] : [];
}

function planIdentity(spec: Spec): readonly Step[] {
  const { namespaces } = spec.linux;
  const steps: Step[] = [];
  if (spec.hostname !== undefined) steps.push({ kind: "hostname", name: spec.hostname });
  if (spec.domainname !== undefined) steps.push({ kind: "domainname", name: spec.domainname });
  if (namespaces.net.kind === "new") steps.push({ kind: "loopback" });
  const { egress } = spec.box;
  if (egress !== undefined)
    steps.push({ kind: "egress", port: PROXY_PORT, allow: egress.allow.length, deny: egress.deny.length });
  return steps;
}

/** What the init may need to make the command another user, to take that away from it, and to signal it. */
const INIT_NEEDS: readonly string[] = ["CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP"];

/** What holds for the init as well as for the command. */
export function planLimits(spec: Spec, facts: HostFacts, needs: readonly string[]): readonly Step[] {
  const { capabilities, noNewPrivileges } = spec.process;
  const bounding: Step = {
    kind: "bounding",
    capabilities: [...new Set([...capabilities.bounding, ...needs])],
  };
  const { landlock } = spec.box;
  return [
    // Landlock wants either this or CAP_SYS_ADMIN, which is there until the bounding set goes.
    ...(noNewPrivileges ? [{ kind: "no-new-privs" } as const] : []),
    ...(landlock === undefined ? [] : [{ kind: "landlock", abi: facts.landlockAbi, rules: landlock } as const]),
    // The same holds for a filter; with no_new_privs it can wait until the command's exec, and hinder nothing before.
    ...(noNewPrivileges ? [] : planSeccomp(spec)),
    ...(mayBound(spec, facts) ? [bounding] : []),
  ];
}

function planSeccomp({ linux: { seccomp } }: Spec): readonly Step[] {
  return seccomp === undefined ? [] : [{ kind: "seccomp", ...seccomp }];
}

/** The default profile lets nobody ask for keys; of another one that is not known. */
function refusesKeys({ linux: { seccomp } }: Spec): boolean {
  return seccomp?.profile === DEFAULT_PROFILE;
}

/** KERNEL: CAPBSET_DROP needs CAP_SETPCAP, which an ordinary user has in a user namespace of the box's own only. */
function mayBound({ linux }: Spec, facts: HostFacts): boolean {
  return linux.namespaces.user.kind !== "host" || facts.uid === 0;
}

/** What the init still held for its own sake and the command must not have. */
function lateBounding(spec: Spec, facts: HostFacts): readonly Step[] {
  const { bounding } = spec.process.capabilities;
  for (const name of initNeeds(spec, facts))
    if (!bounding.includes(name)) return [{ kind: "bounding", capabilities: bounding }];
  return [];
}

function initNeeds(spec: Spec, facts: HostFacts): readonly string[] {
  return isInitRoot(spec, facts) === true ? INIT_NEEDS : [];
}

/** Once the command runs, all that the init has left to do with privileges is to signal another user's process. */
function initCapabilities(spec: Spec, facts: HostFacts): readonly string[] | undefined {
  const isRoot = isInitRoot(spec, facts);
  return isRoot === undefined ? undefined : isRoot ? ["CAP_KILL"] : [];
}

/** Whether exec gives the init capabilities; undefined in a namespace that is joined: it is not known beforehand. */
function isInitRoot(spec: Spec, facts: HostFacts): boolean | undefined {
  const { namespaces, uidMappings } = spec.linux;
  if (namespaces.user.kind === "join") return undefined;
  return namespaces.user.kind === "new" ? mapsInside(uidMappings, 0) : facts.uid === 0;
}

/** KERNEL: exec by another uid than 0 keeps only the ambient set; the init is such a uid where the maps have no 0. */
function planInitCapabilities(spec: Spec): readonly Step[] {
  const { capabilities: sets } = spec.process;
  const { namespaces, uidMappings } = spec.linux;
  if (sets.ambient.length === 0 || namespaces.user.kind !== "new" || mapsInside(uidMappings, 0)) return [];
  return [{ kind: "capabilities", sets }];
}

function planOomScore({ process: { oomScoreAdj } }: Spec): readonly Step[] {
  return oomScoreAdj === undefined ? [] : [{ kind: "oom-score", ...oomScoreAdj }];
}

/** From the command's limits to its exec. */
export function planCommand(spec: Spec, facts: HostFacts): readonly Step[] {
  const { process, box, linux } = spec;
  const sharesPids = linux.namespaces.pid.kind !== "new";
  const candidates = commandCandidates(process.args, process.env);
  const rlimits = planRlimits(spec);
  return [
    process.terminal ? { kind: "use-terminal" } : box.init ? { kind: "process-group" } : { kind: "session" },
    // The init of a box that lives on has it already, and the command of it.
    ...(box.detached === undefined && (sharesMemory(spec) || !box.init) ? planOomScore(spec) : []),
    ...rlimits,
    { kind: "umask", umask: process.user.umask },
    { kind: "chdir", path: process.cwd },
    {
      kind: "set-ids",
      uid: process.user.uid,
      gid: process.user.gid,
      groups: groupsOf(spec, facts),
      keepCapabilities: process.user.uid !== 0 && process.capabilities.permitted.length > 0,
    },
    { kind: "capabilities", sets: process.capabilities },
    // Changing ids clears it; in a PID namespace of the box's own the kernel ends all with the init.
    ...(sharesPids || !box.init ? [{ kind: "parent-death", check: false } as const] : []),
    ...(box.init && box.detached === undefined ? [] : [{ kind: "close-files", keep: box.passFds } as const]),
    { kind: "personality", fixedLayout: false },
    { kind: "signals", defaults: RESET_SIGNALS, mask: facts.signalMask },
    // SECURITY: the command runs a moment before the init has closed its files and let go of its capabilities. As late
    // as this, as who can't be traced can't open its own /proc files either.
    ...(box.init && box.detached === undefined && sharesMemory(spec)
      ? [{ kind: "not-dumpable", forInit: true } as const]
      : []),
    ...(process.noNewPrivileges ? planSeccomp(spec) : []),
    { kind: "exec", args: process.args, env: process.env, candidates },
  ];
}

/** Supplementary groups can be set unless setgroups is denied, as it is with a one-id map. */
function groupsOf(spec: Spec, facts: HostFacts): readonly number[] | undefined {
  const { user, linux } = { user: spec.process.user, linux: spec.linux };
  if (linux.namespaces.user.kind === "new" && isOwnId(linux.gidMappings, facts.gid)) return undefined;
  if (linux.namespaces.user.kind !== "new" && facts.uid !== 0) return undefined;
  if (linux.namespaces.user.kind === "host" && facts.setgroupsDenied) return undefined;
  return user.additionalGids;
}
