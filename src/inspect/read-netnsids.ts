// The numbers by which one's own network namespace knows others, see RTM_GETNSID in rtnetlink(7) and ip-netns(8).
import { closeFile, asFd, readInto } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { AF, SOCK } from "#ffi/uapi/socket.ts";
import type { NamespaceGraph } from "./namespace-graph.ts";

// linux/rtnetlink.h, linux/net_namespace.h
const RTM_NEWNSID = 88;
const RTM_GETNSID = 90;
const NLM_F_REQUEST = 1;
const NETNSA_NSID = 1;
const NETNSA_PID = 2;
const HEADER_BYTES = 16;
const REPLY_BYTES = 4096;

/** By inode; those without a process, and those that have no number, are left out. */
export function readNetnsids({ namespaces }: NamespaceGraph): ReadonlyMap<number, number> {
  const numbers = new Map<number, number>();
  const socket = rawSyscall("socket", AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, 0);
  if (socket < 0) return numbers;
  const fd = asFd(socket);
  for (const { type, inode, processes } of namespaces) {
    const [pid] = processes;
    if (type !== "net" || pid === undefined) continue;
    if (rawSyscall("sendto", fd, requestFor(pid), REQUEST_BYTES, 0, 0, 0) < 0) continue;
    const reply = new Uint8Array(REPLY_BYTES);
    const number = parseReply(reply.subarray(0, readInto(fd, reply)));
    if (number !== undefined && number >= 0) numbers.set(inode, number);
  }
  closeFile(fd);
  return numbers;
}

// struct nlmsghdr, struct rtgenmsg and its padding, struct rtattr with a number.
const REQUEST_BYTES: number = HEADER_BYTES + 4 + 8;

function requestFor(pid: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(REQUEST_BYTES));
  view.setUint32(0, REQUEST_BYTES, true);
  view.setUint16(4, RTM_GETNSID, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  view.setUint16(HEADER_BYTES + 4, 8, true);
  view.setUint16(HEADER_BYTES + 6, NETNSA_PID, true);
  view.setUint32(HEADER_BYTES + 8, pid, true);
  return new Uint8Array(view.buffer);
}

/** The number in an answer; undefined for an error: the process has ended. */
export function parseReply(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES + 4 || view.getUint16(4, true) !== RTM_NEWNSID) return undefined;
  for (let at = HEADER_BYTES + 4; at + 8 <= bytes.length;) {
    const length = view.getUint16(at, true);
    if (view.getUint16(at + 2, true) === NETNSA_NSID) return view.getInt32(at + 4, true);
    at += Math.max(4, (length + 3) & ~3);
  }
  return undefined;
}
