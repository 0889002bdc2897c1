// (RunOptions, HostFacts) → Spec: every default is decided here. Pure.
import { NsboxError } from "#src/error.ts";
import {
  DEFAULT_HOSTNAME,
  DEFAULT_OOM_SCORE_RISE,
  MASKED_PATHS,
  READONLY_PATHS,
  ROOT_MASKED_PATHS,
  throttlePath,
} from "./defaults.ts";
import { checkNetwork } from "./check-network.ts";
import { buildDetached, checkDetached } from "./check-detached.ts";
import { buildAudit } from "./build-audit.ts";
import { checkStreams } from "./check-streams.ts";
import { buildCapabilities } from "./build-capabilities.ts";
import { buildEgress } from "./build-egress.ts";
import { buildEnv } from "./build-env.ts";
import { buildHidden } from "./build-hidden.ts";
import { buildLandlock } from "./build-landlock.ts";
import { buildMounts } from "./build-mounts.ts";
import { buildProtected } from "./build-protected.ts";
import { buildSeccomp } from "./build-seccomp.ts";
import type { HostFacts, SubIdRange } from "./facts.ts";
import type { NamespaceOption, RunOptions } from "./options.ts";
import type { BoxNetwork } from "./network.ts";
import { normalPath } from "./path.ts";
import { secretFiles } from "./secret-files.ts";
import { sameIds } from "./same-ids.ts";
import { checkWithoutNamespaces } from "./without-namespaces.ts";
import {
  type IdMapping,
  type Namespace,
  NAMESPACE_TYPES,
  type OomScore,
  type Namespaces,
  type NamespaceType,
  type Root,
  type Rlimit,
  type Seccomp,
  type Spec,
  type User,
} from "./spec.ts";

/**
 * All that `run` was asked for, with its defaults; `profile` is what --seccomp FILE came to.
 * Throws NsboxError EUSAGE or ESPEC.
 */
export function buildSpec(options: RunOptions, facts: HostFacts, profile?: Seccomp): Spec {
  if (options.noNamespaces) checkWithoutNamespaces(options, facts);
  else if (options.unixSockets) {
    throw new NsboxError("EUSAGE", "Cannot use --unix-sockets without --no-namespaces: other boxes may make sockets", {
      hint: "leave it out; --ro and --rw show a socket of the host",
    });
  }
  const namespaces = buildNamespaces(options);
  checkNetwork(options);
  const root = buildRoot(options, facts);
  const { uidMappings, gidMappings } = buildIdMaps(options, facts, namespaces);
  const user = buildUser(options, facts, namespaces);
  checkNames(options, namespaces);
  checkPassFds(options, facts);
  checkDetached(options, namespaces);
  const terminal = options.detach ? options.tty === true : (options.tty ?? facts.terminal);
  if (!options.detach && !terminal) checkStreams(facts);
  const proc = options.proc ?? (mayMountProc(namespaces) ? "fresh" : "bind");
  const mountsMade = namespaces.mnt.kind === "new";
  const mounts = mountsMade ? buildMounts({ options, facts, root, namespaces, proc }) : [];
  const capabilities = buildCapabilities(user.uid, options);
  const { bounding } = capabilities;
  return {
    process: {
      args: options.args,
      env: buildEnv(options, facts),
      cwd: workingFolder(options, facts, root),
      terminal,
      user,
      rlimits: buildRlimits(options),
      oomScoreAdj: buildOomScore(options, facts, proc),
      capabilities,
      noNewPrivileges: !options.allowNewPrivs,
    },
    root,
    hostname: namespaces.uts.kind === "new" ? (options.hostname ?? options.name ?? DEFAULT_HOSTNAME) : undefined,
    domainname: options.domainname,
    mounts,
    linux: {
      namespaces,
      uidMappings,
      gidMappings,
      timeOffsets: { monotonic: options.monotonicSeconds ?? 0, boottime: options.boottimeSeconds ?? 0 },
      // Where there is to be one, it is made and named by who starts the box.
      cgroup: undefined,
      maskedPaths: mountsMade && proc === "fresh" ? maskedPaths(facts) : [],
      readonlyPaths: mountsMade && proc === "fresh" ? READONLY_PATHS : [],
      seccomp: buildSeccomp(options, facts, bounding, profile),
    },
    box: {
      name: options.name,
      egress: buildEgress(options, facts.cwd, namespaces),
      hidden: mountsMade ? [...secretFiles(options, facts, root), ...buildHidden(options, facts)] : [],
      protected: buildProtected(options, facts, mounts),
      landlock: buildLandlock({ options, facts, root, mounts, namespaces, bounding, terminal }),
      network: buildNetwork(options, facts),
      keyring: facts.keyctl,
      init: options.init,
      dev: mountsMade ? (options.dev ?? "minimal") : "none",
      proc,
      timeoutMs: options.timeoutMs,
      audit: buildAudit(options, facts),
      detached: options.detach ? buildDetached(options) : undefined,
      passFds: options.passFds,
    },
  };
}

