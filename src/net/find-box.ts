// --net container:NAME: the network namespace of a box that has this name.
import { NsboxError } from "#src/error.ts";
import type { NamespaceOption } from "#src/spec/options.ts";
import { pidOfBox } from "./box-pid.ts";
import { isAlive } from "./leases.ts";
import { Netlink } from "./netlink.ts";
import { listNetworks } from "./network-store.ts";

/** Throws NsboxError ESPEC if no box that lives has the name. */
export function findBoxNamespace(name: string): NamespaceOption & { readonly kind: "pid" } {
  using netlink = new Netlink();
  const leases = listNetworks().flatMap(({ leases: list }) => list.filter((lease) => isAlive(lease, netlink)));
  const pid = pidOfBox(name, leases);
  if (pid !== undefined) return { kind: "pid", pid };
  throw new NsboxError("ESPEC", `Cannot join the network of "${name}": no box of that name is running`, {
    hint: "give the PID of a process of the box instead: --net container:PID",
  });
}
