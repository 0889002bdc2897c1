// /proc/PID/limits → the resource limits by the names of getrlimit(2). Pure.

export interface Limit {
  /** As --rlimit has it: nofile, core, … */
  readonly name: string;
  /** A number, or "unlimited". */
  readonly soft: string;
  readonly hard: string;
}

/** KERNEL: lnames of fs/proc/base.c. */
const NAMES: Readonly<Record<string, string>> = {
  "Max cpu time": "cpu",
  "Max file size": "fsize",
  "Max data size": "data",
  "Max stack size": "stack",
  "Max core file size": "core",
  "Max resident set": "rss",
  "Max processes": "nproc",
  "Max open files": "nofile",
  "Max locked memory": "memlock",
  "Max address space": "as",
  "Max file locks": "locks",
  "Max pending signals": "sigpending",
  "Max msgqueue size": "msgqueue",
  "Max nice priority": "nice",
  "Max realtime priority": "rtprio",
  "Max realtime timeout": "rttime",
};

/** Every limit, in the order of the file; lines of no known limit are left out. */
export function parseRlimits(text: string): readonly Limit[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(Max [a-z ]*[a-z]) +(\d+|unlimited) +(\d+|unlimited)(?: |$)/.exec(line);
    const [, title = "", soft = "", hard = ""] = match ?? [];
    const name = Object.hasOwn(NAMES, title) ? NAMES[title] : undefined;
    return name === undefined ? [] : [{ name, soft, hard }];
  });
}

/** The names of the variables in /proc/PID/environ, sorted; what they hold is nobody's business. */
export function parseEnvNames(text: string): readonly string[] {
  const names = text.split("\0").flatMap((entry) => {
    const equals = entry.indexOf("=");
    return equals > 0 ? [entry.slice(0, equals)] : [];
  });
  return [...new Set(names)].sort();
}
