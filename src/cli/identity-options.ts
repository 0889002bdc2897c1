// The flags of `run` that say who and what the command is, a row each.
import { parseEnv } from "#src/spec/grammar/parse-env.ts";
import { parseIdMap } from "#src/spec/grammar/parse-id-map.ts";
import { parseHostname, parseRlimit, parseUser } from "#src/spec/grammar/parse-identity.ts";
import { parseOctal, parseOomScore } from "#src/spec/grammar/parse-number.ts";
import { parsePath } from "#src/spec/grammar/parse-path.ts";
import type { Option } from "./option.ts";
import type { RunDraft } from "./run-draft.ts";

const WHO = "Identity";

export const IDENTITY_OPTIONS: readonly Option<RunDraft>[] = [
  {
    name: "user",
    value: "UID[:GID]",
    group: WHO,
    doc: "who the command is inside (default 0:0, which is you outside)",
    apply: (d, v) => {
      d.user = parseUser(v);
    },
  },
  {
    name: "uid-map",
    value: "IN:OUT:COUNT",
    repeatable: true,
    group: WHO,
    doc: "uids IN and up inside are OUT and up outside",
    apply: (d, v) => {
      d.uidMap.push(parseIdMap("--uid-map", v));
    },
  },
  {
    name: "gid-map",
    value: "IN:OUT:COUNT",
    repeatable: true,
    group: WHO,
    doc: "the same for gids",
    apply: (d, v) => {
      d.gidMap.push(parseIdMap("--gid-map", v));
    },
  },
  {
    name: "subids",
    group: WHO,
    doc: "map your subordinate ids (/etc/subuid, /etc/subgid) behind uid 0",
    apply: (d) => {
      d.subids = true;
    },
  },
  {
    name: "keep-id",
    group: WHO,
    doc: "have the same uid and gid inside as outside",
    apply: (d) => {
      d.keepId = true;
    },
  },
  {
    name: "hostname",
    value: "NAME",
    group: WHO,
    doc: "the host's name inside",
    apply: (d, v) => {
      d.hostname = parseHostname("--hostname", v);
    },
  },
  {
    name: "domainname",
    value: "NAME",
    group: WHO,
    doc: "the NIS domain's name inside",
    apply: (d, v) => {
      d.domainname = parseHostname("--domainname", v);
    },
  },
  {
    name: "workdir",
    short: "w",
    value: "DIR",
    group: WHO,
    doc: "where the command starts (default: where you are)",
    apply: (d, v) => {
      d.workdir = parsePath("--workdir", v);
    },
  },
  {
    name: "env",
    short: "e",
    value: "NAME[=VALUE]",
    repeatable: true,
    group: WHO,
    doc: "set a variable, or pass yours on",
    apply: (d, v) => {
      d.env.push(parseEnv("--env", v));
    },
  },
  {
    name: "env-file",
    value: "FILE",
    repeatable: true,
    group: WHO,
    doc: "set variables from a file of NAME=VALUE lines",
    apply: (d, v) => {
      d.envFiles.push(parsePath("--env-file", v));
    },
  },
  {
    name: "env-all",
    group: WHO,
    doc: "gives away: pass your whole environment on",
    apply: (d) => {
      d.envAll = true;
    },
  },
  {
    name: "rlimit",
    value: "NAME=SOFT[:HARD]",
    repeatable: true,
    group: WHO,
    doc: "limit a resource: nofile=1024:2048, core=unlimited",
    apply: (d, v) => {
      d.rlimits.push(parseRlimit(v));
    },
  },
  {
    name: "oom-score-adj",
    value: "N",
    group: WHO,
    doc: "how readily it ends when memory runs out (default: 100 above yours)",
    apply: (d, v) => {
      d.oomScoreAdj = parseOomScore("--oom-score-adj", v);
    },
  },
  {
    name: "umask",
    value: "MASK",
    group: WHO,
    doc: "permissions that new files don't get (default 022)",
    apply: (d, v) => {
      d.umask = parseOctal("--umask", v, 0o777);
    },
  },
];
