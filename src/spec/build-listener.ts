// Who answers the calls that a filter asks about. Pure; loaded only where there is somebody.
import { SECCOMP_FILTER_FLAG } from "#ffi/uapi/seccomp.ts";
import { NsboxError } from "#src/error.ts";
import { notifyingFilter } from "#src/seccomp/notifying-filter.ts";
import { DEFAULT_PROFILE } from "./build-seccomp.ts";
import type { HostFacts } from "./facts.ts";
import type { RunOptions } from "./options.ts";
import type { Seccomp } from "./spec.ts";

/** KERNEL: since 5.19; a call that is being answered is not interrupted, so that none is asked about twice. */
const WAIT_KILLABLE_SINCE = [5, 19] as const;

/** The filter with whoever it asks. Throws NsboxError EUSAGE where both nsbox and an agent would have to answer. */
export function withListener(
  seccomp: Seccomp,
  options: RunOptions,
  { kernel }: HostFacts,
  caps: readonly string[],
): Seccomp {
  const { listener } = seccomp;
  if (options.audit === undefined && listener === undefined) return seccomp;
  if (options.audit !== undefined && listener?.kind === "agent") {
    throw new NsboxError(
      "EUSAGE",
      `Cannot use --audit with the profile ${JSON.stringify(seccomp.profile)}: it names an agent to ask`,
      {
        hint: "leave out --audit, or the profile's listenerPath: a filter has one listener",
      },
    );
  }
  if (options.detach && listener !== undefined) {
    throw new NsboxError(
      "EUSAGE",
      `Cannot use -d with the profile ${JSON.stringify(seccomp.profile)}: it names an agent`,
      {
        hint: "leave out -d: the agent is told of a box by the nsbox that waits for it",
      },
    );
  }
  const [major, minor] = WAIT_KILLABLE_SINCE;
  const waits = kernel[0] > major || (kernel[0] === major && kernel[1] >= minor);
  const flags = seccomp.flags | SECCOMP_FILTER_FLAG.NEW_LISTENER | (waits ? SECCOMP_FILTER_FLAG.WAIT_KILLABLE_RECV : 0);
  if (listener !== undefined) return { ...seccomp, flags };
  // SECURITY: a read of memory that is backed by a file system of the box's own, or by userfaultfd, may wait for ever.
  const readsMemory = seccomp.profile === DEFAULT_PROFILE && !options.nested && !caps.includes("CAP_SYS_ADMIN");
  const filter = notifyingFilter(Uint8Array.fromBase64(seccomp.filter)).toBase64();
  return { ...seccomp, filter, flags, listener: { kind: "audit", verdicts: seccomp.filter, readsMemory } };
}
