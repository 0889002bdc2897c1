// The network of a process: what the kernel answers to a socket that was made in its network namespace, or what
// /proc/PID/net shows to whoever sees the process.
import type { Fd } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { call, memory } from "#ffi/tape/call.ts";
import { NETLINK } from "#ffi/uapi/netlink.ts";
import { getTcpListeners, NETLINK_SOCK_DIAG } from "#ffi/uapi/sock-diag.ts";
import { AF, SOCK } from "#ffi/uapi/socket.ts";
import { findHelperPorts } from "#src/net/helper-ports.ts";
import { Netlink } from "#src/net/netlink.ts";
import type { Peeked } from "#src/run/peek.ts";
import { askNetwork } from "./ask-network.ts";
import { mapReadable, type Readable } from "./groups/group.ts";
import { hasAny } from "./groups/lists.ts";
import { concerning, type NatRule } from "./groups/nat-rules.ts";
import type { Neighbour } from "./groups/net-links.ts";
import { diagListener, type Listener, parseInternet, parseUnix } from "./groups/net-sockets.ts";
import type { Network } from "./groups/network.ts";
import type { NamespaceFiles } from "./namespace-files.ts";
import { attempt, type ProcDir } from "./proc-dir.ts";
import type { IdRange } from "./proc-text.ts";
import { optional, readNetFiles, type ReadText, readTcpFiles } from "./read-net-files.ts";
import { refuse, type Subject } from "./refusal.ts";
import type { Surroundings } from "./surroundings.ts";
import { afterVisit, savedFile, type Visit } from "./visit.ts";

const EPERM = 1;

/** Of what process this is, and where it is looked at from. */
interface Circumstances {
  readonly subject: Subject;
  readonly around: Surroundings;
  readonly files: NamespaceFiles | undefined;
  /** Of the process's user namespace. */
  readonly uidMap: Readable<readonly IdRange[]>;
}

/** `visit` is what became of NETWORK_VISIT. */
export function readNetwork(
  dir: ProcDir,
  visit: Readable<Peeked>,
  { subject, around, files, uidMap }: Circumstances,
): Network {
  const text = (name: string): Readable<string> => dir.readable(`net/${name}`, subject);
  const { diag, route } = socketsOf(visit);
  const { interfaces, addresses, routes, neighbours } =
    route === undefined ? readNetFiles(text, untold(visit, subject)) : askNetwork(route, around);
  return {
    interfaces,
    addresses,
    routes,
    neighbours,
    natRules: readNatRules(interfaces, addresses, around),
    helper: readHelper(interfaces, () => attempt(subject, () => dir.link("ns/net"))),
    listening: readListeners(text, diag, mapOfOpener(files, uidMap)),
  };
}

/** Why a visit has not brought a socket. */
function untold(visit: Readable<Peeked>, subject: Subject): Readable<readonly Neighbour[]> {
  return "value" in visit ? refuse(EPERM, subject) : visit;
}

/** Packets pass the rules of your namespace only where something leads from it to the other. */
function readNatRules(
  interfaces: Network["interfaces"],
  addresses: Network["addresses"],
  around: Surroundings,
): Readable<readonly NatRule[]> {
  const list = "value" in interfaces ? interfaces.value : [];
  if (!hasAny(list, ({ peer }) => peer?.where === "yours")) return { value: [] };
  return mapReadable(around.natRules, (rules) => concerning(rules, "value" in addresses ? addresses.value : [], list));
}

/** Whoever is the network in user space has a tun device there. */
function readHelper(interfaces: Network["interfaces"], readNetns: () => Readable<string>): Network["helper"] {
  if (!("value" in interfaces) || !hasAny(interfaces.value, ({ kind }) => kind === "tun")) return undefined;
  const netns = readNetns();
  return "value" in netns ? findHelperPorts(netns.value) : undefined;
}

/**
 * The map of the user namespace that the sockets were opened in; undefined where that is yours, as none was entered:
 * see ownerToJoin() in visit.ts. Of another than the process's the map isn't read, and none of its ids known.
 */
function mapOfOpener(
  files: NamespaceFiles | undefined,
  uidMap: Readable<readonly IdRange[]>,
): readonly IdRange[] | undefined {
  const net = files?.get("net");
  if (net === undefined || net.yours || "errno" in net.owner || net.owner.inode === files?.yourUser) return undefined;
  return net.owner.inode === files?.get("user")?.inode && "value" in uidMap ? uidMap.value : [];
}

function readListeners(
  text: ReadText,
  diag: Fd | undefined,
  uidMap: readonly IdRange[] | undefined,
): Readable<readonly Listener[]> {
  const tcp = diag === undefined ? undefined : askListeners(diag, uidMap);
  return mapReadable(tcp === undefined ? readTcpFiles(text) : { value: tcp }, (list) => [
    ...list,
    ...parseInternet("udp", optional(text("udp"))),
    ...parseInternet("udp6", optional(text("udp6"))),
    ...parseUnix(optional(text("unix"))),
  ]);
}

/** Both families, one after the other; undefined where the kernel doesn't answer such questions. */
function askListeners(diag: Fd, uidMap: readonly IdRange[] | undefined): readonly Listener[] | undefined {
  const netlink = new Netlink({ fd: diag });
  try {
    const all: Listener[] = [];
    for (const family of [AF.INET, AF.INET6]) {
      const { messages, said } = netlink.ask(getTcpListeners(family));
      if (said.errno !== 0) return undefined;
      for (const message of messages) {
        const one = diagListener(message, uidMap);
        if (one !== undefined) all.push(one);
      }
    }
    return all;
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  } finally {
    netlink[Symbol.dispose]();
  }
}

/** Sockets belong to the network namespace that they were made in. */
interface Sockets {
  readonly diag: Fd | undefined;
  readonly route: Fd | undefined;
}

/** Each socket is tried for, and may be had without the others. */
export const NETWORK_VISIT: Visit = {
  type: "net",
  calls: [
    call("socket", [AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, NETLINK_SOCK_DIAG], {
      save: memory("diag", 8),
      fail: "route",
    }),
    call("socket", [AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, NETLINK.ROUTE], {
      label: "route",
      save: memory("route", 8),
      fail: afterVisit("net"),
    }),
  ],
};

function socketsOf(visit: Readable<Peeked>): Sockets {
  if (!("value" in visit)) return { diag: undefined, route: undefined };
  const saved = (name: keyof Sockets): Fd | undefined => {
    const file = savedFile(visit.value, name);
    return "fd" in file ? file.fd : undefined;
  };
  return { diag: saved("diag"), route: saved("route") };
}