function maskedPaths({ uid, throttles }: HostFacts): readonly string[] {
  if (uid !== 0 && throttles === 0) return MASKED_PATHS;
  const paths = [...MASKED_PATHS, ...(uid === 0 ? ROOT_MASKED_PATHS : [])];
  for (let cpu = 0; cpu < throttles; cpu++) paths.push(throttlePath(cpu));
  return paths;
}

/** KERNEL: proc shows the PID namespace of who mounts it, and only its owner may; one that is joined has another. */
function mayMountProc({ pid, user }: Namespaces): boolean {
  return pid.kind === "new" || (pid.kind === "join" && user.kind !== "new");
}

/** What was got ready; only `run` does that. Throws NsboxError ESPEC. */
function buildNetwork({ namespaces: { net } }: RunOptions, { network }: HostFacts): BoxNetwork | undefined {
  if (net?.kind !== "network" || network !== undefined) return network;
  throw new NsboxError("ESPEC", `Cannot use --net ${net.network.kind} here: the network is set up when a box starts`, {
    hint: "use nsbox run, or leave out --net",
  });
}

function buildNamespaces(options: RunOptions): Namespaces {
  const timeWanted = options.boottimeSeconds !== undefined || options.monotonicSeconds !== undefined;
  const chosen: Partial<Record<NamespaceType, Namespace>> = {};
  for (const type of NAMESPACE_TYPES) {
    const option = options.namespaces[type];
    const isHost = options.noNamespaces || (type === "time" && !timeWanted);
    chosen[type] = option === undefined ? { kind: isHost ? "host" : "new" } : namespaceOf(option, type);
  }
  const namespaces = chosen as Namespaces; // the loop set every type
  if (namespaces.time.kind === "new" && !options.init) {
    throw new NsboxError("EUSAGE", "Cannot use --no-init with a new time namespace: only children enter it", {
      hint: "leave out --no-init",
    });
  }
  if (timeWanted && namespaces.time.kind !== "new") {
    throw new NsboxError("EUSAGE", "Cannot set clock offsets: --time is not new", {
      hint: "leave out --time, or --boottime and --monotonic",
    });
  }
  return namespaces;
}

function namespaceOf(option: NamespaceOption, type: NamespaceType): Namespace {
  switch (option.kind) {
    case "new":
    case "host":
      return option;
    case "network":
      return { kind: "new" };
    case "box":
      throw new NsboxError("EINTERNAL", `Cannot join the box "${option.name}": it has not been looked up`);
    case "pid":
      return { kind: "join", path: `/proc/${option.pid}/ns/${type}` };
    case "path":
      return { kind: "join", path: option.path };
    case "name":
      throw new NsboxError("EINTERNAL", `Cannot look up "${option.name}" here: names become paths before`);
  }
}

function checkNames(options: RunOptions, namespaces: Namespaces): void {
  const named = options.hostname ?? options.domainname;
  if (named === undefined || namespaces.uts.kind === "new") return;
  throw new NsboxError("EUSAGE", `Cannot set the host or domain name to "${named}": --uts is not new`, {
    hint: "a name belongs to a UTS namespace: leave out --uts, or the name",
  });
}

