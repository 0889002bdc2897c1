// A box's place in a network, as it is kept in the state folder: a file with the name of its address. Pure.
import type { PublishedPort } from "#src/spec/network.ts";
import type { ProcessIdentity } from "#src/state/process-life.ts";
import { asObject, VETH_PREFIX } from "./network-record.ts";

export interface LeaseRecord {
  readonly ip4: string;
  readonly ip6: string | undefined;
  readonly mac: string;
  /** What the box is called by its neighbours. */
  readonly name: string | undefined;
  /** The box's end of its pair on the host: it goes with the box's namespace, and as long as it is there the box is. */
  readonly veth: string;
  /** Who made the box: until it has made the pair, it vouches for the lease. */
  readonly launcher: ProcessIdentity;
  /** The box's first process; undefined until it is there. It may end before the box, whose network others may be in. */
  readonly box: ProcessIdentity | undefined;
  readonly publish: readonly PublishedPort[];
  /** The file that the box sees as /etc/hosts, and what stands in it besides the neighbours. */
  readonly hosts: string | undefined;
  readonly ownHosts: readonly { readonly name: string; readonly ip: string }[];
}

/** What a file says, checked; undefined where it isn't a lease. */
export function parseLease(value: unknown): LeaseRecord | undefined {
  const record = asObject(value) ?? {};
  const { ip4, mac, veth } = record;
  const launcher = parseIdentity(record["launcher"]);
  if (typeof ip4 !== "string" || typeof mac !== "string" || typeof veth !== "string" || launcher === undefined)
    return undefined;
  if (!veth.startsWith(VETH_PREFIX)) return undefined;
  return {
    ip4,
    ip6: textOf(record["ip6"]),
    mac,
    name: textOf(record["name"]),
    veth,
    launcher,
    box: parseIdentity(record["box"]),
    publish: listOf(record["publish"]).flatMap(parsePort),
    hosts: textOf(record["hosts"]),
    ownHosts: listOf(record["ownHosts"]).flatMap(parseEntry),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function parseIdentity(value: unknown): ProcessIdentity | undefined {
  const { pid, startTicks } = asObject(value) ?? {};
  return typeof pid === "number" && typeof startTicks === "number" ? { pid, startTicks } : undefined;
}

function parsePort(value: unknown): readonly PublishedPort[] {
  const { protocol, hostIp, hostPort, boxPort } = asObject(value) ?? {};
  if ((protocol !== "tcp" && protocol !== "udp") || typeof hostPort !== "number" || typeof boxPort !== "number")
    return [];
  return [{ protocol, hostIp: textOf(hostIp), hostPort, boxPort }];
}

function parseEntry(value: unknown): readonly { readonly name: string; readonly ip: string }[] {
  const { name, ip } = asObject(value) ?? {};
  return typeof name === "string" && typeof ip === "string" ? [{ name, ip }] : [];
}

/** Whether it stands for every address of its version. */
export function isEvery(hostIp: string): boolean {
  return hostIp === "0.0.0.0" || hostIp === "::";
}

/** Whether two publish the same port of the same address. */
export function portsClash(a: PublishedPort, b: PublishedPort): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort) return false;
  if (a.hostIp === undefined || b.hostIp === undefined || a.hostIp === b.hostIp) return true;
  const sameVersion = a.hostIp.includes(":") === b.hostIp.includes(":");
  return sameVersion && (isEvery(a.hostIp) || isEvery(b.hostIp));
}

/** "127.0.0.1:8080:80/tcp", as --publish takes it. */
export function formatPort({ protocol, hostIp, hostPort, boxPort }: PublishedPort): string {
  const where = hostIp === undefined ? "" : hostIp.includes(":") ? `[${hostIp}]:` : `${hostIp}:`;
  return `${where}${hostPort}:${boxPort}/${protocol}`;
}
