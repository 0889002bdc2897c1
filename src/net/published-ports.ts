// Whether ports of the host can be published: said before anything is made.
import { closeFile, asFd } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { ERRNO } from "#ffi/uapi/errno.ts";
import { parseIp } from "#ffi/uapi/inet.ts";
import { u32 } from "#ffi/uapi/netlink.ts";
import { AF, IPPROTO_IPV6, IPV6_V6ONLY, packSockaddr, SO, SOCK, SOL } from "#ffi/uapi/socket.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import type { PublishedPort } from "#src/spec/network.ts";
import { portsClash } from "./lease-record.ts";
import { isAlive } from "./leases.ts";
import type { Netlink } from "./netlink.ts";
import type { NetworkStore } from "./network-store.ts";

/** Throws NsboxError ESPEC where a box or a program of the host has a port already. */
export function checkPortsFree(ports: readonly PublishedPort[], store: NetworkStore, netlink: Netlink): void {
  if (ports.length === 0) return;
  const leases = store.networks().flatMap((network) => store.leases(network));
  for (const port of ports) {
    const holder = leases.find(
      (lease) => lease.publish.some((other) => portsClash(port, other)) && isAlive(lease, netlink),
    );
    const who = holder?.name === undefined ? "another box" : `the box "${holder.name}"`;
    if (holder !== undefined) throw inUse(port, `${who} publishes it`);
    checkBindable(port);
  }
}

function inUse({ hostIp, hostPort, protocol }: PublishedPort, state: string): NsboxError {
  const where = hostIp === undefined ? `${hostPort}` : `${hostPort} of ${hostIp}`;
  return new NsboxError("ESPEC", `Cannot publish ${protocol} port ${where}: ${state}`, {
    hint: `choose another port of the host, or end who has it: ss -ln${protocol === "udp" ? "u" : "t"}p 'sport = ${hostPort}'`,
  });
}

const ANY: readonly string[] = ["0.0.0.0", "::"];
const ON: Uint8Array = u32(1);

/** Whether a program could listen there now. Throws NsboxError. */
export function checkBindable(port: PublishedPort): void {
  for (const address of port.hostIp === undefined ? ANY : [port.hostIp]) {
    const errno = tryBind(port, address);
    if (errno === ERRNO.EADDRINUSE.number) throw inUse(port, "EADDRINUSE (Address already in use), a program has it");
    if (errno === ERRNO.EADDRNOTAVAIL.number && port.hostIp !== undefined)
      throw inUse(port, "EADDRNOTAVAIL (Cannot assign requested address), the host has no such address");
    if (errno === ERRNO.EACCES.number) throw inUse(port, `${explainErrno(errno)}, low ports take root`);
  }
}

/** The errno of bind(2); 0 where all went well. */
function tryBind({ protocol, hostPort }: PublishedPort, address: string): number {
  const ip = parseIp(address) ?? new Uint8Array(4);
  const family = ip.length === 4 ? AF.INET : AF.INET6;
  const type = protocol === "tcp" ? SOCK.STREAM : SOCK.DGRAM;
  const number = rawSyscall("socket", family, type | SOCK.CLOEXEC, 0);
  if (number < 0) return -number; // EAFNOSUPPORT: no IPv6
  const fd = asFd(number);
  // Connections that have just ended hold a TCP port for minutes, and are no obstacle.
  if (protocol === "tcp") rawSyscall("setsockopt", fd, SOL.SOCKET, SO.REUSEADDR, ON, ON.length);
  if (family === AF.INET6) rawSyscall("setsockopt", fd, IPPROTO_IPV6, IPV6_V6ONLY, ON, ON.length);
  const bytes = packSockaddr(ip, hostPort);
  const result = rawSyscall("bind", fd, bytes, bytes.length);
  closeFile(fd);
  return result < 0 ? -result : 0;
}
