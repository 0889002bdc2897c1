// RunOptions while they are being read: the same fields, to be written to.
import type { HostPattern } from "#src/spec/egress.ts";
import type { EnvOption, Label, MountOption, NamespaceOption, RunOptions } from "#src/spec/options.ts";
import type { HostEntry, NetworkSettings, PublishedPort } from "#src/spec/network.ts";
import type { IdMapping, NamespaceType, Rlimit } from "#src/spec/spec.ts";

type NetworkLists = {
  dns: string[];
  dnsSearch: string[];
  addHosts: HostEntry[];
  publish: PublishedPort[];
};

type Lists = {
  network: { -readonly [K in keyof Omit<NetworkSettings, keyof NetworkLists>]: NetworkSettings[K] } & NetworkLists;
  mounts: MountOption[];
  uidMap: IdMapping[];
  gidMap: IdMapping[];
  env: EnvOption[];
  envFiles: string[];
  rlimits: Rlimit[];
  capAdd: string[];
  capDrop: string[];
  hide: string[];
  allowHosts: HostPattern[];
  denyHosts: HostPattern[];
  passFds: number[];
  labels: Label[];
  namespaces: Partial<Record<NamespaceType, NamespaceOption>>;
};

/** RunOptions while they are being read. */
export type RunDraft = { -readonly [K in keyof Omit<RunOptions, keyof Lists>]: RunOptions[K] } & Lists;

/** A draft in which nothing has been said. */
export function emptyDraft(): RunDraft {
  return {
    root: undefined,
    writableRoot: false,
    overlay: false,
    overlayDir: undefined,
    mounts: [],
    proc: undefined,
    dev: undefined,
    home: undefined,
    namespaces: {},
    noNamespaces: false,
    unixSockets: false,
    allowHosts: [],
    denyHosts: [],
    netLog: undefined,
    network: {
      ip: undefined,
      ip6: undefined,
      mac: undefined,
      mtu: undefined,
      dns: [],
      dnsSearch: [],
      addHosts: [],
      publish: [],
    },
    boottimeSeconds: undefined,
    monotonicSeconds: undefined,
    user: undefined,
    uidMap: [],
    gidMap: [],
    subids: false,
    keepId: false,
    hostname: undefined,
    domainname: undefined,
    workdir: undefined,
    env: [],
    envFiles: [],
    envAll: false,
    rlimits: [],
    oomScoreAdj: undefined,
    capAdd: [],
    capDrop: [],
    allowNewPrivs: false,
    landlock: undefined,
    seccomp: undefined,
    audit: undefined,
    nested: false,
    hide: [],
    protect: true,
    umask: undefined,
    tty: undefined,
    interactive: false,
    init: true,
    passFds: [],
    timeoutMs: undefined,
    name: undefined,
    detach: false,
    rm: false,
    labels: [],
    restart: undefined,
    log: undefined,
    logSize: undefined,
    pidsLimit: undefined,
    dryRun: false,
    json: false,
    help: false,
    config: undefined,
    args: [],
  };
}
