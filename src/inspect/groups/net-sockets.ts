// Sockets that wait for others: /proc/PID/net/{tcp,tcp6,udp,udp6,unix}, see proc_pid_net(5).
import { formatIp } from "#ffi/uapi/inet.ts";
import type { NetlinkMessage } from "#ffi/uapi/netlink.ts";
import { parseDiagSocket } from "#ffi/uapi/sock-diag.ts";
import { AF } from "#ffi/uapi/socket.ts";
import { type IdRange, isDigits, parseLines, wordsOf } from "../proc-text.ts";
import { outsideId } from "./ids.ts";
import { ipv4Text, ipv6Text, parseHex } from "./net-address.ts";

export type Protocol = "tcp" | "tcp6" | "udp" | "udp6" | "unix";

export interface Listener {
  readonly protocol: Protocol;
  /** An address, or the name of a Unix socket: a path, or "@name" in the abstract space of its network namespace. */
  readonly address: string;
  readonly port: number | undefined;
  /** Whose it is, as you see him; not told of Unix sockets, nor where you have no number for him. */
  readonly uid: number | undefined;
  readonly inode: number;
}

/** TCP_LISTEN; a UDP socket that is bound and not connected stands at TCP_CLOSE. See net/tcp_states.h. */
const WAITING: Readonly<Record<Exclude<Protocol, "unix">, string>> = { tcp: "0A", tcp6: "0A", udp: "07", udp6: "07" };

/** Those of an Internet table that wait: listening TCP, unconnected UDP. */
export function parseInternet(protocol: Exclude<Protocol, "unix">, text: string): readonly Listener[] {
  // The first line is the table's head, and most often all of it.
  return parseLines(text.slice(text.indexOf("\n") + 1), (line) => {
    const words = wordsOf(line);
    const [local, uid, inode] = [words[1] ?? "", words[7], words[9]];
    if (words[3] !== WAITING[protocol] || !isDigits(uid, 10) || !isDigits(inode, INODE_DIGITS)) return undefined;
    const [hex, portHex] = [local.slice(0, local.indexOf(":")), local.slice(local.indexOf(":") + 1)];
    const address = protocol.endsWith("6") ? ipv6Text(hex, "words") : ipv4Text(hex, "words");
    const port = parseHex(portHex);
    if (address === undefined || port === undefined) return undefined;
    return { protocol, address, port, uid: Number(uid), inode: Number(inode) };
  });
}

/**
 * One that the kernel tells of, see sock_diag(7). KERNEL: its uid is the one in the user namespace of whoever opened
 * the netlink socket (from_kuid_munged() in net/ipv4/inet_diag.c); `uidMap` is that namespace's where it isn't yours.
 * Who has no uid there is told as the overflow uid, 65534, and taken for whoever has that one, if the map has it.
 */
export function diagListener(message: NetlinkMessage, uidMap?: readonly IdRange[]): Listener | undefined {
  const socket = parseDiagSocket(message);
  if (socket === undefined) return undefined;
  const { family, address, port, inode } = socket;
  const uid = uidMap === undefined ? socket.uid : outsideId(socket.uid, uidMap);
  return { protocol: family === AF.INET6 ? "tcp6" : "tcp", address: formatIp(address), port, uid, inode };
}

/** __SO_ACCEPTCON: somebody may connect. */
const LISTENING = 0x10000;

/** Which words of a line of /proc/PID/net/unix these are: Num: RefCount Protocol Flags Type St Inode Path. */
const FLAGS_AT = 3;
const INODE_AT = 6;
const INODE_DIGITS = 15;

/** Unix sockets that listen and have a name; the name is the rest of the line, blanks and all. */
export function parseUnix(text: string): readonly Listener[] {
  return parseLines(text, (line) => {
    const words = line.split(" ");
    if (((parseHex(words[FLAGS_AT]) ?? 0) & LISTENING) === 0) return undefined;
    // A short inode is filled up with blanks in front.
    let at = INODE_AT;
    while (words[at] === "") at++;
    const [inode, address] = [words[at], words.slice(at + 1).join(" ")];
    if (!isDigits(inode, INODE_DIGITS) || address === "") return undefined;
    return { protocol: "unix", address, port: undefined, uid: undefined, inode: Number(inode) };
  });
}

/** "0.0.0.0:80", "[::1]:80", "/run/x.sock". */
export function listenerText({ address, port }: Listener): string {
  if (port === undefined) return address;
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
