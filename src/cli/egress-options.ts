// The flags of `run` that say which hosts a box reaches, a row each.
import { parseHostPatterns } from "#src/spec/grammar/parse-host-pattern.ts";
import { parsePath } from "#src/spec/grammar/parse-path.ts";
import type { Option } from "./option.ts";
import type { RunDraft } from "./run-draft.ts";

const HOSTS = "Hosts (HOST: name, *.name, address or network, with :PORT or :*; else ports 80 and 443)";

export const EGRESS_OPTIONS: readonly Option<RunDraft>[] = [
  {
    name: "allow-host",
    value: "HOST,…",
    repeatable: true,
    group: HOSTS,
    doc: "gives away: these hosts, through a proxy; nothing else is reached",
    apply: (d, v) => {
      d.allowHosts.push(...parseHostPatterns("--allow-host", v));
    },
  },
  {
    name: "deny-host",
    value: "HOST,…",
    repeatable: true,
    group: HOSTS,
    doc: "not these, whatever --allow-host says",
    apply: (d, v) => {
      d.denyHosts.push(...parseHostPatterns("--deny-host", v));
    },
  },
  {
    name: "net-log",
    value: "FILE",
    group: HOSTS,
    doc: "write down each connection: time, process, host, bytes, verdict",
    apply: (d, v) => {
      d.netLog = parsePath("--net-log", v);
    },
  },
];
