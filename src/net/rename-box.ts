// A box that lives on has another name: its neighbours find it under that, and no longer under the old one.
import { refreshHosts } from "./box-hosts.ts";
import { isInBox } from "./box-pid.ts";
import { isAlive } from "./leases.ts";
import { Netlink } from "./netlink.ts";
import { listNetworks, NetworkStore } from "./network-store.ts";

/** In every network that the box of this process is in by its old name; one that was given there stays. */
export function renameInNetworks(pid: number, old: string, name: string): void {
  if (listNetworks().length === 0) return;
  using netlink = new Netlink();
  using store = new NetworkStore();
  for (const network of store.networks()) {
    const its = store
      .leases(network)
      .filter((lease) => lease.name === old && isAlive(lease, netlink) && isInBox(lease, pid));
    for (const lease of its) store.saveLease(network, { ...lease, name });
    if (its.length > 0) refreshHosts(store, [network.name]);
  }
}
