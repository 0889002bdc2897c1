// The plans that golden tests, simulation and fault injection go through: one for each way a box can be made.
import { compileDefault } from "#src/cli/seccomp-file.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import { buildCapabilities } from "#src/spec/build-capabilities.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { BoxNetwork } from "#src/spec/network.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS, ROOT_FACTS, SAMPLE_FACTS } from "./sample-facts.ts";

interface GoldenCase {
  readonly name: string;
  readonly facts: HostFacts;
  readonly options: Partial<RunOptions>;
}

const HOSTS_FILE = "/run/nsbox/net/default/hosts/nsv01234567";

const BRIDGED: BoxNetwork = {
  interfaces: [
    {
      name: "eth0",
      index: 100,
      making: { kind: "veth", host: "nsv01234567", hostIndex: 1048576, bridge: "nsb-default" },
      mac: "0a:58:0a:d5:00:02",
      mtu: undefined,
      addresses: ["10.213.0.2/24", "fd00::2/64"],
      gateways: ["10.213.0.1", "fd00::1"],
    },
  ],
  helper: undefined,
  hosts: { path: HOSTS_FILE },
  resolv: { path: "/etc/resolv.conf", content: "nameserver 192.0.2.53\n" },
};

export const GOLDEN_CASES: readonly GoldenCase[] = [
  { name: "default", facts: SAMPLE_FACTS, options: {} },
  { name: "default-as-root", facts: ROOT_FACTS, options: {} },
  { name: "no-clone3", facts: { ...SAMPLE_FACTS, clone3: false }, options: {} },
  { name: "no-init", facts: SAMPLE_FACTS, options: { init: false } },
  { name: "terminal", facts: SAMPLE_FACTS, options: { tty: true } },
  { name: "root-dir", facts: SAMPLE_FACTS, options: { root: { kind: "dir", path: "/srv/rootfs" }, args: ["/bin/sh"] } },
  {
    name: "root-dir-overlay-kept",
    facts: SAMPLE_FACTS,
    options: { root: { kind: "dir", path: "/srv/rootfs" }, overlayDir: "/data" },
  },
  { name: "host-overlay", facts: SAMPLE_FACTS, options: { overlay: true } },
  {
    name: "empty-root",
    facts: SAMPLE_FACTS,
    options: {
      root: { kind: "empty" },
      mounts: [
        { kind: "bind", source: "/data", destination: "/in", readOnly: true, flag: "--ro" },
        { kind: "bind", source: "/data/file", destination: "/etc/file", readOnly: false, flag: "--rw" },
        { kind: "tmpfs", destination: "/scratch", sizeBytes: 1 << 20, mode: undefined, readOnly: false, noexec: true },
      ],
    },
  },
  { name: "subordinate-ids", facts: SAMPLE_FACTS, options: { subids: true, user: { uid: 7, gid: 8 } } },
  { name: "capabilities", facts: SAMPLE_FACTS, options: { user: { uid: 7, gid: 7 }, capAdd: ["CAP_SYS_PTRACE"] } },
  { name: "audit", facts: SAMPLE_FACTS, options: { audit: "/var/log/box.jsonl" } },
  { name: "hidden", facts: SAMPLE_FACTS, options: { hide: ["/data", "/data/file"], landlock: false } },
  {
    name: "hidden-in-writable",
    facts: SAMPLE_FACTS,
    options: {
      mounts: [{ kind: "bind", source: "/data", destination: undefined, readOnly: false, flag: "--rw" }],
      hide: ["/data/file"],
      landlock: false,
    },
  },
  {
    name: "protected",
    facts: SAMPLE_FACTS,
    options: {
      mounts: [{ kind: "bind", source: ".", destination: undefined, readOnly: false, flag: "--rw" }],
      landlock: false,
    },
  },
  {
    name: "joined-user",
    facts: SAMPLE_FACTS,
    options: { namespaces: { user: { kind: "pid", pid: 4711 }, net: { kind: "pid", pid: 4711 } } },
  },
  { name: "no-namespaces", facts: SAMPLE_FACTS, options: { noNamespaces: true } },
  {
    name: "egress",
    facts: SAMPLE_FACTS,
    options: { allowHosts: [{ kind: "name", name: "example.org", below: false, ports: "web" }] },
  },
  {
    name: "idmapped-root",
    facts: { ...ROOT_FACTS, rootOwner: 0 },
    options: {
      root: { kind: "dir", path: "/srv/rootfs" },
      uidMap: [{ containerID: 0, hostID: 100000, size: 65536 }],
      gidMap: [{ containerID: 0, hostID: 100000, size: 65536 }],
    },
  },
  { name: "detached", facts: SAMPLE_FACTS, options: { detach: true, timeoutMs: 60_000 } },
  { name: "detached-terminal", facts: SAMPLE_FACTS, options: { detach: true, tty: true } },
  { name: "time", facts: SAMPLE_FACTS, options: { boottimeSeconds: 86400 } },
  {
    name: "joined-net",
    facts: ROOT_FACTS,
    options: { namespaces: { net: { kind: "path", path: "/run/netns/blue" }, pid: { kind: "host" } } },
  },
  {
    name: "bridge",
    facts: {
      ...ROOT_FACTS,
      network: BRIDGED,
      paths: { ...ROOT_FACTS.paths, "/etc/hosts": "file", [HOSTS_FILE]: "file" },
    },
    options: { namespaces: { net: { kind: "network", network: { kind: "bridge", names: ["default"] } } } },
  },
  {
    name: "pasta",
    facts: {
      ...SAMPLE_FACTS,
      network: {
        interfaces: [],
        helper: ["/usr/bin/pasta", "--config-net", "{pid}"],
        hosts: undefined,
        resolv: undefined,
      },
    },
    options: { namespaces: { net: { kind: "network", network: { kind: "pasta" } } }, init: false },
  },
  {
    name: "names-and-limits",
    facts: SAMPLE_FACTS,
    options: {
      hostname: "alpha",
      domainname: "example.org",
      umask: 0o077,
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 64, hard: 128 }],
      env: [{ kind: "set", name: "A", value: "b" }],
      passFds: [5],
      args: ["/bin/sh", "-c", "id"],
    },
  },
];

/** The plan of a case. */
export function goldenPlan({ facts, options }: GoldenCase): Plan {
  const all = { ...NO_OPTIONS, ...options };
  const seccomp =
    all.audit === undefined && !all.noNamespaces
      ? undefined
      : compileDefault(all, facts, buildCapabilities(0, all).bounding);
  return buildPlan(buildSpec(all, facts, seccomp), facts);
}
