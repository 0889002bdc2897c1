// The flags of `run`, a row each. Everything that is said about a flag is said here.
import { parseBind, parseMount, parseTmpfs } from "#src/spec/grammar/parse-mount.ts";
import { parseNamespace } from "#src/spec/grammar/parse-namespace.ts";
import { parseDuration, parseSeconds, parseWhole } from "#src/spec/grammar/parse-number.ts";
import { parsePath } from "#src/spec/grammar/parse-path.ts";
import { usageError } from "#src/spec/grammar/usage-error.ts";
import type { NamespaceType, RootSource } from "#src/spec/spec.ts";
import { EGRESS_OPTIONS } from "./egress-options.ts";
import { IDENTITY_OPTIONS } from "./identity-options.ts";
import { NETWORK_OPTIONS } from "./network-options.ts";
import { DETACH_OPTIONS } from "./detach-options.ts";
import type { Option } from "./option.ts";
import { PRIVILEGE_OPTIONS } from "./privilege-options.ts";
import type { RunDraft } from "./run-draft.ts";

function oneOf<const W extends string>(flag: string, text: string, words: readonly W[]): W {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw usageError(flag, text, "it is not one of its words", `use ${words.join(", ")}`);
}

function root(text: string): RootSource {
  if (text === "host" || text === "empty") return { kind: text };
  return { kind: "dir", path: parsePath("--root", text) };
}

function namespace(type: NamespaceType, doc: string): Option<RunDraft> {
  const name = type === "user" ? "userns" : type;
  const apply = (draft: RunDraft, value: string): void => {
    draft.namespaces[type] = parseNamespace(`--${name}`, value);
  };
  return { name, value: "WHICH", group: NAMESPACES, doc, apply };
}

const FILES = "File system";
const NAMESPACES = "Namespaces (WHICH: new, host, a PID, a path, or a name of nsbox ns ls)";
const PROCESS = "Process";
const OUTPUT = "Output";
const FD_MAX = 699; // higher numbers are the plan's own

