// The default profile for a box that has the host's network and file system in common: it makes no sockets that reach
// them. What Landlock knows of the network are TCP ports, and those only since Linux 6.7; neither UDP nor the sockets
// behind paths, such as Docker's, which are as good as root.
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { AF } from "#ffi/uapi/socket.ts";
import { syscallNumber } from "#ffi/uapi/syscalls.ts";
import { equal } from "./group.ts";
import { type ArgumentRule, type Policy, refuse } from "./policy.ts";

/** Which sockets a box may make after all. */
export interface Sockets {
  readonly internet: boolean;
  /** By path or by abstract name; pairs of sockets are always there. */
  readonly unix: boolean;
}

const WHY = "A box without namespaces makes no sockets that reach the host.";

/** The policy, but for those sockets: EACCES, as Landlock and firewalls answer. */
export function withoutSockets(policy: Policy, { internet, unix }: Sockets): Policy {
  const families = [...(internet ? [] : [AF.INET, AF.INET6]), ...(unix ? [] : [AF.UNIX])];
  const rules = families.map((family): ArgumentRule => ({
    when: [equal(0, family)],
    verdict: refuse(errnoNumber("EACCES")),
    why: WHY,
  }));
  const nr = syscallNumber(policy.arch, "socket");
  const before = policy.calls.get(nr);
  if (before === undefined || rules.length === 0) return policy;
  return { ...policy, calls: new Map(policy.calls).set(nr, { ...before, rules: [...rules, ...before.rules] }) };
}