function checkPassFds(options: RunOptions, facts: HostFacts): void {
  if (options.passFds.length === 0) return;
  const closed = options.passFds.find((fd) => !facts.passableFds.includes(fd));
  if (closed === undefined) return;
  throw new NsboxError("ESPEC", `Cannot use --pass-fd ${closed}: no file is open as ${closed}`, {
    hint: `open it for nsbox, as in: nsbox run --pass-fd ${closed} … ${closed}<file`,
  });
}

function buildRoot(options: RunOptions, facts: HostFacts): Root {
  const given = options.root ?? { kind: "host" };
  const source = given.kind === "dir" ? { kind: "dir" as const, path: normalPath(given.path, facts.cwd) } : given;
  const asked = [
    ...(options.overlay ? ["--overlay"] : []),
    ...(options.overlayDir === undefined ? [] : ["--overlay-dir"]),
    ...(options.writableRoot ? ["--writable-root"] : []),
  ];
  if (asked.length > 1) {
    throw new NsboxError("EUSAGE", `Cannot use ${asked.join(" and ")} together: writes go to one place`, {
      hint: "choose one of them",
    });
  }
  if (source.kind === "empty") return { source, writes: { kind: "through" } };
  checkRootFolder(source, facts);
  if (options.overlay) return { source, writes: { kind: "vanish" } };
  if (options.overlayDir !== undefined)
    return { source, writes: { kind: "keep", dir: normalPath(options.overlayDir, facts.cwd) } };
  if (!options.writableRoot) return { source, writes: { kind: "none" } };
  if (source.kind === "dir") return { source, writes: { kind: "through" } };
  throw new NsboxError("EUSAGE", "Cannot make the host's root writable: --writable-root goes with --root DIR", {
    hint: "use --rw PATH for what the command may change, or --overlay to let it change everything for its own eyes",
  });
}

function checkRootFolder(source: Root["source"], facts: HostFacts): void {
  if (source.kind !== "dir") return;
  const state = {
    missing: "it does not exist",
    file: "it is not a folder",
    device: "it is not a folder",
    denied: "EACCES (Permission denied)",
  };
  const kind = facts.paths[source.path];
  if (kind === undefined || kind === "dir") return;
  throw new NsboxError("ESPEC", `Cannot use ${JSON.stringify(source.path)} as the root: ${state[kind]}`, {
    hint: "give a folder that holds a root file system, or host, or empty",
  });
}

interface IdMaps {
  readonly uidMappings: readonly IdMapping[];
  readonly gidMappings: readonly IdMapping[];
}

function buildIdMaps(options: RunOptions, facts: HostFacts, namespaces: Namespaces): IdMaps {
  const given = options.uidMap.length > 0 || options.gidMap.length > 0;
  if (namespaces.user.kind !== "new") {
    if (!given && !options.keepId && !options.subids) return { uidMappings: [], gidMappings: [] };
    throw new NsboxError("EUSAGE", "Cannot map ids: --userns is not new", {
      hint: "ids are mapped by a new user namespace: leave out --userns",
    });
  }
  if (given && (options.subids || options.keepId)) {
    const other = options.subids ? "--subids" : "--keep-id";
    throw new NsboxError("EUSAGE", `Cannot use ${other} with --uid-map or --gid-map: both say what the map is`, {
      hint: "choose one of them",
    });
  }
  if (given) {
    return { uidMappings: orSame(options.uidMap, options.gidMap), gidMappings: orSame(options.gidMap, options.uidMap) };
  }
  checkOneMap(options);
  if (options.subids) return subordinateMaps(facts);
  if (facts.uid === 0 && !options.keepId) {
    return { uidMappings: sameIds(facts.ownUids), gidMappings: sameIds(facts.ownGids) };
  }
  const inside = options.keepId
    ? facts
    : { uid: options.user?.uid ?? 0, gid: options.user?.gid ?? options.user?.uid ?? 0 };
  return {
    uidMappings: [{ containerID: inside.uid, hostID: facts.uid, size: 1 }],
    gidMappings: [{ containerID: inside.gid, hostID: facts.gid, size: 1 }],
  };
}

