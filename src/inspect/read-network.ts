// The network of a process: /proc/PID/net shows its namespace to whoever sees the process.
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { call, memory } from "#ffi/tape/call.ts";
import { SIOC } from "#ffi/uapi/ioctl.ts";
import {
  INET_DIAG_REQ_V2,
  IPPROTO_TCP,
  NETLINK_SOCK_DIAG,
  NLM_F,
  NLMSGHDR,
  SOCK_DIAG_BY_FAMILY,
  TCPF_LISTEN,
} from "#ffi/uapi/sock-diag.ts";
import { AF, IFF, IFREQ, SOCK } from "#ffi/uapi/socket.ts";
import type { Peeked } from "#src/run/peek.ts";
import { afterVisit, savedFile, type Visit } from "./visit.ts";
import { mapReadable, type Readable } from "./groups/group.ts";
import {
  type Address,
  type Interface,
  parseInet6Addresses,
  parseInterfaces,
  parseLocalAddresses,
  placeAddresses,
} from "./groups/net-interfaces.ts";
import { parseInet6Routes, parseRoutes, type Route } from "./groups/net-routes.ts";
import { type DiagEnd, type Listener, parseDiag, parseInternet, parseUnix } from "./groups/net-sockets.ts";
import { hasAny, mapList } from "./groups/lists.ts";
import { concerning, type NatRule } from "./groups/nat-rules.ts";
import { type LinkFacts, type Neighbour, NO_FACTS } from "./groups/net-links.ts";
import type { Network } from "./groups/network.ts";
import { NETLINK } from "#ffi/uapi/netlink.ts";
import { findHelperPorts } from "#src/net/helper-ports.ts";
import { attempt, type ProcDir } from "./proc-dir.ts";
import { type Links, readLinks } from "./read-links.ts";
import { refuse, type Subject } from "./refusal.ts";
import type { Surroundings } from "./surroundings.ts";

const EPERM = 1;

/** `visit` is what became of NETWORK_VISIT. */
export function readNetwork(
  dir: ProcDir,
  visit: Readable<Peeked>,
  { subject, around }: { readonly subject: Subject; readonly around: Surroundings },
): Network {
  const text = (name: string): Readable<string> => dir.readable(`net/${name}`, subject);
  const routes = readRoutes(text);
  const { plain, diag, route } = socketsOf(visit);
  const dev = mapReadable(text("dev"), parseInterfaces);
  const links = readLinksOf(dev, route, around);
  const interfaces = readInterfaces(dev, plain, links?.facts);
  const addresses = readAddresses(text, "value" in routes ? routes.value : []);
  const network = {
    interfaces,
    addresses,
    routes,
    neighbours: links === undefined ? untold(visit, subject) : { value: links.neighbours },
    natRules: readNatRules(interfaces, addresses, around),
    helper: readHelper(interfaces, () => attempt(subject, () => dir.link("ns/net"))),
    listening: readListeners(text, diag),
  };
  for (const fd of [plain, diag]) if (fd !== undefined) closeFile(fd);
  return network;
}

type Counted = ReturnType<typeof parseInterfaces>;

