// Whether the caller makes and mounts namespaces by himself, or only inside a user namespace of his own.
import { readFileSync } from "node:fs";
import { capNames } from "#ffi/uapi/capability.ts";
import { parseStatus } from "#src/inspect/proc-text.ts";

/** KERNEL: CAP_SYS_ADMIN makes every namespace but the user one, and mounts; root in a container often hasn't got it. */
export function isPrivileged(): boolean {
  const effective = parseStatus(readFileSync("/proc/self/status", "utf8")).get("CapEff") ?? "0";
  return capNames(BigInt(`0x${effective}`)).includes("CAP_SYS_ADMIN");
}
