// The flags of `ns pin`, `ns ls` and `ns rm`.
import { parseHostname } from "#src/spec/grammar/parse-identity.ts";
import { parseSeconds } from "#src/spec/grammar/parse-number.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import type { Option } from "./option.ts";

export interface NsDraft {
  types: NamespaceType[];
  hostname: string | undefined;
  domainname: string | undefined;
  boottimeSeconds: number | undefined;
  monotonicSeconds: number | undefined;
  json: boolean;
}

/** A draft in which nothing has been said. */
export function emptyNsDraft(): NsDraft {
  return {
    types: [],
    hostname: undefined,
    domainname: undefined,
    boottimeSeconds: undefined,
    monotonicSeconds: undefined,
    json: false,
  };
}

function namespace(type: NamespaceType, doc: string): Option<NsDraft> {
  const apply = (draft: NsDraft): void => {
    if (!draft.types.includes(type)) draft.types.push(type);
  };
  return { name: type === "user" ? "userns" : type, group: "pin: namespaces to make", doc, apply };
}

const CONTENTS = "pin: what is set in them";

const JSON_OPTION: Option<NsDraft> = {
  name: "json",
  group: "Output of pin, ls, rm",
  doc: "print it as JSON",
  apply: (draft) => {
    draft.json = true;
  },
};

/** Those of `ls` and `rm`. */
export const NS_OUTPUT_OPTIONS: readonly Option<NsDraft>[] = [JSON_OPTION];

/** Those of `pin`, and so all that there are. */
export const NS_OPTIONS: readonly Option<NsDraft>[] = [
  namespace("net", "devices, addresses, ports; loopback is up"),
  namespace("uts", "host and domain name"),
  namespace("ipc", "System V and POSIX queues, semaphores, shared memory"),
  namespace("mnt", "what is mounted where: a copy of what you see, from then on apart"),
  namespace("cgroup", "the root of the cgroups that are seen: your cgroup"),
  namespace("time", "clock offsets"),
  namespace("pid", "processes; its holder is PID 1, and rm ends all that is in it"),
  namespace("user", "ids and capabilities; without root it is always made"),
  {
    name: "hostname",
    value: "NAME",
    group: CONTENTS,
    doc: "the host's name, with --uts",
    apply: (draft, value) => {
      draft.hostname = parseHostname("--hostname", value);
    },
  },
  {
    name: "domainname",
    value: "NAME",
    group: CONTENTS,
    doc: "the NIS domain's name, with --uts",
    apply: (draft, value) => {
      draft.domainname = parseHostname("--domainname", value);
    },
  },
  {
    name: "boottime",
    value: "SECONDS",
    group: CONTENTS,
    doc: "how far CLOCK_BOOTTIME is ahead, with --time",
    apply: (draft, value) => {
      draft.boottimeSeconds = parseSeconds("--boottime", value);
    },
  },
  {
    name: "monotonic",
    value: "SECONDS",
    group: CONTENTS,
    doc: "how far CLOCK_MONOTONIC is ahead, with --time",
    apply: (draft, value) => {
      draft.monotonicSeconds = parseSeconds("--monotonic", value);
    },
  },
  JSON_OPTION,
];
