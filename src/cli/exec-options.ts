// The flags of `exec`, a row each.
import { parseCapabilities } from "#src/spec/grammar/parse-capability.ts";
import { parseEnv } from "#src/spec/grammar/parse-env.ts";
import { parseUser } from "#src/spec/grammar/parse-identity.ts";
import { parseNamespace } from "#src/spec/grammar/parse-namespace.ts";
import { parseNamespaceTypes } from "#src/spec/grammar/parse-namespace-types.ts";
import { parsePath } from "#src/spec/grammar/parse-path.ts";
import type { ExecOptions } from "#src/spec/build-exec.ts";
import type { EnvOption, NamespaceOption } from "#src/spec/options.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import type { Option } from "./option.ts";

/** ExecOptions while they are being read. */
export type ExecDraft = { -readonly [K in keyof Omit<ExecOptions, Lists>]: ExecOptions[K] } & {
  env: EnvOption[];
  capAdd: string[];
  capDrop: string[];
  namespaces: NamespaceType[] | undefined;
  joins: Partial<Record<NamespaceType, NamespaceOption>>;
};

type Lists = "env" | "capAdd" | "capDrop" | "namespaces" | "joins";

/** A draft in which nothing has been said. */
export function emptyExec(): ExecDraft {
  return {
    tty: undefined,
    interactive: false,
    detach: false,
    env: [],
    workdir: undefined,
    user: undefined,
    capAdd: [],
    capDrop: [],
    namespaces: undefined,
    joins: {},
    preserveCredentials: false,
    root: false,
    wd: false,
    json: false,
  };
}

const PROCESS = "Process";
const PRIVILEGES = "Privileges";
const ENTER = "What to enter, of a PID";
const INSTEAD = "What to enter instead, or alone: NAME of nsbox ns ls, a path, or a PID";

function join(type: NamespaceType, doc: string): Option<ExecDraft> {
  const name = type === "user" ? "userns" : type;
  const apply = (d: ExecDraft, value: string): void => {
    d.joins[type] = parseNamespace(`--${name}`, value);
  };
  return { name, value: "NAME", group: INSTEAD, doc, apply };
}

export const EXEC_OPTIONS: readonly Option<ExecDraft>[] = [
  {
    name: "tty",
    short: "t",
    group: PROCESS,
    doc: "a terminal of its own (default where you are on one)",
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
    name: "detach",
    short: "d",
    group: PROCESS,
    doc: "come back at once; the command's output goes nowhere",
    apply: (d) => {
      d.detach = true;
    },
  },
  {
    name: "env",
    short: "e",
    value: "NAME[=VALUE]",
    repeatable: true,
    group: PROCESS,
    doc: "set a variable, or pass yours on",
    apply: (d, v) => {
      d.env.push(parseEnv("--env", v));
    },
  },
  {
    name: "workdir",
    short: "w",
    value: "DIR",
    group: PROCESS,
    doc: "where the command starts (default: where the box's own did)",
    apply: (d, v) => {
      d.workdir = parsePath("--workdir", v);
    },
  },
  {
    name: "user",
    short: "u",
    value: "UID[:GID]",
    group: PROCESS,
    doc: "who the command is inside (default: who the box's own is)",
    apply: (d, v) => {
      d.user = parseUser(v);
    },
  },
  {
    name: "cap-add",
    value: "CAP,…",
    repeatable: true,
    group: PRIVILEGES,
    doc: "gives away: a capability beyond those of the box, or all",
    apply: (d, v) => {
      d.capAdd.push(...parseCapabilities("--cap-add", v));
    },
  },
  {
    name: "cap-drop",
    value: "CAP,…",
    repeatable: true,
    group: PRIVILEGES,
    doc: "do without a capability, or all",
    apply: (d, v) => {
      d.capDrop.push(...parseCapabilities("--cap-drop", v));
    },
  },
  {
    name: "all",
    group: ENTER,
    doc: "every namespace of it (default)",
    apply: (d) => {
      d.namespaces = undefined;
    },
  },
  {
    name: "ns",
    value: "TYPE,…",
    repeatable: true,
    group: ENTER,
    doc: "these only: user, mnt, pid, ipc, uts, net, cgroup, time",
    apply: (d, v) => {
      d.namespaces = [...(d.namespaces ?? []), ...parseNamespaceTypes("--ns", v)];
    },
  },
  {
    name: "preserve-credentials",
    group: ENTER,
    doc: "keep your own uid and gid, whatever they are inside",
    apply: (d) => {
      d.preserveCredentials = true;
    },
  },
  {
    name: "root",
    group: ENTER,
    doc: "its root folder, too, where it has changed that by chroot",
    apply: (d) => {
      d.root = true;
    },
  },
  {
    name: "wd",
    group: ENTER,
    doc: "start in its working folder",
    apply: (d) => {
      d.wd = true;
    },
  },
  join("net", "its network; as root, --net /run/netns/NAME is ip netns exec NAME"),
  join("uts", "its host and domain name"),
  join("ipc", "its System V and POSIX queues, semaphores, shared memory"),
  join("mnt", "its mounts: its files instead of yours"),
  join("pid", "its processes; /proc stays as it is"),
  join("cgroup", "its root of the cgroups that are seen"),
  join("time", "its clock offsets"),
  join("user", "its user namespace; a pin's own is entered with what it owns"),
  {
    name: "json",
    group: "Output",
    doc: "print errors, and how the command ended, as JSON",
    apply: (d) => {
      d.json = true;
    },
  },
];
