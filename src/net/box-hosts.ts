// Names: every box has a file of its own as /etc/hosts, written anew when a neighbour with a name comes or goes. D-20.
import { hostsText } from "./hosts-text.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { type NetworkStore, writeHosts } from "./network-store.ts";

/** Writes the files of all boxes in these networks; or of one box alone, whose path is given. */
export function refreshHosts(store: NetworkStore, networks: readonly string[], only?: string): void {
  const all = store.networks().map((network) => ({ name: network.name, leases: store.leases(network) }));
  const near = all.filter(({ name }) => networks.includes(name)).flatMap(({ leases }) => leases);
  const paths = only === undefined ? new Set(near.flatMap(({ hosts }) => hosts ?? [])) : [only];
  for (const path of paths) {
    const isHere = ({ hosts }: LeaseRecord): boolean => hosts === path;
    const neighbours = all.filter(({ leases }) => leases.some(isHere)).flatMap(({ leases }) => leases);
    const own = neighbours.find((lease) => isHere(lease) && lease.ownHosts.length > 0)?.ownHosts ?? [];
    writeHosts(path, hostsText(own, neighbours.flatMap(namesOf)));
  }
}

function namesOf({ name, ip4, ip6 }: LeaseRecord): readonly { readonly name: string; readonly ip: string }[] {
  if (name === undefined) return [];
  return [{ name, ip: ip4 }, ...(ip6 === undefined ? [] : [{ name, ip: ip6 }])];
}