export const RUN_OPTIONS: readonly Option<RunDraft>[] = [
  {
    name: "root",
    value: "ROOT",
    group: FILES,
    doc: "what / is: host (default, read-only), empty, or a folder",
    apply: (d, v) => {
      d.root = root(v);
    },
  },
  {
    name: "writable-root",
    group: FILES,
    doc: "gives away: writes to / change the folder of --root",
    apply: (d) => {
      d.writableRoot = true;
    },
  },
  {
    name: "overlay",
    group: FILES,
    doc: "let everything be written; what is written vanishes with the box",
    apply: (d) => {
      d.overlay = true;
    },
  },
  {
    name: "overlay-dir",
    value: "DIR",
    group: FILES,
    doc: "the same, but what is written stays in DIR",
    apply: (d, v) => {
      d.overlayDir = parsePath("--overlay-dir", v);
    },
  },
  {
    name: "ro",
    value: "PATH[:DEST]",
    repeatable: true,
    group: FILES,
    doc: "show a file or folder, read-only",
    apply: (d, v) => {
      d.mounts.push(parseBind("--ro", v));
    },
  },
  {
    name: "rw",
    value: "PATH[:DEST]",
    repeatable: true,
    group: FILES,
    doc: "gives away: the box can change this file or folder",
    apply: (d, v) => {
      d.mounts.push(parseBind("--rw", v));
    },
  },
  {
    name: "tmpfs",
    value: "DEST[:OPTIONS]",
    repeatable: true,
    group: FILES,
    doc: "an empty folder in memory; size=64m,mode=1777,ro,noexec",
    apply: (d, v) => {
      d.mounts.push(parseTmpfs(v));
    },
  },
  {
    name: "mount",
    value: "KEY=VALUE,…",
    repeatable: true,
    group: FILES,
    doc: "as Docker has it: type=bind,src=/a,dst=/b,readonly",
    apply: (d, v) => {
      d.mounts.push(parseMount(v));
    },
  },
  {
    name: "proc",
    value: "HOW",
    group: FILES,
    doc: "/proc: fresh (default), bind (gives away the host's), none",
    apply: (d, v) => {
      d.proc = oneOf("--proc", v, ["fresh", "bind", "none"]);
    },
  },
  {
    name: "dev",
    value: "HOW",
    group: FILES,
    doc: "/dev: minimal (default), host (gives away its devices), none",
    apply: (d, v) => {
      d.dev = oneOf("--dev", v, ["minimal", "host", "none"]);
    },
  },
  {
    name: "home",
    value: "HOW",
    group: FILES,
    doc: "home folders: hide (default), ro, rw (gives them away)",
    apply: (d, v) => {
      d.home = oneOf("--home", v, ["hide", "ro", "rw"]);
    },
  },

  namespace("user", "ids and capabilities"),
  namespace("mnt", "what is mounted where"),
  namespace("pid", "processes"),
  namespace("ipc", "System V and POSIX queues, semaphores, shared memory"),
  namespace("uts", "host and domain name"),
  namespace("net", "none; bridge[:NAME], pasta, macvlan:IF, ipvlan:IF, container:BOX"),
  namespace("cgroup", "the root of the cgroups that are seen"),
  namespace("time", "clock offsets; host unless an offset is given"),
  {
    name: "boottime",
    value: "SECONDS",
    group: NAMESPACES,
    doc: "how far CLOCK_BOOTTIME is ahead inside",
    apply: (d, v) => {
      d.boottimeSeconds = parseSeconds("--boottime", v);
    },
  },
  {
    name: "monotonic",
    value: "SECONDS",
    group: NAMESPACES,
    doc: "how far CLOCK_MONOTONIC is ahead inside",
    apply: (d, v) => {
      d.monotonicSeconds = parseSeconds("--monotonic", v);
    },
  },

  {
    name: "no-namespaces",
    group: "Namespaces (WHICH: new, host, a PID, or a path)",
    doc: "gives away: all of them; Landlock, filter and limits alone",
    apply: (d) => {
      d.noNamespaces = true;
    },
  },
  {
    name: "unix-sockets",
    group: "Namespaces (WHICH: new, host, a PID, or a path)",
    doc: "gives away, with --no-namespaces: Unix sockets, such as Docker's",
    apply: (d) => {
      d.unixSockets = true;
    },
  },

  ...EGRESS_OPTIONS,
  ...NETWORK_OPTIONS,
  ...IDENTITY_OPTIONS,
  ...PRIVILEGE_OPTIONS,
  {
    name: "tty",
    short: "t",
    group: PROCESS,
    doc: "a terminal of the box's own (default where you are on one)",
    apply: (d) => {
      d.tty = true;
    },
  },
  {
    name: "no-tty",
    group: PROCESS,
    doc: "none: the command gets your stdin, stdout and stderr",
    apply: (d) => {
      d.tty = false;
    },
  },
  {
    name: "interactive",
    short: "i",
    group: PROCESS,
    doc: "accepted for -it; stdin is always passed on",
    apply: (d) => {
      d.interactive = true;
    },
  },
  {
    name: "no-init",
    group: PROCESS,
    doc: "the command itself is PID 1",
    apply: (d) => {
      d.init = false;
    },
  },
  {
    name: "pass-fd",
    value: "N",
    repeatable: true,
    group: PROCESS,
    doc: "gives away: the open file N, which the command gets as N",
    apply: (d, v) => {
      d.passFds.push(parseWhole("--pass-fd", v, [3, FD_MAX]));
    },
  },
  {
    name: "timeout",
    value: "TIME",
    group: PROCESS,
    doc: "end the box after 500ms, 30s, 5m, 1h",
    apply: (d, v) => {
      d.timeoutMs = parseDuration("--timeout", v);
    },
  },
  ...DETACH_OPTIONS,
  {
    name: "config",
    value: "FILE",
    group: PROCESS,
    doc: "read these flags from a .jsonc, .toml or .yaml file",
    apply: (d, v) => {
      d.config = parsePath("--config", v);
    },
  },

  {
    name: "dry-run",
    group: OUTPUT,
    doc: "print the plan: each process, each call, and why; run nothing",
    apply: (d) => {
      d.dryRun = true;
    },
  },
  {
    name: "json",
    group: OUTPUT,
    doc: "print the plan, errors and how the box ended as JSON",
    apply: (d) => {
      d.json = true;
    },
  },
];
