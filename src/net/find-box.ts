// --net container:NAME: the network namespace of a box that has this name in a network.
import { NsboxError } from "#src/error.ts";
import type { NamespaceOption } from "#src/spec/options.ts";
import { isAlive } from "./leases.ts";
import { Netlink } from "./netlink.ts";
import { listNetworks } from "./network-store.ts";

/** Throws NsboxError ESPEC if no box that lives has the name. */
export function findBoxNamespace(name: string): NamespaceOption & { readonly kind: "pid" } {
  using netlink = new Netlink();
  const leases = listNetworks().flatMap(({ leases: list }) => list);
  const lease = leases.find((one) => one.name === name && one.pid !== undefined && isAlive(one, netlink));
  if (lease?.pid !== undefined) return { kind: "pid", pid: lease.pid };
  throw new NsboxError("ESPEC", `Cannot join the network of "${name}": no box of that name is in a network`, {
    hint: "give the PID of a process of the box instead: --net container:PID",
  });
}
