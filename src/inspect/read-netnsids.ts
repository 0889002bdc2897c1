// The numbers by which one's own network namespace knows others, see RTM_GETNSID in rtnetlink(7) and ip-netns(8).
import { parseNetnsid } from "#ffi/uapi/rtnetlink-answers.ts";
import { getNetnsid } from "#ffi/uapi/rtnetlink-requests.ts";
import { Netlink } from "#src/net/netlink.ts";
import type { NamespaceGraph } from "./namespace-graph.ts";

/** By inode; those without a process, and those that have no number, are left out. */
export function readNetnsids({ namespaces }: NamespaceGraph): ReadonlyMap<number, number> {
  const numbers = new Map<number, number>();
  using netlink = new Netlink();
  for (const { type, inode, processes } of namespaces) {
    const [pid] = processes;
    if (type !== "net" || pid === undefined) continue;
    const number = askNetnsid(netlink, pid);
    if (number !== undefined) numbers.set(inode, number);
  }
  return numbers;
}

/** The number that the socket's namespace has for that of a process; undefined where it has none. */
export function askNetnsid(netlink: Netlink, pid: number): number | undefined {
  const { messages, said } = netlink.ask(getNetnsid(pid));
  // ESRCH: it has ended meanwhile.
  if (said.errno !== 0) return undefined;
  for (const message of messages) {
    const found = parseNetnsid(message);
    if (found !== undefined) return found;
  }
  return undefined;
}
