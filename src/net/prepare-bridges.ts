// --net bridge: the networks set up, an address taken in each, ports published. What fails leaves nothing taken.
import { formatMac } from "#ffi/uapi/inet.ts";
import { NsboxError } from "#src/error.ts";
import { DEFAULT_HOSTNAME } from "#src/spec/defaults.ts";
import { DEFAULT_NETWORK, type HostEntry, type NetworkSettings, type PublishedPort } from "#src/spec/network.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { nearest } from "#src/spec/suggest.ts";
import { identify, type ProcessIdentity } from "#src/state/process-life.ts";
import { refreshHosts } from "./box-hosts.ts";
import { type BridgeMember, type BridgeParts, BridgeSession } from "./bridge-session.ts";
import { waitForDying } from "./dying-leases.ts";
import { type Firewall, openFirewall } from "./firewall.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { type Addresses, chooseAddresses, isAlive, sweepLeases } from "./leases.ts";
import { Netlink } from "./netlink.ts";
import { type NetworkRecord, VETH_PREFIX } from "./network-record.ts";
import { listNetworks, NetworkStore } from "./network-store.ts";
import type { NetworkSession } from "./network-session.ts";
import { createNetwork, ensureBridge, type NetworkWish, planNetwork } from "./networks.ts";
import { type HeldPorts, holdPorts } from "./published-ports.ts";
import { macOf } from "./subnet.ts";

/** Indices of the other ends on the host: above those that the kernel gives by itself. */
const HOST_INDEX_RANGE: readonly [number, number] = [2 ** 20, 2 ** 30];
const VETH_BYTES = 4;
const NOTHING_HELD: HeldPorts = { fds: [], release: () => {} };

/** An index that no device of the host is likely to have. Loading node:crypto for it would cost a part of a box. */
export function randomHostIndex(): number {
  const [first, end] = HOST_INDEX_RANGE;
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return first + (random % (end - first));
}

/** Nothing was said of the box's network. */
export const NO_SETTINGS: NetworkSettings = {
  ip: undefined,
  ip6: undefined,
  mac: undefined,
  mtu: undefined,
  dns: [],
  dnsSearch: [],
  addHosts: [],
  publish: [],
};

/** Takes a place in each network. Throws NsboxError. */
export function prepareBridges(names: readonly string[], options: RunOptions): NetworkSession {
  checkRoot();
  checkLeadable(options.network.publish);
  using netlink = new Netlink();
  using store = new NetworkStore();
  let opened: Firewall | undefined;
  const firewall = (): Firewall => (opened ??= openFirewall());
  const members: BridgeMember[] = [];
  let held: HeldPorts | undefined;
  try {
    const networks = names.map((name) => findNetwork(store, netlink, name));
    // Who asks for nothing of others need not know of them.
    const leases = asksForMore(options.network) ? store.networks().flatMap((one) => store.leases(one)) : [];
    waitForDying(leases, options.network, netlink);
    held = holdPorts(options.network.publish, leases, netlink);
    const launcher = ownIdentity();
    for (const network of networks) {
      const bridge = ensureBridge(network, netlink, firewall);
      const { alive } = sweepLeases(store, netlink, network, firewall);
      const isFirst = members.length === 0;
      const { ip, ip6 } = options.network;
      const addresses = chooseAddresses(network, alive, isFirst ? { ip, ip6 } : { ip: undefined, ip6: undefined });
      if (isFirst) checkVersions(options.network.publish, network);
      const veth = randomVeth();
      const hosts = members[0]?.lease.hosts ?? store.hostsPath(network, { veth });
      const lease = buildLease({ options, addresses, launcher, veth, hosts, isFirst });
      store.saveLease(network, lease);
      const hostIndex = randomHostIndex();
      members.push({ network, lease, bridge: bridge.index, hostIndex, leasePath: store.leasePath(network, lease) });
    }
    writeNames(store, members);
    return publish({ members, options, held }, firewall);
  } catch (error) {
    held?.release();
    for (const { network, lease } of members) store.removeLease(network, lease);
    throw error;
  }
}

/** The same for a dry run: what would be taken, and nothing changed. Throws NsboxError. */
export function describeBridges(names: readonly string[], options: RunOptions): NetworkSession {
  using netlink = new Netlink();
  const all = listNetworks();
  const launcher = ownIdentity();
  const members = names.map((name, n): BridgeMember => {
    const found = all.find(({ network }) => network.name === name);
    if (found === undefined && name !== DEFAULT_NETWORK)
      throw unknownNetwork(
        name,
        all.map((one) => one.network),
      );
    const network =
      found?.network ??
      planNetwork(
        netlink,
        all.map((one) => one.network),
        defaultWish(name),
      );
    const alive = (found?.leases ?? []).filter((lease) => isAlive(lease, netlink));
    const { ip, ip6 } = options.network;
    const addresses = chooseAddresses(network, alive, n === 0 ? { ip, ip6 } : { ip: undefined, ip6: undefined });
    const veth = randomVeth();
    const lease = buildLease({ options, addresses, launcher, veth, hosts: undefined, isFirst: n === 0 });
    return { network, lease, bridge: 0, hostIndex: HOST_INDEX_RANGE[0], leasePath: "" };
  });
  return new BridgeSession({ members, options, held: NOTHING_HELD, undo: [] });
}

