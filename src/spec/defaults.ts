// What a box is when nothing is said, as tables.
import { SIG } from "#ffi/uapi/signal.ts";

/** Docker's default set, see capabilities(7). They hold over the box's own namespaces only. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SYS_CHROOT",
  "CAP_MKNOD",
  "CAP_AUDIT_WRITE",
  "CAP_SETFCAP",
];

/** Of the caller's environment only these pass: an environment holds secrets. LC_* pass too. */
export const PASSED_VARIABLES: readonly string[] = ["PATH", "TERM", "LANG", "HOME", "USER", "SHELL", "TZ"];

/** Files and folders of /proc and /sys that tell of the whole machine; as OCI runtimes mask them. */
export const MASKED_PATHS: readonly string[] = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kallsyms",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];

/** What root alone may read of the kernel's memory: where its pages and objects lie, which exploits have to know. */
export const ROOT_MASKED_PATHS: readonly string[] = [
  "/proc/kpagecount",
  "/proc/kpageflags",
  "/proc/slabinfo",
  "/proc/vmallocinfo",
];

/** Where a processor of this number tells how hot it was, from which what others compute can be told. */
export function throttlePath(cpu: number): string {
  return `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`;
}

/** Parts of /proc that change the whole machine when root writes to them. */
export const READONLY_PATHS: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** Folders that are fresh and empty in a box that shows the host's root, with their modes. */
export const FRESH_FOLDERS: ReadonlyMap<string, number> = new Map([
  ["/tmp", 0o1777],
  ["/run", 0o755],
  ["/var/tmp", 0o1777],
]);

/** The name of the host seen inside. */
export const DEFAULT_HOSTNAME = "nsbox";

/** More open files than this break programs that use select(2); Bun raises its own limit, and with it its children's. */
export const DEFAULT_NOFILE_SOFT = 1024;

/** How much more readily than its caller a box is ended when memory runs out. */
export const DEFAULT_OOM_SCORE_RISE = 100;

/**
 * Tells the init of a box that lives on not to start its command again; it is not handed on.
 * A low number, as pending signals are taken in the order of their numbers: before SIGTERM and SIGCHLD.
 */
export const FINAL_STOP_SIGNAL: number = SIG.TRAP;

/** Tells the init of a box that lives on that the command's time is over; its own timer does so, too. */
export const TIME_OVER_SIGNAL: number = SIG.ALRM;

/** Signals that the launcher hands on to the box, and the init to the command. */
export const FORWARDED_SIGNALS: readonly number[] = [
  SIG.HUP,
  SIG.INT,
  SIG.QUIT,
  SIG.USR1,
  SIG.USR2,
  SIG.TERM,
  SIG.CONT,
  SIG.TSTP,
  SIG.WINCH,
];
