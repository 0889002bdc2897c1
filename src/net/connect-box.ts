// A box that runs is put into one more network, or taken out of one.
import { deleteLink } from "#ffi/uapi/rtnetlink-requests.ts";
import { NsboxError } from "#src/error.ts";
import type { BoxInterface } from "#src/spec/network.ts";
import { refreshHosts } from "./box-hosts.ts";
import { isInBox, netnsOf, pidOfBox } from "./box-pid.ts";
import { type BridgeMember, makeVeth, memberInterface } from "./bridge-session.ts";
import { openFirewall } from "./firewall.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { chooseAddresses, isAlive, sweepLeases } from "./leases.ts";
import { checkRoot } from "./manage-networks.ts";
import { Netlink } from "./netlink.ts";
import type { NetworkRecord } from "./network-record.ts";
import { NetworkStore } from "./network-store.ts";
import { ensureBridge } from "./networks.ts";
import { identify } from "#src/state/process-life.ts";
import { buildLease, findNetwork, NO_SETTINGS, ownIdentity, randomHostIndex, randomVeth } from "./prepare-bridges.ts";

/** What may be said of its place there. */
export interface ConnectWish {
  readonly ip: string | undefined;
  readonly ip6: string | undefined;
  readonly name: string | undefined;
}

export interface Connected {
  readonly network: string;
  readonly pid: number;
  readonly device: string;
  readonly ip4: string;
  readonly ip6?: string;
}

/** A box's place in a network. */
interface Place {
  readonly network: NetworkRecord;
  readonly lease: LeaseRecord;
}

/** `configure` sets the device up inside, once it is there. Throws NsboxError, and then has changed nothing. */
export function connectBox(
  name: string,
  box: string,
  wish: ConnectWish,
  configure: (link: BoxInterface, pid: number) => void,
): Connected {
  checkRoot(`connect "${box}"`);
  using netlink = new Netlink();
  using store = new NetworkStore();
  const network = findNetwork(store, netlink, name);
  const places = allPlaces(store, netlink);
  const pid = findPid(box, places);
  const its = places.filter(({ lease }) => isInBox(lease, pid));
  const here = its.find((place) => place.network.name === name);
  if (here !== undefined) {
    throw new NsboxError("ESPEC", `Cannot connect "${box}": it is in "${name}" already, as ${here.lease.ip4}`, {
      hint: `take it out first: nsbox net disconnect ${name} ${box}`,
    });
  }
  const bridge = ensureBridge(network, netlink, openFirewall);
  const { alive } = sweepLeases(store, netlink, network, openFirewall);
  const first = its[0]?.lease;
  const built = buildLease({
    options: { hostname: undefined, name: wish.name ?? first?.name, network: NO_SETTINGS },
    addresses: chooseAddresses(network, alive, wish),
    launcher: ownIdentity(),
    veth: randomVeth(),
    hosts: first?.hosts,
    isFirst: false,
  });
  const lease = { ...built, box: identify(pid) };
  const member = {
    network,
    lease,
    bridge: bridge.index,
    hostIndex: randomHostIndex(),
    leasePath: store.leasePath(network, lease),
  };
  store.saveLease(network, lease);
  let link: BoxInterface;
  try {
    link = makeFreeLink(member, pid, its.length);
    configure(link, pid);
  } catch (error) {
    netlink.request(`remove ${lease.veth}`, deleteLink(lease.veth), "ENODEV");
    store.removeLease(network, lease);
    throw error;
  }
  refreshHosts(store, [name]);
  const { ip4, ip6 } = lease;
  return { network: name, pid, device: link.name, ip4, ...(ip6 === undefined ? {} : { ip6 }) };
}

const DEVICES_MAX = 64;

/** The box's next device: it may have some that are not nsbox's. */
function makeFreeLink(member: BridgeMember, pid: number, first: number): BoxInterface {
  for (let n = first; n < DEVICES_MAX; n++) {
    const link = memberInterface(member, n);
    if (makeVeth(link, member, pid, "EEXIST", "EBUSY")) return link;
  }
  throw new NsboxError("ESETUP", `Cannot make a device in the box: it has ${DEVICES_MAX} already`);
}

/** Throws NsboxError ESPEC if the box isn't in the network. */
export function disconnectBox(name: string, box: string): void {
  checkRoot(`disconnect "${box}"`);
  using netlink = new Netlink();
  using store = new NetworkStore();
  findNetwork(store, netlink, name);
  const places = allPlaces(store, netlink);
  const pid = findPid(box, places);
  const place = places.find(({ network, lease }) => network.name === name && isInBox(lease, pid));
  if (place === undefined) {
    throw new NsboxError("ESPEC", `Cannot disconnect "${box}": it is not in the network "${name}"`, {
      hint: `nsbox net inspect ${name} shows who is`,
    });
  }
  const { network, lease } = place;
  netlink.request(`remove ${lease.veth}`, deleteLink(lease.veth), "ENODEV");
  if (lease.publish.length > 0) openFirewall().removePublished(lease.veth);
  // The box's file of names stays: it is in use for as long as the box lives.
  store.removeLease(network, { ...lease, hosts: undefined });
  refreshHosts(store, [name]);
}

function allPlaces(store: NetworkStore, netlink: Netlink): readonly Place[] {
  return store
    .networks()
    .flatMap((network) => store.leases(network).map((lease) => ({ network, lease })))
    .filter(({ lease }) => isAlive(lease, netlink));
}

/** A box's first process, or any other that has a network of its own. Throws NsboxError ESPEC. */
function findPid(box: string, places: readonly Place[]): number {
  const pid = pidOfBox(
    box,
    places.map(({ lease }) => lease),
  );
  const hint = "give a PID, or the name of a box that runs; nsbox ps and nsbox net inspect list both";
  if (pid === undefined) throw new NsboxError("ESPEC", `Cannot find the box "${box}": none has this name`, { hint });
  const its = netnsOf(pid);
  if (its === undefined) throw new NsboxError("ESPEC", `Cannot find the box ${box}: no process has this PID`, { hint });
  if (its !== netnsOf(process.pid)) return pid;
  throw new NsboxError("ESPEC", `Cannot connect ${box}: it is on the host's own network`, { hint });
}