function checkRoot(): void {
  if (process.geteuid?.() === 0) return;
  throw new NsboxError("EHOST", "Cannot use --net bridge: EPERM, it changes the host's network, which takes root", {
    hint: "use --net pasta, which needs no privileges",
  });
}

/** A port of an address of IPv6 leads nowhere in a network without. */
function checkVersions(ports: readonly PublishedPort[], { name, ip6 }: NetworkRecord): void {
  const port = ports.find(({ hostIp }) => hostIp?.includes(":") === true);
  if (port === undefined || ip6 !== undefined) return;
  throw new NsboxError(
    "ESPEC",
    `Cannot publish port ${port.hostPort} of ${port.hostIp}: the network "${name}" has no IPv6`,
    {
      hint: "this host has IPv6 off, or the network was made with --no-ipv6: leave out the address, or give one of IPv4",
    },
  );
}

function asksForMore({ ip, ip6, publish }: NetworkSettings): boolean {
  return ip !== undefined || ip6 !== undefined || publish.length > 0;
}

/** KERNEL: nothing sent to ::1 leaves the loopback device, whatever becomes of its destination. */
function checkLeadable(ports: readonly PublishedPort[]): void {
  const port = ports.find(({ hostIp }) => hostIp === "::1");
  if (port === undefined) return;
  throw new NsboxError("ESPEC", `Cannot publish port ${port.hostPort} of ::1: no rule leads from there to a bridge`, {
    hint: `publish it at 127.0.0.1, or use --net pasta, which listens there`,
  });
}

/** The default one comes into being by itself; others were created. */
export function findNetwork(store: NetworkStore, netlink: Netlink, name: string): NetworkRecord {
  const found = store.find(name);
  if (found !== undefined) return found;
  if (name !== DEFAULT_NETWORK) throw unknownNetwork(name, store.networks());
  return createNetwork(store, netlink, defaultWish(name));
}

function defaultWish(name: string): NetworkWish {
  return { name, subnet: undefined, subnet6: undefined, ipv6: true, internal: false, mtu: undefined };
}

/** What is said of a name that is none of these networks'. */
export function unknownNetwork(name: string, known: readonly Pick<NetworkRecord, "name">[]): NsboxError {
  const near = nearest(name, [DEFAULT_NETWORK, ...known.map((one) => one.name)]);
  const meant = near === undefined ? "nsbox net ls lists the networks;" : `did you mean ${near}?`;
  return new NsboxError("ESPEC", `Cannot find the network "${name}": there is none`, {
    hint: `${meant} nsbox net create ${name} makes this one`,
  });
}

/** Who vouches for a lease until its device is there. */
export function ownIdentity(): ProcessIdentity {
  const self = identify(process.pid);
  if (self !== undefined) return self;
  throw new NsboxError("EHOST", "Cannot read /proc/self/stat", { hint: "mount /proc, of this PID namespace" });
}

interface LeaseParts {
  readonly options: Pick<RunOptions, "hostname" | "name" | "network">;
  readonly addresses: Addresses;
  readonly launcher: ProcessIdentity;
  readonly veth: string;
  readonly hosts: string | undefined;
  readonly isFirst: boolean;
}

/** A name for a box's device on the host that no other has, or had. */
export function randomVeth(): string {
  return `${VETH_PREFIX}${crypto.getRandomValues(new Uint8Array(VETH_BYTES)).toHex()}`;
}

/** A lease for a box that is not there yet. */
export function buildLease({ options, addresses, launcher, veth, hosts, isFirst }: LeaseParts): LeaseRecord {
  const { ip4, ip6 } = addresses;
  const own = options.hostname ?? options.name ?? DEFAULT_HOSTNAME;
  const ownHosts: readonly HostEntry[] = [
    { name: own, ip: ip4 },
    ...(ip6 === undefined ? [] : [{ name: own, ip: ip6 }]),
    ...options.network.addHosts,
  ];
  return {
    ip4,
    ip6,
    mac: isFirst && options.network.mac !== undefined ? options.network.mac : formatMac(macOf(ip4)),
    name: options.name,
    veth,
    launcher,
    box: undefined,
    publish: isFirst ? options.network.publish : [],
    hosts,
    ownHosts: isFirst ? ownHosts : [],
  };
}

function writeNames(store: NetworkStore, members: readonly BridgeMember[]): void {
  const lease = members[0]?.lease;
  if (lease?.hosts === undefined) return;
  refreshHosts(store, [], lease.hosts);
  if (lease.name !== undefined)
    refreshHosts(
      store,
      members.map(({ network }) => network.name),
    );
}

function publish(parts: Omit<BridgeParts, "undo">, firewall: () => Firewall): NetworkSession {
  const [first] = parts.members;
  const ports = parts.options.network.publish;
  if (first === undefined || ports.length === 0) return new BridgeSession({ ...parts, undo: [] });
  const { veth: table, ip4, ip6 } = first.lease;
  firewall().addPublished({ table, ip4, ip6, ports });
  return new BridgeSession({ ...parts, undo: firewall().undoPublished(table) });
}