/** Loopback alone has no other end, and no neighbours; most boxes have nothing else. */
function readLinksOf(dev: Readable<Counted>, route: Fd | undefined, around: Surroundings): Links | undefined {
  if (route === undefined) return undefined;
  const names = "value" in dev ? dev.value : [];
  if (hasAny(names, ({ name }) => name !== "lo")) return readLinks(route, around);
  closeFile(route);
  return { facts: new Map(), neighbours: [] };
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

type ReadText = (name: string) => Readable<string>;

/** What a kernel without IPv6 hasn't got is empty. */
function optional(readable: Readable<string>): string {
  return "value" in readable ? readable.value : "";
}

function readRoutes(text: ReadText): Readable<readonly Route[]> {
  return mapReadable(text("route"), (v4) => [...parseRoutes(v4), ...parseInet6Routes(optional(text("ipv6_route")))]);
}

function readAddresses(text: ReadText, routes: readonly Route[]): Readable<readonly Address[]> {
  return mapReadable(text("fib_trie"), (trie) => [
    ...placeAddresses(parseLocalAddresses(trie), routes),
    ...parseInet6Addresses(optional(text("if_inet6"))),
  ]);
}

/** KERNEL: /proc/PID/net/tcp goes through every connection of the machine, milliseconds; sock_diag(7) does not. */
function readListeners(text: ReadText, diag: Fd | undefined): Readable<readonly Listener[]> {
  const tcp = diag === undefined ? undefined : askListeners(diag);
  const listeners: Readable<readonly Listener[]> =
    tcp === undefined
      ? mapReadable(text("tcp"), (v4) => [
          ...parseInternet("tcp", v4),
          ...parseInternet("tcp6", optional(text("tcp6"))),
        ])
      : { value: tcp };
  return mapReadable(listeners, (list) => [
    ...list,
    ...parseInternet("udp", optional(text("udp"))),
    ...parseInternet("udp6", optional(text("udp6"))),
    ...parseUnix(optional(text("unix"))),
  ]);
}

/** Both families, one after the other; undefined where the kernel doesn't answer such questions. */
function askListeners(diag: Fd): readonly Listener[] | undefined {
  const all: Listener[] = [];
  const answer = new Uint8Array(ANSWER_BYTES);
  for (const family of [AF.INET, AF.INET6]) {
    const question = diagQuestion(family);
    if (rawSyscall("sendto", diag, question, question.length, 0, 0, 0) < 0) return undefined;
    for (let end: DiagEnd = "more"; end === "more";) {
      const length = rawSyscall("read", diag, answer, answer.length);
      if (length <= 0) return undefined;
      const part = parseDiag(answer.subarray(0, length));
      all.push(...part.listeners);
      end = part.end;
      if (end === "refused") return undefined;
    }
  }
  return all;
}

const ANSWER_BYTES = 32 * 1024;

function diagQuestion(family: number): Uint8Array {
  const bytes = new Uint8Array(NLMSGHDR.size + INET_DIAG_REQ_V2.size);
  const head = { nlmsg_len: bytes.length, nlmsg_type: SOCK_DIAG_BY_FAMILY, nlmsg_flags: NLM_F.REQUEST | NLM_F.DUMP };
  bytes.set(NLMSGHDR.pack(head));
  const view = new DataView(bytes.buffer, NLMSGHDR.size);
  view.setUint8(INET_DIAG_REQ_V2.offsets.sdiag_family, family);
  view.setUint8(INET_DIAG_REQ_V2.offsets.sdiag_protocol, IPPROTO_TCP);
  view.setUint32(INET_DIAG_REQ_V2.offsets.idiag_states, TCPF_LISTEN, true);
  return bytes;
}

/** Whether they are up only a socket of that namespace tells; where none can be had, that stays open. */
function readInterfaces(
  dev: Readable<Counted>,
  socket: Fd | undefined,
  facts: ReadonlyMap<string, LinkFacts> | undefined,
): Readable<readonly Interface[]> {
  return mapReadable(dev, (list) =>
    mapList(list, (one) => {
      const its = facts?.get(one.name) ?? NO_FACTS;
      return { ...one, ...its, up: its.up ?? (socket === undefined ? undefined : isUp(socket, one.name)) };
    }),
  );
}

/** Sockets belong to the network namespace that they were made in. */
interface Sockets {
  readonly plain: Fd | undefined;
  readonly diag: Fd | undefined;
  readonly route: Fd | undefined;
}

/** Each socket is tried for, and may be had without the others. */
export const NETWORK_VISIT: Visit = {
  type: "net",
  calls: [
    call("socket", [AF.INET, SOCK.DGRAM | SOCK.CLOEXEC, 0], { save: memory("plain", 8), fail: "diag" }),
    call("socket", [AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, NETLINK_SOCK_DIAG], {
      label: "diag",
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
  if (!("value" in visit)) return { plain: undefined, diag: undefined, route: undefined };
  const saved = (name: keyof Sockets): Fd | undefined => {
    const file = savedFile(visit.value, name);
    return "fd" in file ? file.fd : undefined;
  };
  return { plain: saved("plain"), diag: saved("diag"), route: saved("route") };
}

function isUp(socket: Fd, name: string): boolean | undefined {
  const ifreq = new Uint8Array(IFREQ.size);
  new TextEncoder().encodeInto(name, ifreq.subarray(0, IFREQ.nameBytes - 1));
  if (rawSyscall("ioctl", socket, SIOC.GIFFLAGS, ifreq) < 0) return undefined;
  return (new DataView(ifreq.buffer).getUint16(IFREQ.offsets.ifr_flags, true) & IFF.UP) !== 0;
}
