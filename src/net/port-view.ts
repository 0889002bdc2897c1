// Published ports of one box → data, and text for people.
import { NsboxError } from "#src/error.ts";
import type { PublishedPort } from "#src/spec/network.ts";
import { publishedNow } from "./dying-leases.ts";
import { isInBox, netnsOf, pidOfBox } from "./box-pid.ts";
import { findHelperPorts } from "./helper-ports.ts";
import { isAlive } from "./leases.ts";
import { Netlink } from "./netlink.ts";
import { listNetworks } from "./network-store.ts";

/** One way from the host to the box, as `--json` has it. Names are stable. */
export interface PortView {
  readonly protocol: PublishedPort["protocol"];
  readonly boxPort: number;
  /** "0.0.0.0" and "::" stand for every address of the host. */
  readonly hostIp: string;
  readonly hostPort: number;
  /** The network whose rules lead it, or "pasta". */
  readonly through: string;
}

/** The ports of a box. Throws NsboxError. */
export function viewPorts(word: string): readonly PortView[] {
  using netlink = new Netlink();
  const places = listNetworks().flatMap(({ network, leases }) => leases.map((lease) => ({ network, lease })));
  const alive = places.filter(({ lease }) => isAlive(lease, netlink));
  const pid = pidOfBox(
    word,
    alive.map(({ lease }) => lease),
  );
  const netns = pid === undefined ? undefined : netnsOf(pid);
  if (pid === undefined || netns === undefined) {
    throw new NsboxError("ESPEC", `Cannot show the ports of ${JSON.stringify(word)}: no box of this name runs`, {
      hint: "give the name of a box, or a PID; nsbox ps and nsbox net inspect NETWORK list both",
    });
  }
  if (netns === netnsOf(process.pid)) {
    throw new NsboxError("ESPEC", `Cannot show the ports of ${JSON.stringify(word)}: it is on the host's own network`, {
      hint: "what it listens on is reached as it is: nsbox inspect shows that",
    });
  }
  const bridged = alive.flatMap(({ network, lease }) =>
    publishedNow(lease).length > 0 && isInBox(lease, pid)
      ? lease.publish.flatMap((port) => waysTo(port, network.name, lease.ip6 !== undefined))
      : [],
  );
  const helper = findHelperPorts(netns);
  const served = helper?.ports.flatMap((port) => waysTo(port, "pasta", true)) ?? [];
  return [...bridged, ...served].sort(byPort);
}

/** A port of every address is one of each version. */
export function waysTo(port: PublishedPort, through: string, hasIp6: boolean): readonly PortView[] {
  const { protocol, boxPort, hostIp, hostPort } = port;
  const ips = hostIp === undefined ? ["0.0.0.0", ...(hasIp6 ? ["::"] : [])] : [hostIp];
  return ips.map((ip) => ({ protocol, boxPort, hostIp: ip, hostPort, through }));
}

function byPort(one: PortView, other: PortView): number {
  if (one.boxPort !== other.boxPort) return one.boxPort - other.boxPort;
  if (one.protocol !== other.protocol) return one.protocol < other.protocol ? -1 : 1;
  return one.hostPort - other.hostPort;
}

/** "0.0.0.0:8080", "[::]:8080". */
export function formatEnd({ hostIp, hostPort }: PortView): string {
  return `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:${hostPort}`;
}

/** "80/tcp -> 0.0.0.0:8080", a line each. */
export function explainPorts(ports: readonly PortView[]): string {
  return ports.map((port) => `${port.boxPort}/${port.protocol} -> ${formatEnd(port)}\n`).join("");
}
