// Ports of the host that are to be published: taken before anything is made, or said whose they are.
import { closeFile, asFd, type Fd } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { parseIp } from "#ffi/uapi/inet.ts";
import { u32 } from "#ffi/uapi/netlink.ts";
import { AF, IPPROTO_IPV6, IPV6_V6ONLY, packSockaddr, SO, SOCK, SOL } from "#ffi/uapi/socket.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import type { PublishedPort } from "#src/spec/network.ts";
import { publishedNow, waitUntil } from "./dying-leases.ts";
import { type LeaseRecord, portsClash } from "./lease-record.ts";
import { isAlive } from "./leases.ts";
import type { Netlink } from "./netlink.ts";

/** Sockets that keep programs of the host from taking published ports, which would then get nothing to hear. */
export interface HeldPorts {
  readonly fds: readonly Fd[];
  release(): void;
}

/** Takes the ports. Throws NsboxError ESPEC where a box or a program of the host has one already. */
export function holdPorts(
  ports: readonly PublishedPort[],
  leases: readonly LeaseRecord[],
  netlink: Netlink,
): HeldPorts {
  const fds: Fd[] = [];
  const release = (): void => {
    for (const fd of fds.splice(0)) closeFile(fd);
  };
  if (ports.length === 0) return { fds, release };
  try {
    for (const port of ports) {
      const clashing = leases.filter((lease) => lease.publish.some((other) => portsClash(port, other)));
      const holder = clashing.find((lease) => publishedNow(lease).length > 0 && isAlive(lease, netlink));
      const who = holder?.name === undefined ? "another box" : `the box "${holder.name}"`;
      if (holder !== undefined) throw inUse(port, `${who} publishes it`, "end that box");
      // Who waited for the end of a box may still be about to let go of it.
      if (clashing.length > 0) waitUntil(() => isFree(port), LETTING_GO_MS);
      for (const fd of bindPort(port)) {
        fds.push(fd);
        if (port.protocol === "tcp") holdTcp(fd);
      }
    }
    return { fds, release };
  } catch (error) {
    release();
    throw error;
  }
}

const LETTING_GO_MS = 500;

function isFree(port: PublishedPort): boolean {
  const sockets = addressesOf(port).map((address) => tryBind(port, address));
  for (const { fd } of sockets) if (fd !== undefined) closeFile(fd);
  return !sockets.some(({ errno }) => errno === errnoNumber("EADDRINUSE"));
}

/** Whether a program could listen there now. Throws NsboxError ESPEC. */
export function checkBindable(port: PublishedPort): void {
  for (const fd of bindPort(port)) closeFile(fd);
}

/**
 * Makes others' bind(2) fail from here on, and connections to it be refused.
 *
 * KERNEL: two sockets with SO_REUSEADDR share a port while neither listens. What once has listened shares no more,
 * if its own SO_REUSEADDR is then taken away.
 */
function holdTcp(fd: Fd): void {
  rawSyscall("listen", fd, 0);
  rawSyscall("shutdown", fd, SHUT_RDWR);
  rawSyscall("setsockopt", fd, SOL.SOCKET, SO.REUSEADDR, OFF, OFF.length);
}

function inUse({ hostIp, hostPort, protocol }: PublishedPort, state: string, end?: string): NsboxError {
  const where = hostIp === undefined ? `${hostPort}` : `${hostPort} of ${hostIp}`;
  return new NsboxError("ESPEC", `Cannot publish ${protocol} port ${where}: ${state}`, {
    hint: `choose another port of the host, or ${end ?? `end who has it: ss -ln${protocol === "udp" ? "u" : "t"}p 'sport = ${hostPort}'`}`,
  });
}

const ANY: readonly string[] = ["0.0.0.0", "::"];
const SHUT_RDWR = 2;
const ON: Uint8Array = u32(1);
const OFF: Uint8Array = u32(0);

function addressesOf({ hostIp }: PublishedPort): readonly string[] {
  return hostIp === undefined ? ANY : [hostIp];
}

/** A socket for each address of the port; none of a version that the kernel has not got. Throws NsboxError ESPEC. */
function bindPort(port: PublishedPort): readonly Fd[] {
  const fds: Fd[] = [];
  for (const address of addressesOf(port)) {
    const { fd, errno } = tryBind(port, address);
    if (fd !== undefined) fds.push(fd);
    const refusal = refusalOf(port, errno);
    if (refusal === undefined) continue;
    for (const one of fds) closeFile(one);
    throw refusal;
  }
  return fds;
}

function refusalOf(port: PublishedPort, errno: number): NsboxError | undefined {
  if (errno === errnoNumber("EADDRINUSE")) return inUse(port, "EADDRINUSE (Address already in use), a program has it");
  if (errno === errnoNumber("EADDRNOTAVAIL") && port.hostIp !== undefined)
    return inUse(port, "EADDRNOTAVAIL (Cannot assign requested address), the host has no such address");
  if (errno === errnoNumber("EAFNOSUPPORT") && port.hostIp !== undefined)
    return inUse(port, `${explainErrno(errno)}, this kernel has no IPv6`);
  if (errno === errnoNumber("EACCES")) return inUse(port, `${explainErrno(errno)}, low ports take root`);
  return undefined;
}

/** A bound socket, or the errno. */
function tryBind(
  { protocol, hostPort }: PublishedPort,
  address: string,
): { readonly fd: Fd | undefined; readonly errno: number } {
  const ip = parseIp(address) ?? new Uint8Array(4);
  const family = ip.length === 4 ? AF.INET : AF.INET6;
  const type = protocol === "tcp" ? SOCK.STREAM : SOCK.DGRAM;
  const number = rawSyscall("socket", family, type | SOCK.CLOEXEC, 0);
  if (number < 0) return { fd: undefined, errno: -number }; // EAFNOSUPPORT: no IPv6
  const fd = asFd(number);
  // Connections that have just ended hold a TCP port for minutes, and are no obstacle.
  if (protocol === "tcp") rawSyscall("setsockopt", fd, SOL.SOCKET, SO.REUSEADDR, ON, ON.length);
  if (family === AF.INET6) rawSyscall("setsockopt", fd, IPPROTO_IPV6, IPV6_V6ONLY, ON, ON.length);
  const bytes = packSockaddr(ip, hostPort);
  const result = rawSyscall("bind", fd, bytes, bytes.length);
  if (result >= 0) return { fd, errno: 0 };
  closeFile(fd);
  return { fd: undefined, errno: -result };
}
