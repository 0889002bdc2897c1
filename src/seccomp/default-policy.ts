// The default profile as a policy for one machine.
import { syscallTable } from "#ffi/uapi/syscalls.ts";
import { GROUPS, UNKNOWN, UNKNOWN_WHY } from "./default-profile.ts";
import type { CallGroup } from "./group.ts";
import { ALLOW, type Arch, type CallPolicy, type Policy } from "./policy.ts";

/** The names in a group, those of every machine. */
export function callsOf({ calls }: CallGroup): readonly string[] {
  return calls.split(/\s+/);
}

/** What the default profile decides about every call of this machine. */
export function defaultPolicy(arch: Arch): Policy {
  const numbers = syscallTable(arch);
  const calls = new Map<number, CallPolicy>();
  for (const group of GROUPS) {
    const why = `${group.title}. ${group.why}`;
    const rules = (group.rules ?? []).map((rule) => ({ ...rule, why }));
    for (const name of callsOf(group)) {
      const nr = numbers[name];
      if (nr !== undefined) calls.set(nr, { rules, otherwise: group.otherwise ?? ALLOW, why });
    }
  }
  return { arch, calls, unlisted: { verdict: UNKNOWN, why: UNKNOWN_WHY } };
}
