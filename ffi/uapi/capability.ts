// linux/capability.h: capabilities(7).

/** `hdrp->version` of capset(2): the struct of 64-bit sets. */
export const CAPABILITY_VERSION_3 = 0x20080522;

/** The names of capabilities(7), each at the index that is its number. */
export const CAPS: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON", // since 5.8
  "CAP_BPF", // since 5.8
  "CAP_CHECKPOINT_RESTORE", // since 5.9
];

/** What each capability allows, one line each, see capabilities(7). */
export const CAP_MEANING: Readonly<Record<string, string>> = {
  CAP_CHOWN: "change the owner and group of files",
  CAP_DAC_OVERRIDE: "ignore the permissions of files",
  CAP_DAC_READ_SEARCH: "read any file and search any folder",
  CAP_FOWNER: "act as the owner of any file",
  CAP_FSETID: "keep set-user-ID and set-group-ID bits of changed files",
  CAP_KILL: "send signals to any process",
  CAP_SETGID: "change to any group and set supplementary groups",
  CAP_SETUID: "change to any user",
  CAP_SETPCAP: "drop bounding capabilities and change secure bits",
  CAP_LINUX_IMMUTABLE: "set the append-only and immutable flags of files",
  CAP_NET_BIND_SERVICE: "bind to ports below 1024",
  CAP_NET_BROADCAST: "unused by Linux",
  CAP_NET_ADMIN: "configure interfaces, routes and firewalls",
  CAP_NET_RAW: "use raw and packet sockets",
  CAP_IPC_LOCK: "lock memory beyond the limit",
  CAP_IPC_OWNER: "ignore the permissions of System V IPC objects",
  CAP_SYS_MODULE: "load and unload kernel modules",
  CAP_SYS_RAWIO: "access I/O ports and physical memory",
  CAP_SYS_CHROOT: "use chroot and join mount namespaces",
  CAP_SYS_PTRACE: "trace and inspect any process",
  CAP_SYS_PACCT: "turn process accounting on and off",
  CAP_SYS_ADMIN: "mount, make namespaces and administer much of the system",
  CAP_SYS_BOOT: "reboot and load another kernel",
  CAP_SYS_NICE: "raise priorities and set scheduling of any process",
  CAP_SYS_RESOURCE: "raise resource limits and ignore quotas",
  CAP_SYS_TIME: "set the system clock",
  CAP_SYS_TTY_CONFIG: "hang up and configure virtual terminals",
  CAP_MKNOD: "create device files",
  CAP_LEASE: "take leases on any file",
  CAP_AUDIT_WRITE: "write to the kernel's audit log",
  CAP_AUDIT_CONTROL: "configure auditing",
  CAP_SETFCAP: "set the capabilities of files and map user 0 into user namespaces",
  CAP_MAC_OVERRIDE: "override mandatory access control (Smack)",
  CAP_MAC_ADMIN: "configure mandatory access control (Smack)",
  CAP_SYSLOG: "read the kernel's log and see kernel addresses",
  CAP_WAKE_ALARM: "set timers that wake the machine",
  CAP_BLOCK_SUSPEND: "keep the machine from suspending",
  CAP_AUDIT_READ: "read the kernel's audit log",
  CAP_PERFMON: "observe performance of the whole system",
  CAP_BPF: "load privileged BPF programs",
  CAP_CHECKPOINT_RESTORE: "checkpoint and restore processes, choosing their ids",
};

/** The number of a capability, with or without CAP_ and in any case, or undefined where there is none of that name. */
export function capNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  const number = CAPS.indexOf(upper.startsWith("CAP_") ? upper : `CAP_${upper}`);
  return number < 0 ? undefined : number;
}

/** The capabilities of a set in the order of their numbers; a newer kernel's unknown one is "CAP_41". */
export function capNames(mask: bigint): string[] {
  const names: string[] = [];
  for (let number = 0, rest = mask; rest > 0n; number++, rest >>= 1n) {
    if ((rest & 1n) === 1n) names.push(CAPS[number] ?? `CAP_${number}`);
  }
  return names;
}

/** The set that holds these capabilities. Throws a RangeError at a name that capNumber() does not know. */
export function capMask(names: Iterable<string>): bigint {
  let mask = 0n;
  for (const name of names) {
    const number = capNumber(name);
    if (number === undefined) throw new RangeError(`Cannot build a set of capabilities: there is no "${name}"`);
    mask |= 1n << BigInt(number);
  }
  return mask;
}
