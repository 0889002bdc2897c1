// Steps that enter and furnish namespaces, see namespaces(7).
import { CLONE, NAMESPACE_FLAGS } from "#ffi/uapi/clone.ts";
import { SIOC } from "#ffi/uapi/ioctl.ts";
import { AF, IFF, SOCK } from "#ffi/uapi/socket.ts";
import { type Arg, type Call, call, fd, memory, result } from "#ffi/tape/call.ts";
import { EGRESS_SOCKET } from "#src/spec/egress.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import { quote, type StepKind } from "../step.ts";
import { receiveSoonCalls, sendFileCall, writeFileCalls } from "./files.ts";
import { launcherCheckCall } from "./process.ts";

/** Enter an existing namespace; the launcher opened it as the file `join-TYPE`. See setns(2). */
export interface JoinStep {
  readonly kind: "join";
  readonly type: NamespaceType;
  readonly path: string;
}

export const joinStep: StepKind<JoinStep> = {
  phase: "join",
  explain: (step) => `enter the ${step.type} namespace of ${quote(step.path)}`,
  lower: (step) => [call("setns", [fd(joinFd(step.type)), NAMESPACE_FLAGS[step.type]])],
};

/** The name of the file through which a namespace is joined. */
export function joinFd(type: NamespaceType): string {
  return `join-${type}`;
}

/** Write the box's own id map, possible without privilege for one id; see user_namespaces(7). */
export interface OwnIdMapStep {
  readonly kind: "own-id-map";
  readonly uidMap: string;
  readonly gidMap: string;
}

export const ownIdMapStep: StepKind<OwnIdMapStep> = {
  phase: "ids",
  explain: (step) => `map uid ${quote(step.uidMap)} and gid ${quote(step.gidMap)}, and deny setgroups`,
  // SECURITY: setgroups is denied before the gid map is written, or a group that denies access could be dropped
  // (CVE-2014-8989); the kernel insists on it.
  lower: (step) => [
    ...writeFileCalls("/proc/self/uid_map", step.uidMap),
    ...writeFileCalls("/proc/self/setgroups", "deny"),
    ...writeFileCalls("/proc/self/gid_map", step.gidMap),
  ],
};

/** A time namespace for what is started from here on, see time_namespaces(7). */
export interface TimeStep {
  readonly kind: "time-namespace";
  readonly monotonic: number;
  readonly boottime: number;
}

export const timeStep: StepKind<TimeStep> = {
  phase: "identity",
  explain: (step) => `make a time namespace: monotonic ${step.monotonic} s, boottime ${step.boottime} s ahead`,
  lower: (step) => [
    call("unshare", [CLONE.NEWTIME]),
    ...writeFileCalls("/proc/self/timens_offsets", `monotonic ${step.monotonic} 0\nboottime ${step.boottime} 0\n`),
  ],
};

/** Listen on the box's loopback, and hand the socket to a proxy outside: the only way out of this box. */
export interface EgressStep {
  readonly kind: "egress";
  readonly port: number;
  /** How many patterns of hosts are allowed, and denied. */
  readonly allow: number;
  readonly deny: number;
}

const LOOPBACK_ADDRESS = 0x7f000001;
const BACKLOG = 128;

export const egressStep: StepKind<EgressStep> = {
  phase: "identity",
  explain: ({ port, allow, deny }) =>
    `listen on 127.0.0.1:${port} for a proxy outside, which lets ${allow} patterns of hosts through and keeps ${deny} out`,
  lower: ({ port }) => [
    call("socket", [AF.INET, SOCK.STREAM | SOCK.CLOEXEC, 0], { as: "egress" }),
    call("bind", [fd("egress"), socketAddress(port), SOCKADDR_IN_BYTES]),
    call("listen", [fd("egress"), BACKLOG]),
    sendFileCall(EGRESS_SOCKET, "egress"),
  ],
};

const SOCKADDR_IN_BYTES = 16;

