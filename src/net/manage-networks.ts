// What `nsbox net` does: networks made, shown, removed, and what nobody needs any more cleared away.
import { parseLink } from "#ffi/uapi/rtnetlink-answers.ts";
import { deleteLink, getLinks } from "#ffi/uapi/rtnetlink-requests.ts";
import { NsboxError } from "#src/error.ts";
import { DEFAULT_NETWORK } from "#src/spec/network.ts";
import { type Firewall, openFirewall } from "./firewall.ts";
import { pidNow } from "./box-pid.ts";
import { publishedNow } from "./dying-leases.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { isAlive, sweepLeases } from "./leases.ts";
import { Netlink } from "./netlink.ts";
import { BRIDGE_PREFIX, VETH_PREFIX } from "./network-record.ts";
import { listNetworks, NetworkStore } from "./network-store.ts";
import { type NetworkView, viewNetwork } from "./network-view.ts";
import { createNetwork, findLink, type NetworkWish, removeFromHost } from "./networks.ts";
import { unknownNetwork } from "./prepare-bridges.ts";

/** Every network, or those named. Throws NsboxError ESPEC of a name that is none. */
export function viewNetworks(names: readonly string[]): readonly NetworkView[] {
  using netlink = new Netlink();
  sweepDead(netlink);
  const all = listNetworks().map(({ network, leases }) => {
    const alive = leases.filter((lease) => isAlive(lease, netlink));
    const shown = alive.map((lease) => ({
      ...lease,
      box: pidNow(lease) === undefined ? undefined : lease.box,
      publish: publishedNow(lease),
    }));
    return viewNetwork(network, shown, findLink(netlink, network.bridge) !== undefined);
  });
  return names.length === 0
    ? all
    : names.map((name) => {
        const found = all.find((one) => one.name === name);
        if (found === undefined) throw unknownNetwork(name, all);
        return found;
      });
}

/** What boxes that were killed have left goes on the way, so that a port of theirs is not led to nobody for long. */
function sweepDead(netlink: Netlink): void {
  const isDead = (lease: LeaseRecord): boolean => !isAlive(lease, netlink);
  if (process.geteuid?.() !== 0 || !listNetworks().some(({ leases }) => leases.some(isDead))) return;
  using store = new NetworkStore();
  for (const network of store.networks()) sweepLeases(store, netlink, network, openFirewall);
}

/** Makes a network. Its bridge comes up with its first box. Throws NsboxError. */
export function makeNetwork(wish: NetworkWish): NetworkView {
  using netlink = new Netlink();
  using store = new NetworkStore();
  if (store.find(wish.name) !== undefined) {
    throw new NsboxError("ESPEC", `Cannot make the network "${wish.name}": there is one`, {
      hint: `choose another name, or remove it: nsbox net rm ${wish.name}`,
    });
  }
  return viewNetwork(createNetwork(store, netlink, wish), [], false);
}

/** Removes networks; with `force` even from under their boxes. Throws NsboxError, and then has removed none. */
export function removeNetworks(names: readonly string[], force: boolean): void {
  checkRoot("remove a network");
  using netlink = new Netlink();
  using store = new NetworkStore();
  const networks = names.map((name) => {
    const network = store.find(name);
    if (network === undefined) throw unknownNetwork(name, store.networks());
    return network;
  });
  for (const network of networks) {
    const { alive } = sweepLeases(store, netlink, network, openFirewall);
    if (alive.length === 0 || force) continue;
    const who = alive.map(({ name, box }) => name ?? `process ${box?.pid ?? "in the making"}`).join(", ");
    throw new NsboxError("ESPEC", `Cannot remove the network "${network.name}": it has boxes: ${who}`, {
      hint: "end them first, or take it from them with --force",
    });
  }
  const firewall = openFirewall();
  for (const network of networks) {
    for (const lease of store.leases(network)) {
      netlink.request(`remove ${lease.veth}`, deleteLink(lease.veth), "ENODEV");
      if (lease.publish.length > 0) firewall.removePublished(lease.veth);
    }
    removeFromHost(network, netlink, firewall);
    store.remove(network);
  }
}

/** Root alone changes the host's network. Throws NsboxError EHOST. */
export function checkRoot(what: string): void {
  if (process.geteuid?.() === 0) return;
  throw new NsboxError("EHOST", `Cannot ${what}: EPERM, it changes the host's network, which takes root`, {
    hint: "without root, nsbox run --net pasta gives a box a network",
  });
}

/** What was cleared away. */
export interface Pruned {
  readonly networks: readonly string[];
  readonly leases: readonly string[];
  readonly bridges: readonly string[];
  readonly rules: readonly string[];
}

/** Clears away what dead boxes have left, networks without boxes, and devices and rules that belong to none. */
export function pruneNetworks(): Pruned {
  checkRoot("prune networks");
  using netlink = new Netlink();
  using store = new NetworkStore();
  const firewall: Firewall = openFirewall();
  const pruned = { networks: [] as string[], leases: [] as string[], bridges: [] as string[], rules: [] as string[] };
  for (const network of store.networks()) {
    const { alive, dead } = sweepLeases(store, netlink, network, () => firewall);
    pruned.leases.push(...dead.map(({ ip4 }) => `${network.name} ${ip4}`));
    if (alive.length > 0) continue;
    // What was created stays created; its bridge comes back with its next box.
    if (network.name === DEFAULT_NETWORK) {
      store.remove(network);
      pruned.networks.push(network.name);
    }
    if (findLink(netlink, network.bridge) !== undefined) pruned.bridges.push(network.bridge);
    removeFromHost(network, netlink, firewall);
  }
  clearStrays(store, netlink, firewall, pruned);
  return pruned;
}

/** Bridges and rules of networks whose state is gone, and rules of boxes that are. */
function clearStrays(store: NetworkStore, netlink: Netlink, firewall: Firewall, pruned: Writable<Pruned>): void {
  const links = netlink.list("list devices", getLinks(), parseLink);
  const bridges = store.networks().map(({ bridge }) => bridge);
  for (const { name, kind } of links) {
    // A bridge with ports may be another state folder's.
    const isStray = kind === "bridge" && name.startsWith(BRIDGE_PREFIX) && !bridges.includes(name);
    const index = links.find((link) => link.name === name)?.index;
    if (!isStray || links.some(({ master }) => master === index)) continue;
    netlink.request(`remove the bridge ${name}`, deleteLink(name), "ENODEV");
    pruned.bridges.push(name);
  }
  const left = netlink.list("list devices", getLinks(), parseLink).map(({ name }) => name);
  for (const name of firewall.list()) {
    if (left.includes(name) || !(name.startsWith(BRIDGE_PREFIX) || name.startsWith(VETH_PREFIX))) continue;
    firewall.removePublished(name);
    pruned.rules.push(name);
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