/** --subids and --keep-id each say what the whole map is. */
function checkOneMap({ subids, keepId }: RunOptions): void {
  if (!subids || !keepId) return;
  throw new NsboxError(
    "EUSAGE",
    "Cannot use --subids and --keep-id together: each gives the caller another id inside",
    {
      hint: "choose one of them, or write the map with --uid-map and --gid-map",
    },
  );
}

/** 0 is the caller, 1 and up are his subordinate ids, in the order of /etc/subuid. */
function subordinateMaps(facts: HostFacts): IdMaps {
  const map = (own: number, ranges: readonly SubIdRange[], file: string): readonly IdMapping[] => {
    if (ranges.length === 0) {
      throw new NsboxError("EHOST", `Cannot map subordinate ids: ${file} has none for uid ${facts.uid}`, {
        hint: `as root, give some: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER`,
      });
    }
    let containerID = 1;
    const maps: IdMapping[] = [{ containerID: 0, hostID: own, size: 1 }];
    for (const { start, count } of ranges) {
      maps.push({ containerID, hostID: start, size: count });
      containerID += count;
    }
    return maps;
  };
  return {
    uidMappings: map(facts.uid, facts.subuids, "/etc/subuid"),
    gidMappings: map(facts.gid, facts.subgids, "/etc/subgid"),
  };
}

/** A map given for users only, or groups only, holds for both. */
function orSame(map: readonly IdMapping[], other: readonly IdMapping[]): readonly IdMapping[] {
  return map.length > 0 ? map : other;
}

function buildUser(options: RunOptions, facts: HostFacts, namespaces: Namespaces): User {
  const umask = options.umask ?? 0o022;
  const own = options.keepId ? { uid: facts.uid, gid: facts.gid } : undefined;
  const host = namespaces.user.kind === "host" && facts.uid !== 0 ? { uid: facts.uid, gid: facts.gid } : undefined;
  const uid = options.user?.uid ?? own?.uid ?? host?.uid ?? 0;
  const gid = options.user?.gid ?? (options.user === undefined ? (own?.gid ?? host?.gid) : undefined) ?? uid;
  return { uid, gid, additionalGids: [], umask };
}

/**
 * SECURITY: where kernel.core_pattern names a program (systemd-coredump, apport), a limit of 0 bytes is no limit: root's
 * program outside would still be given the box's memory. KERNEL: 1 stops it, and is too little for a file; do_coredump().
 */
const NO_CORE = 1;

function buildRlimits(options: RunOptions): readonly Rlimit[] {
  const core: Rlimit = { type: "RLIMIT_CORE", soft: NO_CORE, hard: NO_CORE };
  for (const limit of options.rlimits) if (limit.type === core.type) return options.rlimits;
  return [core, ...options.rlimits];
}

const OOM_SCORE_MAX = 1000;

/** A box is to go before what its caller cares for. */
function buildOomScore(
  { oomScoreAdj }: RunOptions,
  facts: HostFacts,
  proc: "fresh" | "bind" | "none",
): OomScore | undefined {
  if (oomScoreAdj !== undefined) return { value: oomScoreAdj, insist: true };
  // It is set through /proc, and the host's is read-only.
  if (proc !== "fresh") return undefined;
  return { value: Math.min(facts.oomScoreAdj + DEFAULT_OOM_SCORE_RISE, OOM_SCORE_MAX), insist: false };
}

/** The current folder, which is seen inside if perhaps empty; "/" in a root of its own. */
function workingFolder(options: RunOptions, facts: HostFacts, root: Root): string {
  if (options.workdir !== undefined) return normalPath(options.workdir, "/");
  return root.source.kind === "host" ? facts.cwd : "/";
}