/** struct sockaddr_in: the family in the machine's order, port and address in the network's; see ip(7). */
function socketAddress(port: number): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_IN_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF.INET, true);
  view.setUint16(2, port);
  view.setUint32(4, LOOPBACK_ADDRESS);
  return bytes;
}

/** See cgroup_namespaces(7). */
export interface CgroupStep {
  readonly kind: "cgroup-namespace";
}

export const cgroupStep: StepKind<CgroupStep> = {
  phase: "ids",
  explain: () => "see the box's own cgroup as the root of all (a new cgroup namespace)",
  lower: () => [call("unshare", [CLONE.NEWCGROUP])],
};

/** Name the host seen inside, see sethostname(2). */
export interface HostnameStep {
  readonly kind: "hostname";
  readonly name: string;
}

export const hostnameStep: StepKind<HostnameStep> = {
  phase: "identity",
  explain: (step) => `set the host name to ${quote(step.name)}`,
  lower: (step) => [call("sethostname", [step.name, byteLength(step.name)])],
};

/** Name the NIS domain seen inside, see setdomainname(2). */
export interface DomainnameStep {
  readonly kind: "domainname";
  readonly name: string;
}

export const domainnameStep: StepKind<DomainnameStep> = {
  phase: "identity",
  explain: (step) => `set the domain name to ${quote(step.name)}`,
  lower: (step) => [call("setdomainname", [step.name, byteLength(step.name)])],
};

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Bring the loopback device up; a new network namespace has it down. See netdevice(7). */
export interface LoopbackStep {
  readonly kind: "loopback";
}

const IFREQ_BYTES = 40;

export const loopbackStep: StepKind<LoopbackStep> = {
  phase: "identity",
  explain: () => "bring the loopback device up",
  lower: () => {
    const socket = "loopback-socket";
    return [call("socket", [AF.INET, SOCK.DGRAM | SOCK.CLOEXEC, 0], { label: socket }), loopbackUpCall(result(socket))];
  },
};

/** Through a socket of the net namespace whose loopback device it is. */
export function loopbackUpCall(socket: Arg): Call {
  const ifreq = new Uint8Array(IFREQ_BYTES); // char name[16]; short flags; …
  ifreq.set(new TextEncoder().encode("lo"));
  new DataView(ifreq.buffer).setUint16(16, IFF.UP, true);
  return call("ioctl", [socket, SIOC.SIFFLAGS, ifreq]);
}

/** Enter the net namespace that a helper of the launcher's has made meanwhile: see compile/namespace-calls.ts. */
export interface EnterNetworkStep {
  readonly kind: "enter-network";
  /** The init has but one end of the sockets. */
  readonly in: "setup" | "init";
}

/** The ends of the pair of sockets that it is sent over: files of the launch. */
export const NETWORK_SENDER = "network-sender";
export const NETWORK_RECEIVER = "network-receiver";

export const enterNetworkStep: StepKind<EnterNetworkStep> = {
  phase: "mounts",
  explain: () => "enter the net namespace that was made meanwhile",
  lower: (step) => {
    const net = "net namespace of the box";
    return [
      ...(step.in === "init" ? [] : [call("close", [fd(NETWORK_SENDER)])]),
      ...receiveSoonCalls(NETWORK_RECEIVER, net),
      call("setns", [result(net), CLONE.NEWNET]),
      // Once more: the helper had the report open, too, and has closed it by now.
      launcherCheckCall(),
    ];
  },
};

/** Wait until it is furnished. */
export interface AwaitNetworkStep {
  readonly kind: "await-network";
}

export const awaitNetworkStep: StepKind<AwaitNetworkStep> = {
  phase: "privileges",
  explain: () => "wait until the loopback device is up",
  lower: () => [call("read", [fd(NETWORK_RECEIVER), memory("up", 8), 1], { cases: [{ equals: 0, then: "report" }] })],
};
