// The devices of a box, as the OCI specification lists them for Linux.

/** Devices bound from the host: harmless ones that programs expect. */
export const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"] as const;

/** Links in /dev, [path, target]. */
export const DEV_LINKS = [
  ["/dev/fd", "/proc/self/fd"],
  ["/dev/stdin", "/proc/self/fd/0"],
  ["/dev/stdout", "/proc/self/fd/1"],
  ["/dev/stderr", "/proc/self/fd/2"],
  ["/dev/ptmx", "pts/ptmx"],
] as const;

/** devpts options: see mount(8). Everybody may open a new terminal. */
export const DEVPTS_CONFIG = [
  ["ptmxmode", "0666"],
  ["mode", "0620"],
] as const;
